"""edit: what a person asked for, applied to the version that it started from."""

import json
import re

import pytest

from secrets_ui.domain.changes.edit import (
    GENERATED_BYTES,
    Edit,
    apply_edit,
    check_edit,
    ensure_sound,
    faults_of,
    overlapping,
)
from secrets_ui.domain.errors import InvalidChange, InvalidDocument, NothingChanged
from secrets_ui.domain.secrets.catalog import KeySpec, SecretSpec
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.facts import VersionFacts, derive_facts
from secrets_ui.domain.secrets.secret_value import SecretValue

KEY = b"k" * 32
SPEC = SecretSpec(
    "api-keys",
    keys={
        "TOKEN": KeySpec("TOKEN", format="token"),
        "ISSUER": KeySpec("ISSUER", format="https_url"),
    },
)
BASE = SecretValue('{"TOKEN": "old", "ISSUER": "https://a.test", "N": 1}')


def edit(
    document: str | None = None,
    *,
    generate: tuple[str, ...] = (),
    is_text: bool = False,
    **values: str | None,
) -> Edit:
    changes = tuple(
        Change(key, None if value is None else SecretValue(value)) for key, value in values.items()
    )
    return Edit(
        "miyabi/dev/api-keys",
        "v1",
        changes,
        generate,
        None if document is None else SecretValue(document),
        is_text,
    )


def facts(text: str) -> VersionFacts:
    return derive_facts("v", SecretValue(text), SPEC, KEY)


def test_s65_changes_are_applied_to_the_base_and_the_changed_keys_are_named() -> None:
    applied = apply_edit(edit(TOKEN="new", ISSUER="https://a.test", N=None), BASE)

    assert applied.value.reveal() == '{"TOKEN": "new", "ISSUER": "https://a.test"}'
    assert applied.changed == ("TOKEN", "N")


def test_the_first_version_of_a_secret_starts_from_nothing() -> None:
    assert apply_edit(edit(TOKEN="new"), None).value.reveal() == '{"TOKEN": "new"}'
    assert apply_edit(edit('{"TOKEN": "new"}'), None).changed == ("TOKEN",)


def test_a_generated_token_has_256_random_bits_and_is_made_anew_each_time() -> None:
    made = [
        json.loads(apply_edit(edit(generate=("TOKEN",)), BASE).value.reveal())["TOKEN"]
        for _ in range(20)
    ]

    assert len(set(made)) == 20
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in made)
    assert GENERATED_BYTES * 8 == 256


def test_a_generated_token_is_among_the_touched_and_the_changed_keys() -> None:
    asked = edit(generate=("TOKEN",), ISSUER="https://b.test")

    assert asked.touched == ("ISSUER", "TOKEN")
    assert set(apply_edit(asked, BASE).changed) == {"ISSUER", "TOKEN"}
    assert asked.generate == ("TOKEN",)  # the edit itself holds no token
    made = asked.with_generated()
    assert made.with_generated().changes == made.changes  # no second token


def test_s65_a_whole_document_is_stored_as_it_was_typed() -> None:
    text = '{\r\n "TOKEN": "old",\n "ISSUER":"https://b.test", "NEW": 1.10}\n'
    applied = apply_edit(edit(text), BASE)

    assert applied.value.reveal() == text
    assert set(applied.changed) == {"ISSUER", "NEW", "N"}


def test_a_document_may_replace_a_text_that_is_no_object() -> None:
    assert apply_edit(edit('{"A": 1}'), SecretValue("plain text")).changed == ("A",)


def test_s65_a_text_that_is_no_object_is_stored_only_where_it_is_meant_so() -> None:
    assert apply_edit(edit("plain text", is_text=True), BASE).value.reveal() == "plain text"
    with pytest.raises(InvalidDocument):
        apply_edit(edit("plain text"), BASE)


@pytest.mark.parametrize("text", ['{"A": 1, "A": 2}', '{"A": 1', "[1]", '{"A": NaN}'])
def test_s65_a_document_that_is_no_clean_object_is_refused(text: str) -> None:
    with pytest.raises(InvalidDocument):
        apply_edit(edit(text), BASE)


@pytest.mark.parametrize(
    "same", [edit(BASE.reveal()), edit(BASE.reveal(), is_text=True), edit(TOKEN="old"), edit()]
)
def test_an_edit_without_effect_is_refused(same: Edit) -> None:
    with pytest.raises(NothingChanged):
        apply_edit(same, BASE)


@pytest.mark.parametrize("is_text", [True, False])
def test_s64_a_document_of_65537_bytes_is_refused(is_text: bool) -> None:
    room = 65_536 - len('{"A": ""}')
    fits, over = (f'{{"A": "{"x" * length}"}}' for length in (room, room + 1))

    assert apply_edit(edit(fits, is_text=is_text), BASE).value.size == 65_536
    with pytest.raises(InvalidChange, match="65,537 bytes"):
        apply_edit(edit(over, is_text=is_text), BASE)


@pytest.mark.parametrize("is_text", [True, False])
def test_a_document_with_half_a_character_is_refused(is_text: bool) -> None:
    with pytest.raises(InvalidChange, match="half of a character"):
        apply_edit(edit('{"A": "\ud800"}', is_text=is_text), BASE)


@pytest.mark.parametrize(
    "asked",
    [
        edit(TOKEN="two words here", ISSUER="http://a.test"),
        edit('{"TOKEN": "two words here", "ISSUER": "http://a.test"}'),
    ],
)
def test_values_are_judged_alike_in_changes_and_in_documents(asked: Edit) -> None:
    found = {key: [p.code for p in problems] for key, problems in check_edit(asked, SPEC).items()}
    assert found == {"TOKEN": ["short_token", "blank_inside"], "ISSUER": ["not_https"]}


def test_what_is_removed_or_generated_or_no_document_is_not_judged() -> None:
    assert check_edit(edit(generate=("ISSUER",), TOKEN=None), SPEC) == {}
    assert check_edit(edit("not a document", is_text=True), SPEC) == {}


def test_what_the_lambda_cannot_load_is_refused_in_the_loader_s_words() -> None:
    for asked, words in (
        (edit('{"ISSUER": ["x"]}'), "ISSUER holds a list, and a variable holds text."),
        (edit('{"ISSUER": null}'), "ISSUER holds null, and a variable holds text."),
        (edit(PATH="/x"), "PATH is a variable that Lambda, Python or AWS's tools read themselves"),
        (edit(**{"GOOD ": "x"}), "GOOD  is no name for a variable: letters, digits"),
        (edit(generate=("my-key",)), "my-key is no name for a variable: letters, digits"),
    ):
        with pytest.raises(InvalidChange) as caught:
            ensure_sound(asked, SPEC)
        assert words in caught.value.message
    # The Lambda loads no secret that the catalogue does not know, but a blank is told of there.
    unknown = SecretSpec("other")
    ensure_sound(edit('{"my-key": ["x"]}'), unknown)
    assert [p.code for p in check_edit(edit(**{"GOOD ": "x"}), unknown)["GOOD "]] == [
        "blank_in_name"
    ]


def test_a_key_that_the_catalogue_does_not_know_is_a_warning() -> None:
    [problem] = check_edit(edit(TOKN="x"), SPEC)["TOKN"]
    assert (problem.level, problem.text) == ("warning", "is not in the catalogue")


def test_an_error_refuses_the_edit_and_names_the_key_without_its_value(canary: str) -> None:
    with pytest.raises(InvalidChange) as caught:
        ensure_sound(edit(TOKEN="short", ISSUER=f"http://{canary}"), SPEC)
    assert caught.value.key == "ISSUER"
    assert caught.value.message == "ISSUER is not an https URL."


def test_the_first_fault_of_each_key_says_which_part_of_it_has_to_change() -> None:
    asked = edit(
        generate=("ISSUER", "LD_PRELOAD"), **{"TOKEN": "a b", "my-key": "x\0", "OTHER": "fine"}
    )
    found = [(fault.key, fault.part) for fault in faults_of(asked, SPEC)]
    assert found == [
        ("TOKEN", "value"),
        ("my-key", "name"),
        ("LD_PRELOAD", "name"),
        ("ISSUER", "action"),
    ]
    assert faults_of(asked, SecretSpec("other"))[0].key == "my-key"  # NUL is none anywhere


def test_a_warning_does_not_refuse_the_edit() -> None:
    ensure_sound(edit(TOKEN="short", OTHER=" blank"), SPEC)


def test_edits_overlap_where_both_sides_changed_a_key() -> None:
    base, theirs = (
        facts('{"TOKEN": "a", "ISSUER": "b", "N": "1"}'),
        facts('{"TOKEN": "x", "N": 1, "NEW": "c"}'),
    )

    assert overlapping(edit(TOKEN="y"), base, theirs) == ("TOKEN",)
    assert overlapping(edit(TOKEN="x"), base, theirs) == ("TOKEN",)
    assert overlapping(edit(ISSUER="y"), base, theirs) == ("ISSUER",)  # they removed it
    assert overlapping(edit(NEW="y"), base, theirs) == ("NEW",)  # they added it
    assert overlapping(edit(N="2"), base, theirs) == ("N",)  # they made a number of the text
    assert overlapping(edit(generate=("TOKEN", "OTHER")), base, theirs) == ("TOKEN",)
    assert overlapping(edit(OTHER="y", GONE=None), base, theirs) == ()


def test_a_whole_document_overlaps_with_everything() -> None:
    base, theirs = facts('{"A": "1"}'), facts('{"A": "1", "B": "2"}')
    assert overlapping(edit('{"A": "2"}'), base, theirs) == ("A", "B")
    assert overlapping(edit('{"A": "2"}'), base, facts("{}")) == ("the whole document",)


def test_s04_an_edit_prints_its_secret_and_base_alone(canary: str) -> None:
    asked = edit(canary, TOKEN=canary)
    assert repr(asked) == "Edit('miyabi/dev/api-keys' from v1)"
    assert canary not in f"{asked}{apply_edit(edit(TOKEN=canary), BASE)}"
