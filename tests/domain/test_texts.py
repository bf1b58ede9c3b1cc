"""What carries any text over a border: into UTF-8, and into a database."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.texts import calls_in_words, capitalized, encodable, is_storable, storable

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_every_text_can_be_encoded_and_stored(text: str) -> None:
    encodable(text).encode("utf-8")
    storable(text).encode("utf-8")
    assert "\x00" not in storable(text)
    assert is_storable(storable(text))


@given(st.recursive(ANY_TEXT, lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner)))
def test_json_stays_the_same_json(document: object) -> None:
    written = json.dumps(document, ensure_ascii=False)
    # Two halves that stand beside each other are one character after any JSON.
    assert json.loads(storable(written)) == json.loads(json.dumps(document))


@pytest.mark.parametrize("text", ["", "plain", "日本語", "😀", "a\r\nb"])
def test_what_can_be_stored_stays_as_it_is(text: str) -> None:
    assert (encodable(text), storable(text), is_storable(text)) == (text, text, True)


@pytest.mark.parametrize(
    ("made", "failed", "words"),
    [
        (6, 0, "6 AWS calls"),
        (1, 0, "1 AWS call"),
        (6, 2, "6 AWS calls, 2 of which failed"),
        (6, 6, "6 AWS calls, all of which failed"),
        (1, 1, "1 AWS call, which failed"),
    ],
)
def test_calls_that_failed_are_not_told_as_read(made: int, failed: int, words: str) -> None:
    assert calls_in_words(made, failed) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the key is gone", "The key is gone"),
        ("secretsmanager:ListSecrets got no answer", "secretsmanager:ListSecrets got no answer"),
        ("note: nothing", "Note: nothing"),
        ("", ""),
    ],
)
def test_a_sentence_begins_with_a_capital_but_for_the_name_of_a_call(text: str, words: str) -> None:
    assert capitalized(text) == words
