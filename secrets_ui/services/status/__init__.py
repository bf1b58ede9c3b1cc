"""The status of environments and secrets, for pages, metrics and messages."""
