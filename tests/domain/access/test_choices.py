"""Names of sessions that policies leave open: one for each set of patterns that a name fits."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.access.choices import ANY_SESSION, MOST_NAMES, find_choices, find_names
from secrets_ui.domain.iam import PolicyKind, Statement, parse_policy
from testkit.accounts import READ, allow, policy

PATTERNS = st.text("ab*?", min_size=1, max_size=4).map(lambda text: re.sub(r"\*+", "*", text))
# Three patterns of four signs have no more places for a shorter text to lead to.
TEXTS = ["".join(letters) for length in range(2, 8) for letters in product("abx", repeat=length)]


def statements(*ids: str) -> tuple[Statement, ...]:
    """Of a policy that asks for one of these texts of aws:userid."""
    like = {"StringLike": {"aws:userid": list(ids)}}
    return parse_policy("p", policy(allow(READ, Condition=like)), PolicyKind.IDENTITY).statements


def tried(*ids: str) -> tuple[str, ...]:
    return find_choices(statements(*ids), ()).of_role("123456789012", "ops")


def fitted(name: str, patterns: Iterable[str]) -> frozenset[str]:
    return frozenset(pattern for pattern in patterns if fnmatchcase(name, pattern))


@given(st.frozensets(PATTERNS, max_size=3))
def test_whatever_patterns_a_name_fits_at_once_a_tried_one_fits(patterns: frozenset[str]) -> None:
    names, are_all = find_names(patterns)
    assert are_all
    assert all(2 <= len(name) <= 64 for name in names)
    found = {fitted(name, patterns) for name in (ANY_SESSION, *names)}
    assert found == {fitted(text, patterns) for text in (ANY_SESSION, *TEXTS)}
    assert len(found) == len(names) + 1


def test_names_are_tried_of_each_pattern_and_of_those_that_share_one() -> None:
    patterns = ["night-*", "*-shift", "on-call"]
    names = tried(*(f"*:{pattern}" for pattern in patterns))
    assert names[0] == ANY_SESSION
    assert {fitted(name, patterns) for name in names} == {
        frozenset(),
        frozenset({"night-*"}),
        frozenset({"*-shift"}),
        frozenset({"night-*", "*-shift"}),
        frozenset({"on-call"}),
    }


def test_three_patterns_share_a_name_that_no_two_of_them_give() -> None:
    names = tried("*:a*", "*:*b*", "*:*c")
    assert any(len(fitted(name, ("a*", "*b*", "*c"))) == 3 for name in names)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AROAEXAMPLE:on-call", "on-call"),
        ("*:on-call", "on-call"),
        ("*on-call", "on-call"),
        ("AROAEXAMPLE*on-call", "on-call"),
        ("*:**on**call", "oncall"),
    ],
)
def test_the_name_of_a_session_is_what_follows_the_id_of_its_role(text: str, name: str) -> None:
    assert tried(text) == (ANY_SESSION, name)


@pytest.mark.parametrize(
    "text", ["*", "*:*", "*:a", "AROAX:*", "AROAX*", "AIDAX", "*:no:name", "*:" + 65 * "a"]
)
def test_a_text_that_no_name_decides_gives_none(text: str) -> None:
    assert tried(text) == (ANY_SESSION,)


def test_a_name_that_fits_nothing_is_tried_where_a_pattern_covers_any_session() -> None:
    any_session, other = tried("*:*session*")
    assert fitted(any_session, ["*session*"])
    assert not fitted(other, ["*session*"])


@pytest.mark.parametrize("count", [7, 100, 2_000])
def test_of_too_many_patterns_few_names_are_tried_and_they_are_not_all(count: int) -> None:
    ids = [f"*:*{chr(97 + number % 26)}{number // 26 or ''}*" for number in range(count)]
    choices = find_choices(statements(*ids), ())
    assert not choices.are_all
    assert min(count, MOST_NAMES) < len(choices.of_role("123456789012", "ops")) <= MOST_NAMES + 1


def test_patterns_that_are_longer_than_any_name_give_none() -> None:
    assert tried("*:" + 2_000 * "a" + "*", "*:" + 2_000 * "a" + "?") == (ANY_SESSION,)
    [_, *names] = tried(*(f"*:{64 * 'a*'}{end}" for end in ("", "b", "?")))
    assert names == [64 * "a"]
