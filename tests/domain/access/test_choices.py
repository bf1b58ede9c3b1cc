"""Names of sessions that policies leave open: one for each set of conditions that a name meets."""

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.access.choices import Choices, find_choices
from secrets_ui.domain.access.session_names import ANY_SESSION, MOST_NAMES, UserIds, find_names
from secrets_ui.domain.iam import PolicyKind, Statement, parse_policy
from testkit.accounts import READ, allow, policy

ID = "AROAX"
BEFORE = st.sampled_from(["AROAX:", "*:", "*", "A*X:", "AROA?:*", "?*", "*?", "AROAY:", "**X*:"])
PATTERNS = st.builds(str.__add__, BEFORE, st.text("aB*?", max_size=4))
CONDITIONS = st.builds(UserIds, st.frozensets(PATTERNS, min_size=1, max_size=2), st.booleans())
# Three conditions of two patterns of four signs have no more places for a shorter text to lead to.
TEXTS = ["".join(letters) for length in range(2, 6) for letters in product("aABx", repeat=length)]


def statements(*wanted: Collection[str], operator: str = "StringLike") -> tuple[Statement, ...]:
    """Each asks for one of some texts of aws:userid."""
    conditions = ({operator: {"aws:userid": list(texts)}} for texts in wanted)
    made = (allow(READ, Condition=condition) for condition in conditions)
    return parse_policy("p", policy(*made), PolicyKind.IDENTITY).statements


def choices(*wanted: Collection[str], operator: str = "StringLike") -> Choices:
    return find_choices(statements(*wanted, operator=operator), ())


def tried(*patterns: str, operator: str = "StringLike") -> tuple[str, ...]:
    """Of each pattern as a condition of its own."""
    found = choices(*([pattern] for pattern in patterns), operator=operator)
    names, are_all = found.of_role("123456789012", "ops", ID)
    assert are_all
    return names


def fitted(name: str, patterns: Iterable[str]) -> frozenset[str]:
    return frozenset(pattern for pattern in patterns if fnmatchcase(name, pattern))


def met(name: str, conditions: Iterable[UserIds]) -> frozenset[UserIds]:
    def folded(text: str, one: UserIds) -> str:
        return text.lower() if one.ignores_case else text

    return frozenset(
        one
        for one in conditions
        if any(fnmatchcase(folded(f"{ID}:{name}", one), folded(text, one)) for text in one.patterns)
    )


@given(st.frozensets(CONDITIONS, max_size=3))
def test_whatever_conditions_a_name_meets_at_once_a_tried_one_meets(
    conditions: frozenset[UserIds],
) -> None:
    names, are_all = find_names(conditions, ID)
    assert are_all
    assert all(2 <= len(name) <= 64 for name in names)
    found = {met(name, conditions) for name in (ANY_SESSION, *names)}
    assert found >= {met(text, conditions) for text in TEXTS}
    assert len(found) == len(names) + 1


def test_names_are_tried_of_each_pattern_and_of_those_that_share_one() -> None:
    patterns = ["night-*", "*-shift", "on-call"]
    names = (ANY_SESSION, *tried(*(f"*:{pattern}" for pattern in patterns)))
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
        ("AROAX:on-call", "on-call"),
        ("*:on-call", "on-call"),
        ("*on-call", "on-call"),
        ("AROA*on-call", "on-call"),
        ("*X:on-call", "on-call"),
        ("AR*:on-call*", "on-call"),
        ("*:**on**call", "oncall"),
    ],
)
def test_the_name_of_a_session_follows_the_id_of_its_role(text: str, name: str) -> None:
    assert tried(text) == (name,)


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEqualsIfExists"])
def test_without_a_wildcards_operator_a_star_is_a_sign_that_no_name_has(operator: str) -> None:
    assert tried("AROAX:on-*", "AROAX:o?-call", operator=operator) == ()
    assert tried("AROAX:on-call", operator=operator) == ("on-call",)


def test_case_is_ignored_where_the_operator_ignores_it() -> None:
    [name] = tried("aroax:On-Call", operator="StringEqualsIgnoreCase")
    assert name.lower() == "on-call"
    [name] = tried("aroax:Stra\N{LATIN SMALL LETTER SHARP S}e", operator="StringEqualsIgnoreCase")
    assert name.lower() == "strasse"
    assert tried("aroax:On-Call", operator="StringEquals") == ()


@pytest.mark.parametrize(
    "text",
    [
        *("*", "*:*", "AROAX:*", "AROAX*", "A*X:*", "AROAY:on-call", "AIDAX"),
        *("*:a", "*:no:name", "*:" + 65 * "a", "*:" + 2_000 * "a" + "?"),
    ],
)
def test_a_text_that_no_name_decides_gives_none(text: str) -> None:
    assert tried(text) == ()


def test_texts_that_every_name_fits_leave_no_choice() -> None:
    assert not choices(["AROAX:*", "AIDAX", "*", "A*X:*"], ["AROAY*"]).are_any


def test_a_name_that_meets_nothing_is_tried_where_a_pattern_covers_any_session() -> None:
    [other] = tried("*:*session*")
    assert not fitted(other, ["*session*"])


@pytest.mark.parametrize("operator", ["StringEquals", "StringLike"])
def test_of_a_list_in_one_condition_one_name_is_enough(operator: str) -> None:
    people = [f"AROAX:person-{number}@example.com" for number in range(500)]
    found = choices(people, people[:250], people[400:], operator=operator)
    names, are_all = found.of_role("123456789012", "ops", ID)
    assert are_all
    assert len(names) == 3


def test_of_other_roles_ids_none_is_tried() -> None:
    assert tried(*(f"AROAY{number}:person" for number in range(200)), "AROAX:me") == ("me",)


LETTERS = [f"*:*{letter}*" for letter in "abcdefg"]
MANY = [f"*:*{number}*" for number in range(100)]
PEOPLE = [f"AROAX:person-{number}" for number in range(300)]


@pytest.mark.parametrize("patterns", [LETTERS, MANY, PEOPLE], ids=["letters", "many", "people"])
def test_of_too_many_sets_few_names_are_tried_and_they_are_not_all(patterns: list[str]) -> None:
    found = choices(*([pattern] for pattern in patterns))
    names, are_all = found.of_role("123456789012", "ops", ID)
    assert not are_all
    met_alone = [any(fitted(f"{ID}:{name}", [pattern]) for name in names) for pattern in patterns]
    assert len(names) <= MOST_NAMES <= sum(met_alone) or all(met_alone)


def test_names_stay_few_and_their_search_short_whatever_the_policies_hold() -> None:
    windows = [f"*:*{letter}{'?' * 12}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    found = choices(PEOPLE[:150], PEOPLE[150:], *([window] for window in windows))
    names, are_all = found.of_role("123456789012", "ops", ID)
    assert not are_all
    assert len(names) <= MOST_NAMES


def test_a_name_is_found_where_patterns_use_every_letter() -> None:
    every = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-"
    found = choices(["*:??-night"], [f"*:a{letter}*" for letter in every])
    names, are_all = found.of_role("123456789012", "ops", ID)
    assert are_all
    assert all(2 <= len(name) <= 64 for name in names)
    assert any(fitted(name, ["??-night"]) and name[0] != "a" for name in names)


def test_another_name_is_found_beside_one_that_a_principal_names() -> None:
    arn = "arn:aws:sts::123456789012:assumed-role/ops/admin"
    denial = allow(READ, Principal={"AWS": arn}, Condition={"StringLike": {"aws:userid": "*:ad*"}})
    text = parse_policy("p", policy(denial), PolicyKind.RESOURCE).statements
    names, are_all = find_choices(text, ()).of_role("123456789012", "ops", ID)
    assert are_all
    assert names[0] == "ad"
    assert "admin" in names


def test_patterns_that_few_names_are_long_enough_for_are_read_to_their_end() -> None:
    assert tried(*(f"*:{64 * 'a*'}{end}" for end in ("", "b", "?"))) == (64 * "a",)


def test_a_wildcard_counts_in_an_operator_for_arns() -> None:
    assert tried("AROAX:on-*", operator="ArnEquals") == ("on-",)


USER_IDS: list[Any] = [
    {"Condition": {"StringLike": {"aws:userid": "*:${aws:PrincipalTag/team}"}}},
    {"Condition": {"StringEquals": {"aws:ResourceTag/owner": "${aws:userid}"}}},
    {"Resource": "arn:aws:secretsmanager:*:*:secret:${\tAWS:UserId }/*"},
]


@pytest.mark.parametrize("more", USER_IDS)
def test_a_variable_may_be_met_by_names_that_nobody_knows(more: dict[str, object]) -> None:
    asks = parse_policy("p", policy(allow(READ, **more)), PolicyKind.IDENTITY).statements
    for found in (find_choices(asks, ()), find_choices((), ()).with_more(asks)):
        assert found.of_role("123456789012", "ops", ID) == ((), False)
