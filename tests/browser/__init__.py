"""Journeys through the console in a real Chromium, over a real local AWS."""
