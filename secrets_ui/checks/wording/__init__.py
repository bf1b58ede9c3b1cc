"""Sentences that checks share."""
