"""What the project promises, run against the real thing."""
