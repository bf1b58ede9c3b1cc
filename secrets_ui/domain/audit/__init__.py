"""The hash chain of the record."""
