"""What signatures rest on from outside: anchors, time-stamps, answers about certificates, over HTTP."""
