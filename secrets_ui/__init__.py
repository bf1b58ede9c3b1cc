"""The console's one app: rooms by kind, imports downhill (see docs/architecture.md)."""
