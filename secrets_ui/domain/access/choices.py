"""What a caller may choose for itself, as far as a policy looks at it: the name of its session, and
the stage of the version that it reads.

Of the names of sessions, one is tried for each set of patterns that a name fits at once, also for
none. Where those are too many to try, what depends on a session's name is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce

from ..iam import Grant, Statement
from ..secrets.secret import AWSCURRENT

ANY_SESSION = "any.session.of.it"
"""A name that no policy means, though a pattern may cover it."""
STAGE = "secretsmanager:VersionStage"
_SESSION = re.compile(
    r"arn:aws[a-z-]*:sts::(\d{12}):assumed-role/([\w+=,.@-]+)/([\w+=,.@-]+)", re.ASCII
)
# AWS puts the role's id and a colon before the name. A star may stand for the colon too.
_ID = re.compile(r"(?:AROA\w*|[*?]+):(?P<name>.+)|(?:AROA\w*)?(?P<end>\*[^:]*)")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_LEAST, _MOST = 2, 64
_LETTERS = "xabcdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-"
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
MOST_NAMES = 64
"""Names that are tried of one role, at most."""
_MOST_STATES = 2000


@dataclass(frozen=True)
class Choices:
    """The sessions that resource policies and grants name, by account and role; the names of
    sessions in conditions, of whatever role, with `*` and `?`; and whether a stage of a version
    matters.
    """

    sessions: frozenset[tuple[str, str, str]]
    patterns: frozenset[str]
    stages: bool

    @property
    def are_all(self) -> bool:
        """Whether no other name of a session fits other patterns than those that are tried."""
        return find_names(self.patterns)[1]

    def of_role(self, account: str, role: str) -> tuple[str, ...]:
        """Session names to try for a role, ANY_SESSION first."""
        own = {name for owner, of, name in self.sessions if (owner, of) == (account, role)}
        return ANY_SESSION, *sorted(own | find_names(self.patterns)[0])

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
    """The part of an aws:userid that is the session's; `*` alone stands for any session."""
    for text in ids:
        found = _ID.fullmatch(text)
        pattern = re.sub(r"\*+", "*", found["name"] or found["end"]) if found else "*"
        # A longer one fits no name.
        if pattern != "*" and len(pattern.replace("*", "")) <= _MOST:
            yield pattern


@lru_cache(maxsize=256)
def find_names(patterns: frozenset[str]) -> tuple[frozenset[str], bool]:
    """The shortest name of a session for each set of patterns that a name fits at once, but for
    that of ANY_SESSION, and whether those are all. Otherwise the names are of single patterns, at
    most MOST_NAMES.
    """
    steps = _Steps(sorted(patterns))
    found = {reduce(steps.after, ANY_SESSION, steps.first) & steps.ends: ""}
    reached, seen = {steps.first: ""}, set[int]()
    for length in range(1, _MOST + 1):
        reached = {
            after: text + letter
            for before, text in reached.items()
            for letter in steps.letters
            if (after := steps.after(before, letter)) not in seen
        }
        if length >= _LEAST:
            seen |= reached.keys()
            for state, text in reached.items():
                found.setdefault(state & steps.ends, text)
        if len(seen) > _MOST_STATES or len(found) > MOST_NAMES:
            return frozenset(sorted(_single_names(patterns))[:MOST_NAMES]), False
    return frozenset(found.values()) - {""}, True


def _single_names(patterns: Iterable[str]) -> Iterator[str]:
    return (text for text in map(filled, patterns) if _NAME.fullmatch(text))


class _Steps:
    """Reads a name letter by letter, against all patterns at once. A state is a number with a bit
    for each place in each pattern that the letters so far can have led to; `ends` are the last.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self.first = self.ends = self._stars = self._any = 0
        self._of: dict[str, int] = {}
        bit = 1
        for pattern in patterns:
            self.first |= bit
            for sign in pattern:
                if sign == "*":
                    self._stars |= bit
                elif sign == "?":
                    self._any |= bit
                else:
                    self._of[sign] = self._of.get(sign, 0) | bit
                bit <<= 1
            self.ends |= bit
            bit <<= 1
        other = next((letter for letter in _LETTERS if letter not in self._of), "")
        self.letters = [other, *(letter for letter in _LETTERS if letter in self._of)]
        self.first = self._past_stars(self.first)

    def after(self, state: int, letter: str) -> int:
        """The state that a letter leads to."""
        here = self._of.get(letter, 0) | self._any
        return self._past_stars((state & self._stars) | ((state & here) << 1))

    def _past_stars(self, state: int) -> int:
        """A star may also stand for no letter. No two stars follow each other."""
        return state | ((state & self._stars) << 1)


def filled(pattern: str) -> str:
    """A text that a pattern with `*` and `?` covers."""
    return pattern.replace("*", "x").replace("?", "x")
