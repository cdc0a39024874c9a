"""Bản sao: the acts on one certified copy, on the page of its paper."""
