"""Wildcards: what they cover, against the plainest possible reading, and in linear time."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.iam.glob import GlobSet, compile_glob, parse_glob

PATTERNS = st.text("ab*?:/.", max_size=12)
TEXTS = st.text("ab:/.\n", max_size=14)


def _covers_by_definition(pattern: str, text: str) -> bool:
    """Match by the textbook's quadratic table, as an independent reference."""
    row = [True] + [False] * len(text)
    for sign in pattern:
        before, row = row, [row[0] and sign == "*"]
        for position, character in enumerate(text):
            if sign == "*":
                row.append(row[position] or before[position + 1])
            else:
                row.append(before[position] and sign in ("?", character))
    return row[-1]


@given(PATTERNS, TEXTS)
def test_a_pattern_covers_what_its_definition_says(pattern: str, text: str) -> None:
    assert bool(compile_glob(parse_glob(pattern))(text)) == _covers_by_definition(pattern, text)


@given(st.lists(PATTERNS, max_size=5), TEXTS)
def test_a_set_covers_what_one_of_its_patterns_covers(patterns: list[str], text: str) -> None:
    assert GlobSet.parse(patterns).matches(text) == any(
        _covers_by_definition(p, text) for p in patterns
    )


@pytest.mark.parametrize(
    ("pattern", "text"), [("a.c", "abc"), ("a+", "aa"), ("[ab]", "a"), ("(a)", "a"), ("^a$", "a")]
)
def test_signs_of_regular_expressions_mean_nothing(pattern: str, text: str) -> None:
    assert not GlobSet.parse([pattern]).matches(text)
    assert GlobSet.parse([pattern]).matches(pattern)


def test_both_ends_are_anchored() -> None:
    assert not GlobSet.parse(["api-keys"]).matches("miyabi/prod/api-keys")
    assert not GlobSet.parse(["api-keys*"]).matches("miyabi/prod/api-keys")


@pytest.mark.parametrize("piece", ["*a", "*a?", "?*", "*aab"])
def test_a_pattern_that_would_backtrack_takes_no_longer_than_it_should(piece: str) -> None:
    """A backtracking matcher would need years; the bound here is loose, for slow machines."""
    pattern, text = piece * (4_000 // len(piece)) + "b", "a" * 4_000
    started = time.process_time()
    assert not GlobSet.parse([pattern]).matches(text)
    assert time.process_time() - started < 5
