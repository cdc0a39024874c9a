"""The one command's own half: arguments in, acts done, words or JSON out."""
