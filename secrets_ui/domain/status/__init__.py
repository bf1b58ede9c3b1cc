"""Health over time."""
