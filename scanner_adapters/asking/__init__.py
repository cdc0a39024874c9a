"""What machines tell about themselves over protocols that we do not scan by: parsed, never driven."""
