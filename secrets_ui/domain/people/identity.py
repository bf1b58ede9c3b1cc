"""Who somebody is, as an identity provider has told it and we have checked it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """`subject` never changes and is unique at its issuer; name and address may change. `auth_time` (epoch seconds) is when the
    person last showed who they are, 0 where the provider does not tell."""

    subject: str
    name: str
    email: str = ""
    groups: frozenset[str] = frozenset()
    auth_time: int = 0


def groups_in(claims: Mapping[str, object], claim: str) -> frozenset[str]:
    """The groups of a claim: a list, or a text with one. Cognito writes an attribute's list as "[a, b]"."""
    told = claims.get(claim)
    if isinstance(told, str):
        told = (
            [part.strip() for part in told.strip("[]").split(",")]
            if told.startswith("[")
            else [told]
        )
    if not isinstance(told, list):
        return frozenset()
    return frozenset(group for group in told if isinstance(group, str) and group)
