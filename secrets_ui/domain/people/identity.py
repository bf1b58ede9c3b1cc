"""An identity that the identity provider asserted and the console has checked."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """`subject` never changes and is unique at its issuer; name and address may change.

    `auth_time` (epoch seconds) is when the person last signed in there, 0 where the provider does
    not say.
    """

    subject: str
    name: str
    email: str = ""
    groups: frozenset[str] = frozenset()
    auth_time: int = 0


def groups_in(claims: Mapping[str, object], claim: str) -> frozenset[str]:
    """The groups of a claim: a list, or a text with one.

    Cognito writes an attribute's list as "[a, b]".
    """
    groups = claims.get(claim)
    if isinstance(groups, str):
        is_list = groups.startswith("[")
        parts = groups.strip("[]").split(",") if is_list else [groups]
        groups = [part.strip() for part in parts] if is_list else parts
    if not isinstance(groups, list):
        return frozenset()
    return frozenset(group for group in groups if isinstance(group, str) and group)
