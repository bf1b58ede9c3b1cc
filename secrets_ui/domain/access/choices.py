"""What a caller may choose for itself, as far as a policy looks at it: the name of its session, and
the stage of the version that it reads.

A choice is tried for each text that a policy names, for each that two of its patterns cover, and
for one that none names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations

from ..iam import Grant, Statement
from ..secrets.secret import AWSCURRENT

ANY_SESSION = "any.session.of.it"
"""A name that no policy means."""
STAGE = "secretsmanager:VersionStage"
_SESSION = re.compile(
    r"arn:aws[a-z-]*:sts::(\d{12}):assumed-role/([\w+=,.@-]+)/([\w+=,.@-]+)", re.ASCII
)
_ID = re.compile(r"(?:AROA\w*|[*?]+):(.+)")
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


@dataclass(frozen=True)
class Choices:
    """The sessions that resource policies and grants name, by account and role; the names of
    sessions in conditions, of whatever role, with `*` and `?`; and whether a stage of a version
    matters.
    """

    sessions: frozenset[tuple[str, str, str]]
    patterns: frozenset[str]
    stages: bool

    @cached_property
    def names(self) -> frozenset[str]:
        """Texts that the patterns cover: each by itself, and any two of them together."""
        open_ones = sorted(pattern for pattern in self.patterns if set(pattern) & {"*", "?"})
        both = (common(one, other) for one, other in combinations(open_ones, 2))
        texts = {filled(found) for found in (*self.patterns, *both) if found}
        return frozenset(text for text in texts if _NAME.fullmatch(text))

    def of_role(self, account: str, role: str) -> tuple[str, ...]:
        """Session names to try for a role, ANY_SESSION first."""
        own = {name for owner, of, name in self.sessions if (owner, of) == (account, role)}
        return ANY_SESSION, *sorted(own | self.names)

    def of_read(self) -> tuple[dict[str, str], ...]:
        """Condition keys to try for a read, none first."""
        return ({}, {STAGE: AWSCURRENT}) if self.stages else ({},)

    def with_more(self, statements: Iterable[Statement]) -> Choices:
        """The choices that these statements make matter as well."""
        more = find_choices(statements, ())
        if not more.patterns and not more.stages:
            return self
        return Choices(self.sessions, self.patterns | more.patterns, self.stages or more.stages)


def find_choices(statements: Iterable[Statement], grants: Iterable[Grant]) -> Choices:
    """Find what statements and grants make of a caller's choices."""
    statements = list(statements)
    texts = [arn for s in statements if s.principals for arn in s.principals.arns]
    found = [_SESSION.fullmatch(text) for text in [*texts, *(g.grantee for g in grants)]]
    sessions = [(hit[1], hit[2], hit[3]) for hit in found if hit]
    conditions = [condition for s in statements for condition in s.conditions]
    wanted = [text for c in conditions if c.lookup == "aws:userid" for text in c.wanted]
    stages = any(c.lookup == STAGE.casefold() for c in conditions)
    return Choices(frozenset(sessions), frozenset(_session_patterns(wanted)), stages)


def _session_patterns(ids: Iterable[str]) -> Iterator[str]:
    """The part of an aws:userid behind the colon; `*` alone stands for any session."""
    for text in ids:
        if (found := _ID.fullmatch(text)) and found[1] != "*":
            yield found[1]


@lru_cache(maxsize=4096)
def common(one: str, other: str) -> str | None:
    """The shortest pattern of which all texts are covered by both, where there are any."""
    if not one or not other:
        return None if (one + other).strip("*") else ""
    if one[0] != "*" and other[0] == "*":
        one, other = other, one
    if one[0] == "*":
        rest, first = common(one[1:], other), ""
        if rest is None:
            rest, first = common(one, other[1:]), other[0].strip("*")
    else:
        first = other[0] if one[0] == "?" else one[0]
        rest = common(one[1:], other[1:]) if other[0] in (first, "?") else None
    return None if rest is None else first + rest


def filled(pattern: str) -> str:
    """A text that a pattern with `*` and `?` covers."""
    return pattern.replace("*", "x").replace("?", "x")
