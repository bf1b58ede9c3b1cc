"""Names of sessions to try where conditions ask for aws:userid: one for each set of conditions that
a name meets at once, also for none. Where those are too many to try, what depends on a session's
name is not known.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import islice

from ..iam import Condition, find_operator

ANY_SESSION = "any.session.of.it"
"""A name that no policy means, though a pattern may cover it."""
USER_ID = "aws:userid"
"""Of a session: the id of its role, a colon, and its name. Neither has a colon of its own."""
MOST_NAMES = 64
"""Names that are tried of one role, at most, beside ANY_SESSION and those of principals."""
# These fit the ids of a role's sessions all alike, or none of them.
_ALL_ALIKE = re.compile(r"[^*?:]*\**|[^:]*:\*+")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_LEAST, _MOST = 2, 64
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_LETTERS = "xabcdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-"
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
_MOST_OF_ID = 128
_MOST_STATES = 2000
_END = "\n"  # of a pattern


@dataclass(frozen=True)
class UserIds:
    """What a condition names of aws:userid, as far as the name of a session decides: it is met, or
    with a negated operator unmet, by what fits one of the patterns.
    """

    patterns: frozenset[str]
    ignores_case: bool = False

    @classmethod
    def of(cls, condition: Condition) -> UserIds:
        """No patterns where the operator compares no texts."""
        operator = find_operator(condition.operator)
        if operator is None or operator.compare is None:
            return cls(frozenset())
        texts = [t.casefold() if operator.ignores_case else t for t in condition.wanted]
        kept = (text for text in texts if _can_decide(text, operator.has_wildcards))
        return cls(frozenset(kept), operator.ignores_case)

    @property
    def letters(self) -> int:
        """Of the names that it names whole."""
        names = (pattern.rpartition(":")[2] for pattern in self.patterns)
        return sum(len(name) for name in names if not _has_wildcard(name))


def _can_decide(text: str, has_wildcards: bool) -> bool:
    # A plain asterisk is in no id.
    is_possible = has_wildcards or not _has_wildcard(text)
    is_short = len(text.replace("*", "")) <= _MOST_OF_ID + len(":") + _MOST
    return is_possible and is_short and not _ALL_ALIKE.fullmatch(text)


def _has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


def find_names(user_ids: frozenset[UserIds], role_id: str) -> tuple[frozenset[str], bool]:
    """The shortest name of a role's session for each set of conditions that a name meets at once,
    but for that of ANY_SESSION, and whether those are all. Where they would be too many, one name
    that meets each condition.
    """
    steps = _steps_of(user_ids)
    return _names_after(steps, steps.read(f"{role_id}:", steps.first))


@lru_cache(maxsize=256)
def _steps_of(user_ids: frozenset[UserIds]) -> _Steps:
    return _Steps(user_ids)


@lru_cache(maxsize=256)
def _names_after(steps: _Steps, first: int) -> tuple[frozenset[str], bool]:
    """`first` is the state behind a role's id: the same one for most roles."""
    found = _search(steps, first)
    if found is not None:
        return found, True
    alone = (steps.name_behind(first & of_one) for of_one in steps.of_each)
    return frozenset(islice(filter(None, alone), MOST_NAMES)), False


def _search(steps: _Steps, first: int) -> frozenset[str] | None:
    """As find_names; None where there are too many."""
    # The empty text stands for ANY_SESSION, which is tried anyway.
    found = {steps.met(steps.read(ANY_SESSION, first)): ""}
    # The id of another role ends what a pattern can fit.
    living = [of_one for of_one in steps.of_each if first & of_one]
    reached, seen = {first: ""}, set[int]()
    for length in range(1, _MOST + 1):
        reached = _read_on(steps, reached, seen)
        if length >= _LEAST:
            seen |= reached.keys()
            for state, text in reached.items():
                found.setdefault(steps.met(state), text)
        if len(found) == 2 ** len(living):
            break
        if len(reached) + len(seen) > steps.most or len(found) > MOST_NAMES + 1:
            return None
    return frozenset(found.values()) - {""}


def _read_on(steps: _Steps, reached: Mapping[int, str], seen: Collection[int]) -> dict[int, str]:
    """The new states behind one letter more, each with a text; not all where they are too many."""
    found: dict[int, str] = {}
    for state, text in reached.items():
        for letter in steps.letters(state):
            after = steps.after(state, letter)
            if after not in seen:
                found.setdefault(after, text + letter)
        if len(found) > steps.most:
            break
    return found


class _Steps:
    """Reads a user id letter by letter, against all patterns at once. A state is a number with a
    bit for each place in each pattern that the letters so far can have led to.
    """

    def __init__(self, user_ids: Collection[UserIds]) -> None:
        self._of = defaultdict[str, int](int)
        self._signs = ""  # by bit
        self._stars = self._any = first = 0
        # By condition: all bits of its patterns, and the bits behind their last signs.
        self.of_each, self._ends = list[int](), list[int]()
        for one in user_ids:
            begun, ends = 1 << len(self._signs), 0
            for pattern in one.patterns:
                first |= 1 << len(self._signs)
                self._add(re.sub(r"\*+", "*", pattern) + _END, one.ignores_case)
                ends |= 1 << (len(self._signs) - 1)
            self.of_each.append((1 << len(self._signs)) - begun)
            self._ends.append(ends)
        self.first = self._past_stars(first)
        self.most = _MOST_STATES + sum(one.letters for one in user_ids)

    def _add(self, pattern: str, ignores_case: bool) -> None:
        for place, sign in enumerate(pattern, len(self._signs)):
            bit = 1 << place
            if sign == "*":
                self._stars |= bit
            elif sign == "?":
                self._any |= bit
            else:
                for letter in {sign, sign.upper()} if ignores_case else sign:
                    self._of[letter] |= bit
        self._signs += pattern

    def letters(self, state: int) -> Iterator[str]:
        """One for all that no pattern asks for next, and those that one asks for."""
        asked, left = set[str](), state & ~(self._stars | self._any)
        while left:
            sign = self._signs[left.bit_length() - 1]
            asked |= {sign, sign.upper()}
            left &= ~self._of[sign]
        yield from islice((letter for letter in _LETTERS if letter not in asked), 1)
        yield from (letter for letter in _LETTERS if letter in asked)

    def after(self, state: int, letter: str) -> int:
        """The state that a letter leads to."""
        here = self._of.get(letter, 0) | self._any
        return self._past_stars((state & self._stars) | ((state & here) << 1))

    def read(self, text: str, state: int) -> int:
        """The state that a text leads to."""
        return reduce(self.after, text, state)

    def met(self, state: int) -> frozenset[int]:
        """The numbers of the conditions that a user id meets which ends with this state."""
        return frozenset(number for number, ends in enumerate(self._ends) if state & ends)

    def name_behind(self, state: int) -> str:
        """A name that fits what a pattern has left in this state; "" where none was found."""
        while state:
            place = state.bit_length() - 1
            left = self._signs[place : self._signs.index(_END, place)]
            for name in (filled(left), filled(left.replace("*", ""))):
                if _NAME.fullmatch(name):
                    return name
            state ^= 1 << place
        return ""

    def _past_stars(self, state: int) -> int:
        """A star may also stand for no letter. No two stars follow each other."""
        return state | ((state & self._stars) << 1)


def filled(pattern: str) -> str:
    """A text that a pattern with `*` and `?` covers."""
    return pattern.replace("*", "x").replace("?", "x")
