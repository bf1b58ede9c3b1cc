"""Keys over environments: equality by fingerprint, what is missing, which rule is broken."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.secrets.catalog import KeySpec, SecretSpec
from secrets_ui.domain.secrets.comparison import (
    Held,
    Row,
    Show,
    compare_secret,
    is_told_by_facts,
    matching,
)
from secrets_ui.domain.secrets.facts import KeyFacts, VersionFacts
from secrets_ui.domain.secrets.secret import Secret

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SPEC = SecretSpec(
    "api-keys",
    keys={
        "TOKEN": KeySpec("TOKEN", required=True, between_environments="must_differ"),
        "ISSUER": KeySpec("ISSUER", between_environments="must_match"),
    },
)


def held(**values: str) -> Held:
    """A secret with these keys, each fingerprint made of its value."""
    keys = tuple(KeyFacts(name, value * 16) for name, value in values.items())
    secret = Secret("arn", "miyabi/x/api-keys", versions={"v": ("AWSCURRENT",)})
    return Held(secret, VersionFacts("v", "object", keys))


def compared(**places: Held) -> dict[str, Row]:
    return {row.key: row for row in compare_secret(SPEC, places, NOW)}


def marks(row: Row) -> list[str]:
    return [cell.mark for cell in row.cells]


def texts(row: Row) -> list[str]:
    return [cell.state.text for cell in row.cells]


def test_equal_values_share_a_letter() -> None:
    rows = compared(dev=held(OTHER="1"), staging=held(OTHER="2"), prod=held(OTHER="1"))
    assert marks(rows["OTHER"]) == ["A", "B", "A"]
    assert rows["OTHER"].shows(Show.DIFFERS)
    assert not rows["OTHER"].shows(Show.BREAKS_RULE)


def test_a_value_that_serves_two_environments_breaks_the_rule_that_they_differ() -> None:
    row = compared(dev=held(TOKEN="1"), staging=held(TOKEN="2"), prod=held(TOKEN="1"))["TOKEN"]
    assert texts(row) == ["Same as prod", "Set", "Same as dev"]
    assert row.shows(Show.BREAKS_RULE)


def test_values_that_should_match_and_do_not_break_the_rule() -> None:
    row = compared(dev=held(ISSUER="1"), prod=held(ISSUER="2"))["ISSUER"]
    assert texts(row) == ["Differs from prod", "Differs from dev"]
    assert row.shows(Show.BREAKS_RULE)
    assert not compared(dev=held(ISSUER="1"), prod=held(ISSUER="1"))["ISSUER"].shows(
        Show.BREAKS_RULE
    )


def test_what_one_environment_has_is_missing_in_another() -> None:
    rows = compared(dev=held(TOKEN="1", OTHER="1"), prod=held(TOKEN="2"))
    assert [cell.is_missing for cell in rows["OTHER"].cells] == [False, True]
    assert rows["OTHER"].shows(Show.MISSING)
    assert not rows["TOKEN"].shows(Show.MISSING)
    # Nobody has it, and it is not required.
    assert not rows["ISSUER"].shows(Show.MISSING)


def test_a_secret_that_is_not_there_lacks_what_is_required() -> None:
    rows = compared(dev=held(TOKEN="1"), prod=Held())
    assert texts(rows["TOKEN"]) == ["Set", "No secret"]
    assert rows["TOKEN"].shows(Show.MISSING)
    assert rows["TOKEN"].cells[1].state.level == "bad"
    assert rows["ISSUER"].cells[1].state.level == "mute"


def test_what_was_not_looked_at_is_neither_missing_nor_different() -> None:
    unseen = Held(Secret("arn", "n", versions={"v": ("AWSCURRENT",)}), None, "AccessDenied: no")
    row = compared(dev=held(TOKEN="1"), prod=unseen)["TOKEN"]
    assert texts(row) == ["Set", "Could not check"]
    assert row.cells[1].state.hint == "AccessDenied: no"
    assert [row.shows(show) for show in Show] == [True, False, False, False]


OTHER_NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (held(TOKEN="1"), True),
        (Held(), True),
        (Held(Secret("arn", "n", versions={"v": ("AWSCURRENT",)})), False),
        (Held(Secret("arn", "n", deleted=NOW)), False),
        (replace(held(), facts=VersionFacts("v", "not_json", problem="line 1")), False),
    ],
    ids=["keys", "no secret", "not looked at", "to be deleted", "no object"],
)
def test_cells_told_by_facts_depend_on_nothing_else(place: Held, told: bool) -> None:
    """What AWS says of the secret, and the clock, would change the others."""
    assert is_told_by_facts(place) is told
    if told:
        secret = place.secret and Secret("arn", "n", tags={"a": "b"}, deleted=NOW)
        moved = compare_secret(SPEC, {"dev": Held(secret, place.facts, "no right")}, OTHER_NOW)
        assert moved == compare_secret(SPEC, {"dev": place}, NOW)


def test_a_secret_without_keys_has_a_row_of_its_own() -> None:
    binary = Held(Secret("arn", "n", versions={"v": ("AWSCURRENT",)}), VersionFacts("v", "binary"))
    rows = compare_secret(SecretSpec("blob"), {"dev": binary}, NOW)
    assert [(row.key, texts(row)) for row in rows] == [("", ["Binary"])]


@pytest.mark.parametrize(
    ("secret", "text", "keys"),
    [
        ("api-keys", "tok", ["TOKEN"]),
        ("api-keys", "API", ["TOKEN", "ISSUER"]),
        ("api-keys", "none", []),
    ],
)
def test_a_text_is_looked_for_in_secret_and_key(secret: str, text: str, keys: list[str]) -> None:
    rows = compare_secret(SPEC, {"dev": held(TOKEN="1", ISSUER="1")}, NOW)
    assert [row.key for row in matching(rows, Show.ALL, secret, text)] == keys


_KEYS = st.dictionaries(st.sampled_from(["TOKEN", "ISSUER", "OTHER"]), st.sampled_from("123"))


@given(st.dictionaries(st.sampled_from(["dev", "staging", "prod"]), _KEYS, min_size=1))
def test_cells_share_a_letter_exactly_when_their_values_are_equal(
    places: dict[str, dict[str, str]],
) -> None:
    rows = compare_secret(SPEC, {name: held(**keys) for name, keys in places.items()}, NOW)
    for row in rows:
        values = [keys.get(row.key) for keys in places.values()]
        for one, first in zip(row.cells, values, strict=True):
            assert bool(one.mark) is (first is not None)
            for other, second in zip(row.cells, values, strict=True):
                if first is not None and second is not None:
                    assert (one.mark == other.mark) is (first == second)
