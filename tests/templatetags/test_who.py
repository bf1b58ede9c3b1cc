"""The marks of who-can-read: each says one thing, with words that say the same."""

import pytest

from secrets_ui.domain.access.answers import Kind, Row
from secrets_ui.domain.access.reach import Ability, Verdict
from secrets_ui.templatetags.who import who_state
from secrets_ui.templatetags.why import truth_level


def row(*, can: bool | None, is_expected: bool = False, kind: Kind = Kind.ROLE) -> Row:
    return Row(kind, "arn", "1", is_expected, dict.fromkeys(Ability, Verdict(can)))


@pytest.mark.parametrize(
    ("found", "level", "word"),
    [
        (row(can=True, is_expected=True), "ok", "Yes"),
        (row(can=True), "warn", "Yes, unexpected"),
        (row(can=True, kind=Kind.OUTSIDE), "bad", "Yes, unexpected"),
        (row(can=False, is_expected=True), "bad", "No, though expected"),
        (row(can=None), "mute", "Cannot be told"),
        (row(can=None, is_expected=True), "mute", "Cannot be told"),
    ],
)
def test_a_mark_says_whether_the_answer_is_the_expected_one(
    found: Row, level: str, word: str
) -> None:
    shown = who_state(found, Ability.READ)
    assert f'class="st {level}"' in shown
    assert shown.endswith(f"</svg>{word}</span>")


def test_a_no_that_nobody_minds_has_no_mark() -> None:
    plain = '<span class="dim">No</span>'
    assert who_state(row(can=False), Ability.READ) == plain
    assert who_state(row(can=False, is_expected=True), Ability.DELETE) == plain


def test_an_explained_answer_is_marked_as_its_calls_are() -> None:
    assert [truth_level(can) for can in (True, False, None)] == ["ok", "bad", "mute"]
