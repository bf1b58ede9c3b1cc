"""facts: what is kept of a version can tell values apart and cannot tell what they are."""

import base64
import hashlib
import html
import json
import re
import secrets
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.secrets.catalog import KeySpec, SecretSpec
from secrets_ui.domain.secrets.facts import (
    FINGERPRINT_LENGTH,
    KeyFacts,
    VersionFacts,
    derive_facts,
    fingerprint,
)
from secrets_ui.domain.secrets.formats import FORMATS
from secrets_ui.domain.secrets.secret_value import SecretValue
from tests.domain.strategies import ANY_TEXT, VALUES, written_documents

KEY = secrets.token_bytes(32)
PLACEHOLDER = re.compile("^todo$")
SPEC = SecretSpec(
    "api-keys",
    keys={"TOKEN": KeySpec("TOKEN", format="token", placeholders=(PLACEHOLDER,))},
    placeholders=(PLACEHOLDER,),
    digest="d1",
)
# No hexadecimal digit and no letter of our own texts: a hit cannot be chance.
FOREIGN = "QXZJKVWY#&<>\"'\\/+%@€é \n\t"


def facts_of(text: str, spec: SecretSpec = SPEC) -> VersionFacts:
    return derive_facts("v1", SecretValue(text), spec, KEY)


def test_s77_a_fingerprint_is_hmac_sha256_with_the_given_key() -> None:
    """RFC 4231, test case 2."""
    assert (
        fingerprint("what do ya want for nothing?", b"Jefe")
        == "5bdcc146bf60754e6a042426089575c75a003f08"[:FINGERPRINT_LENGTH]
    )


@given(ANY_TEXT, st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_s77_without_the_key_a_fingerprint_cannot_be_made(
    value: str, key: bytes, other: bytes
) -> None:
    made = fingerprint(value, key)
    data = value.encode("utf-8", "surrogatepass")

    assert (made == fingerprint(value, other)) is (key == other)
    for plain in (hashlib.sha256(data), hashlib.sha1(data), hashlib.md5(data)):  # noqa: S324
        assert not plain.hexdigest().startswith(made)


@given(ANY_TEXT, ANY_TEXT)
def test_equal_values_and_no_others_have_equal_fingerprints(one: str, other: str) -> None:
    assert (fingerprint(one, KEY) == fingerprint(other, KEY)) is (one == other)


def test_s77_the_facts_of_a_key_hold_the_fingerprint_of_its_value() -> None:
    facts = facts_of('{"TOKEN": "caf\\u00e9", "N": 1.10}')

    assert [key.fingerprint for key in facts.keys] == [
        fingerprint("café", KEY),
        fingerprint("1.10", KEY),
    ]
    assert (
        facts.keys[0].short == f"{facts.keys[0].fingerprint[:4]}·{facts.keys[0].fingerprint[4:8]}"
    )


def all_forms(value: str) -> list[str]:
    """A value as it would look if it leaked: plain, base64, URL, HTML, JSON, Python."""
    raw = value.encode()
    return [
        value,
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        quote(value),
        quote(value, safe=""),
        html.escape(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
    ]


def leaks(value: str, result: str) -> list[str]:
    return [
        form[i : i + 6]
        for form in all_forms(value)
        for i in range(len(form) - 5)
        if form[i : i + 6] in result
    ]


@given(
    st.text(FOREIGN, min_size=6, max_size=40), st.sampled_from(sorted(FORMATS)), st.integers(0, 60)
)
def test_s02_facts_hold_no_six_characters_of_a_value_in_any_form(
    value: str, form: str, min_length: int
) -> None:
    spec = SecretSpec(
        "api-keys",
        keys={"TOKEN": KeySpec("TOKEN", format=form, min_length=min_length)},
        digest="d1",
    )
    facts = facts_of(json.dumps({"TOKEN": value, "OTHER": [value], "MORE": {"in": value}}), spec)

    assert facts.kind == "object"
    assert not leaks(value, json.dumps(facts.to_json(), ensure_ascii=False) + repr(facts))


@given(
    st.text(FOREIGN, min_size=6, max_size=40),
    st.sampled_from(
        ["%s", '{"TOKEN": %s}', '["%s', '{"TOKEN": "%s', '"%s', '{"TOKEN": "1", "TOKEN": "%s"}']
    ),
)
def test_s02_facts_of_a_text_that_is_no_object_hold_nothing_of_it(value: str, frame: str) -> None:
    facts = facts_of(frame.replace("%s", value))

    assert facts.keys == ()
    assert facts.kind in ("not_json", "not_object")
    assert not leaks(value, json.dumps(facts.to_json(), ensure_ascii=False) + repr(facts))


@given(written_documents())
def test_facts_survive_the_way_through_json(document) -> None:
    facts = facts_of(document.text)

    assert VersionFacts.from_json(json.loads(json.dumps(facts.to_json()))) == facts
    assert [key.name for key in facts.keys] == [member.key for member in document.members]


@given(VALUES)
def test_the_type_of_a_value_is_its_json_type(written: str) -> None:
    value = json.loads(written)
    types = {str: "string", dict: "object", list: "list", bool: "boolean", type(None): "null"}

    assert facts_of(f'{{"K": {written}}}').keys[0].type == types.get(type(value), "number")


@pytest.mark.parametrize(
    ("text", "kind", "problem"),
    [
        (
            "[1]",
            "not_object",
            "The document is JSON, but not an object of keys and values (line 1, column 1).",
        ),
        (
            '"text"',
            "not_object",
            "The document is JSON, but not an object of keys and values (line 1, column 1).",
        ),
        ("plain text", "not_json", "Expecting value (line 1, column 1)."),
        ('{"a": 1,\n "a": 2}', "not_json", "The key a stands twice (line 2, column 2)."),
        ("", "not_json", "The document is empty (line 1, column 1)."),
    ],
)
def test_s65_a_text_that_is_no_object_is_told_as_what_it_is(
    text: str, kind: str, problem: str
) -> None:
    assert facts_of(text) == VersionFacts("v1", kind, problem=problem, digest="d1")


def test_a_binary_value_is_told_as_binary() -> None:
    assert derive_facts("v1", None, SPEC, KEY) == VersionFacts("v1", "binary", digest="d1")


def test_a_key_is_found_by_its_name() -> None:
    facts = facts_of('{"TOKEN": "a"}')
    assert facts.key("TOKEN") is facts.keys[0]
    assert facts.key("token") is None


@pytest.mark.parametrize("name", ["TOKEN", "UNKNOWN"])
def test_a_placeholder_is_noticed_for_known_and_unknown_keys_alike(name: str) -> None:
    key = facts_of(json.dumps({name: "todo"})).keys[0]
    assert key.placeholder
    assert [code for _, code, _ in key.problems] == ["placeholder"]


@pytest.mark.parametrize(
    ("written", "empty"),
    [('""', True), ('" "', False), ("0", False), ("[]", False), ("null", False)],
)
def test_only_an_empty_text_counts_as_empty(written: str, empty: bool) -> None:
    assert facts_of(f'{{"TOKEN": {written}}}').keys[0].empty is empty


def test_the_first_error_among_the_problems_is_the_error_of_the_key() -> None:
    key = KeyFacts(
        "K",
        "00",
        problems=(
            ("warning", "w", "may not be"),
            ("error", "a", "cannot be"),
            ("error", "b", "nor this"),
        ),
    )
    assert key.error == "cannot be"
    assert KeyFacts("K", "00").error == ""


def test_a_number_is_judged_by_the_text_that_the_variable_gets() -> None:
    [problem] = facts_of('{"TOKEN": 5}').keys[0].problems
    assert problem == ("warning", "short_token", "is shorter than 32 characters")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ('{"my-key": "v"}', "is no name for a variable"),
        ('{"LD_LIBRARY_PATH": "v"}', "which no secret may set"),
        ('{"AWS_REGION": 1}', "which no secret may set"),
        ('{"TOKEN": null}', "holds null, and a variable holds text"),
        ('{"TOKEN": ["v"]}', "holds a list, and a variable holds text"),
        ('{"TOKEN": {"a": "v"}}', "holds an object, and a variable holds text"),
        ('{"TOKEN": "v\\u0000"}', "holds a NUL character"),
        ('{"TOKEN": "\\ud800"}', "holds half of a character"),
    ],
)
def test_why_the_lambda_cannot_load_a_key_is_a_fact_of_it(document: str, words: str) -> None:
    assert words in facts_of(document).keys[0].unloadable
