"""What every room stands on: faults, durable files, locks, processes, the clock, row types."""
