"""What a caller may choose for itself, as far as a policy looks at it: the name of its session, and
the stage of the version that it reads.

Of the names of sessions, one is tried for each set of conditions on aws:userid that a name meets at
once, also for none. Where those are too many to try, what depends on a session's name is not known.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import islice

from ..iam import Condition, Grant, Statement
from ..secrets.secret import AWSCURRENT

ANY_SESSION = "any.session.of.it"
"""A name that no policy means, though a pattern may cover it."""
STAGE = "secretsmanager:VersionStage"
USER_ID = "aws:userid"
"""Of a session: the id of its role, a colon, and its name."""
MOST_NAMES = 64
"""Names that are tried of one role, at most, beside one for each condition."""
_SESSION = re.compile(
    r"arn:aws[a-z-]*:sts::(\d{12}):assumed-role/([\w+=,.@-]+)/([\w+=,.@-]+)", re.ASCII
)
# Neither an id nor a name has a colon.
_OF_ANY_NAME = re.compile(r"[^*?:]*\**|[^:]*:\*+")
_AS_VARIABLE = re.compile(r"\$\{\s*aws:userid\b", re.IGNORECASE)
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_LEAST, _MOST = 2, 64
_LETTERS = "xabcdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-"
_MOST_STATES = 2000


@dataclass(frozen=True)
class UserIds:
    """What a condition names of aws:userid, as far as the name of a session decides: it is met, or
    with a negated operator unmet, by what fits one of the patterns.
    """

    patterns: frozenset[str]
    ignores_case: bool = False

    @classmethod
    def of(cls, condition: Condition) -> UserIds:
        """Without a wildcard's operator, `*` and `?` are signs that no name has."""
        has_wildcards = "Like" in condition.operator
        patterns = (
            text
            for text in condition.wanted
            if not _OF_ANY_NAME.fullmatch(text) and (has_wildcards or not set(text) & {*"*?"})
        )
        return cls(frozenset(patterns), "IgnoreCase" in condition.operator)


@dataclass(frozen=True)
class Choices:
    """The sessions that resource policies and grants name, by account and role; what conditions
    name of aws:userid; whether it is compared with anything else; and whether a stage of a version
    matters.
    """

    sessions: frozenset[tuple[str, str, str]]
    user_ids: frozenset[UserIds]
    is_id_variable: bool
    stages: bool

    @property
    def are_any(self) -> bool:
        """Whether any role has a choice."""
        return bool(self.user_ids) or self.is_id_variable or self.stages

    def of_role(self, account: str, role: str, role_id: str) -> tuple[tuple[str, ...], bool]:
        """Names of sessions to try for a role beside ANY_SESSION, and whether every other name is
        answered as one of these. Where the role's id is "", aws:userid is not known anyway.
        """
        own = {name for owner, of, name in self.sessions if (owner, of) == (account, role)}
        names, are_all = find_names(self.user_ids if role_id else frozenset(), role_id)
        return tuple(sorted(own | names)), are_all and not self.is_id_variable

    def of_read(self) -> tuple[dict[str, str], ...]:
        """Condition keys to try for a read, none first."""
        return ({}, {STAGE: AWSCURRENT}) if self.stages else ({},)

    def with_more(self, statements: Iterable[Statement]) -> Choices:
        """The choices that these statements make matter as well."""
        more = find_choices(statements, ())
        if not more.are_any:
            return self
        return Choices(
            self.sessions,
            self.user_ids | more.user_ids,
            self.is_id_variable or more.is_id_variable,
            self.stages or more.stages,
        )


def find_choices(statements: Iterable[Statement], grants: Iterable[Grant]) -> Choices:
    """Find what statements and grants make of a caller's choices."""
    statements = list(statements)
    texts = [arn for s in statements if s.principals for arn in s.principals.arns]
    found = [_SESSION.fullmatch(text) for text in [*texts, *(g.grantee for g in grants)]]
    sessions = [(hit[1], hit[2], hit[3]) for hit in found if hit]
    conditions = [condition for s in statements for condition in s.conditions]
    user_ids = [UserIds.of(condition) for condition in conditions if condition.lookup == USER_ID]
    return Choices(
        frozenset(sessions),
        frozenset(each for each in user_ids if each.patterns),
        is_id_variable=any(map(_has_variable_id, statements)),
        stages=any(condition.lookup == STAGE.casefold() for condition in conditions),
    )


def _has_variable_id(statement: Statement) -> bool:
    """Whether aws:userid is compared with a variable, or is one."""
    with_variables = [c for c in statement.conditions if c.has_variables]
    if any(condition.lookup == USER_ID for condition in with_variables):
        return True
    has_variables = with_variables or statement.resources.templates
    return bool(has_variables and _AS_VARIABLE.search(str(statement.document)))


def find_names(user_ids: frozenset[UserIds], role_id: str) -> tuple[frozenset[str], bool]:
    """The shortest name of a role's session for each set of conditions that a name meets at once,
    but for that of ANY_SESSION, and whether those are all. Otherwise there are some of them, and
    one that meets each condition.
    """
    steps = _steps_of(user_ids)
    names, are_all = _find_names(steps, reduce(steps.after, f"{role_id}:", steps.first))
    if not are_all and len(user_ids) > 1:
        names = names.union(*(find_names(frozenset({one}), role_id)[0] for one in user_ids))
    return names, are_all


@lru_cache(maxsize=256)
def _find_names(steps: _Steps, first: int) -> tuple[frozenset[str], bool]:
    """`first` is the state after the role's id: the same one for most roles."""
    found = {steps.met(reduce(steps.after, ANY_SESSION, first)): ""}
    reached, seen = {first: ""}, set[int]()
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
                found.setdefault(steps.met(state), text)
        if len(found) == steps.most_sets:
            break
        if len(seen) > steps.most_states or len(found) > steps.most_names:
            return frozenset(islice(found.values(), MOST_NAMES)) - {""}, False
    return frozenset(found.values()) - {""}, True


@lru_cache(maxsize=256)
def _steps_of(user_ids: frozenset[UserIds]) -> _Steps:
    return _Steps(user_ids)


class _Steps:
    """Reads a user id letter by letter, against all patterns at once. A state is a number with a
    bit for each place in each pattern that the letters so far can have led to.
    """

    def __init__(self, user_ids: Collection[UserIds]) -> None:
        self.first = self._stars = self._any = self._length = 0
        self._of = defaultdict[str, int](int)
        self.most_states = _MOST_STATES
        # Of each condition, the bits behind the last signs of its patterns.
        self._ends = [
            sum(self._add(re.sub(r"\*+", "*", text), one.ignores_case) for text in one.patterns)
            for one in user_ids
        ]
        self.first = self._past_stars(self.first)
        self.most_sets = 2 ** len(user_ids)
        self.most_names = MOST_NAMES + len(user_ids)
        other = next((letter for letter in _LETTERS if letter not in self._of), "")
        self.letters = [other, *(letter for letter in _LETTERS if letter in self._of)]

    def _add(self, pattern: str, ignores_case: bool) -> int:
        """Returns the bit of its end."""
        self.first |= 1 << self._length
        for sign in pattern:
            bit = 1 << self._length
            if sign == "*":
                self._stars |= bit
            elif sign == "?":
                self._any |= bit
            else:
                for letter in {sign.lower(), sign.upper()} if ignores_case else {sign}:
                    self._of[letter] |= bit
            self._length += 1
        if not {*"*?"} & {*pattern.rpartition(":")[2]}:
            # One name, and a state for each of its letters.
            self.most_states += len(pattern)
        self._length += 1
        return 1 << (self._length - 1)

    def after(self, state: int, letter: str) -> int:
        """The state that a letter leads to."""
        here = self._of.get(letter, 0) | self._any
        return self._past_stars((state & self._stars) | ((state & here) << 1))

    def met(self, state: int) -> frozenset[int]:
        """The numbers of the conditions that are met where a user id ends with this state."""
        return frozenset(number for number, end in enumerate(self._ends) if state & end)

    def _past_stars(self, state: int) -> int:
        """A star may also stand for no letter. No two stars follow each other."""
        return state | ((state & self._stars) << 1)


def filled(pattern: str) -> str:
    """A text that a pattern with `*` and `?` covers."""
    return pattern.replace("*", "x").replace("?", "x")
