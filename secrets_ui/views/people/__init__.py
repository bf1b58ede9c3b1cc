"""Accounts, sign-in, second factors, web sessions."""
