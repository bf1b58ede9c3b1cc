"""JSON from outside, at every door that reads it: nested too deeply is a refusal, at any depth."""

from collections.abc import Callable
from typing import Any

import pytest

from secrets_ui.domain.errors import InvalidDocument
from secrets_ui.domain.errors.nesting import MOST_LEVELS, NestedTooDeeply, load_json
from secrets_ui.domain.iam import MalformedPolicy, parse_policy
from secrets_ui.domain.iam.strict_json import NotStrictJson, read_json
from secrets_ui.domain.secrets.document import parse_document
from secrets_ui.domain.status.outside_changes import document_hash

# About Python's own limit a text can be parsed here and not written there.
LEVELS = [MOST_LEVELS + 2, 900, 980, 990, 1_000, 50_000]
OPENINGS = {"[": "]", '{"a":': "}"}


def nested(opening: str, levels: int) -> str:
    return opening * levels + "1" + OPENINGS[opening] * levels


DOORS: dict[str, tuple[Callable[[str], Any], type[Exception]]] = {
    "JSON of AWS": (load_json, NestedTooDeeply),
    "a policy's JSON": (read_json, NotStrictJson),
    "a policy": (lambda text: parse_policy("the policy", text), MalformedPolicy),
    "a document": (parse_document, InvalidDocument),
    "a key of a document": (lambda text: parse_document(f'{{"KEY": {text}}}'), InvalidDocument),
}


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("door", DOORS)
def test_what_is_nested_too_deeply_is_refused(door: str, opening: str, levels: int) -> None:
    read, error = DOORS[door]
    with pytest.raises(error, match=r"(?i)nested too deeply"):
        read(nested(opening, levels))


@pytest.mark.parametrize("opening", OPENINGS)
def test_what_is_not_too_deep_is_read(opening: str) -> None:
    value = load_json(nested(opening, MOST_LEVELS))
    for _ in range(MOST_LEVELS):
        value = value["a"] if isinstance(value, dict) else value[0]
    assert value == 1
    assert parse_document(f'{{"KEY": {nested(opening, MOST_LEVELS - 1)}}}').keys() == ("KEY",)


@pytest.mark.parametrize("levels", LEVELS)
def test_such_a_policy_has_a_hash_as_any_other(levels: int) -> None:
    assert document_hash(nested("[", levels)) != document_hash(nested("[", levels + 1))
