"""Machines and papers that do not exist: for tests, the demo and training."""
