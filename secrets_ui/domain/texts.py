"""Texts that several errors, pages and answers of the console share."""

CONFIRM_IDENTITY = "Confirm your identity"
TYPING_KEPT = "Nothing was done. What you typed is still in this page."
