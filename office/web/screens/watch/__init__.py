"""For those who watch the server: does it answer, is it ready, how much waits."""
