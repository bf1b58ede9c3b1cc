"""Edits and proposals."""
