"""Reads, alarms and cost."""
