"""What carries any text over a border: into UTF-8, and into a database."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.texts import encodable, is_storable, storable

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
