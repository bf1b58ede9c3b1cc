"""Tags as they are typed."""

import pytest

from secrets_ui.forms.managing import TagForm


@pytest.mark.parametrize("text", ["", "a b", " é+-=._:/@ ", "a\u3000b", "a\u00a0b", "1²"])
def test_a_tag_takes_letters_digits_blanks_and_some_signs(text: str) -> None:
    assert TagForm({"name": "Team", "value": text}).is_valid()


@pytest.mark.parametrize("text", ["a\t", "a\r\nb", "a\x1fb", "<b>", "a,b", "\u200b"])
def test_what_is_none_of_these_is_told_at_its_field(text: str) -> None:
    assert list(TagForm({"name": "Team", "value": text}).errors) == ["value"]
