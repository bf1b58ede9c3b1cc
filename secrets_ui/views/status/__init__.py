"""Health over time, for people and for programs."""
