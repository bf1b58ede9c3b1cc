"""Nouns and rules: the standard library alone, no I/O."""
