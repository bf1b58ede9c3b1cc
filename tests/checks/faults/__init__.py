"""Faults that are planted in the local AWS, each with the findings that must name it."""

# Importing a module registers its faults.
from . import console, key, network, policies, role, secret
from .planting import FAULTS, Fault

__all__ = ["FAULTS", "Fault", "console", "key", "network", "policies", "role", "secret"]
