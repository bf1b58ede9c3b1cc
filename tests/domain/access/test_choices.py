"""Names of sessions that policies leave open: those that two of their patterns cover together."""

from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.access.choices import Choices, common, filled

PATTERNS = st.text("ab*?", min_size=1, max_size=4)
# The shortest text that two such patterns cover is no longer than both.
TEXTS = ["".join(letters) for length in range(9) for letters in product("ab", repeat=length)]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("night-*", "*-shift", "night-shift"),
        ("*-shift", "night-*", "night-shift"),
        ("n?ght*", "night", "night"),
        ("a?c", "ab?", "abc"),
        ("*b*", "a*", "ab"),
        ("day-*", "night-*", None),
        ("a", "ab", None),
    ],
)
def test_what_two_patterns_cover(one: str, other: str, found: str | None) -> None:
    assert common(one, other) == found


@given(PATTERNS, PATTERNS)
def test_both_cover_it_and_none_is_missed(one: str, other: str) -> None:
    found = common(one, other)
    if found is None:
        assert not [t for t in TEXTS if fnmatchcase(t, one) and fnmatchcase(t, other)]
    else:
        assert fnmatchcase(filled(found), one)
        assert fnmatchcase(filled(found), other)


def test_names_are_tried_of_each_pattern_and_of_each_pair() -> None:
    patterns = frozenset({"night-*", "*-shift", "on-call", "no:name"})
    assert Choices(frozenset(), patterns, False).names == {
        "night-x",
        "x-shift",
        "night-shift",
        "on-call",
    }
