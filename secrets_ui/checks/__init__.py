"""Checks of the access path (`access`) and of the health of secrets (`status`)."""
