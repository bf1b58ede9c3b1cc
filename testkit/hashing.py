"""Argon2 for tests: the deployed hasher with the least work that Argon2 takes."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2Hasher(Argon2PasswordHasher):
    """A hash takes 0.05 ms of the processor in place of 150; format and comparison are the same."""

    time_cost = 1
    memory_cost = 8  # KiB
    parallelism = 1
