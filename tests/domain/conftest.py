"""Hypothesis for the tests of the domain: no time limit for an example, nothing kept on disk."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "miyabi", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("miyabi")
