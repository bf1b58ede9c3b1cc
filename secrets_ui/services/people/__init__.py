"""Accounts, roles and web sessions."""
