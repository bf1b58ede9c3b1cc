"""Secrets, their versions and keys, and what may be known of a value."""
