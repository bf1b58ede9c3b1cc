"""Words that errors, pages and answers share."""

import pytest

from secrets_ui.domain.errors.wording import calls_in_words, capitalized, plural


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


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 keys"), (1, "1 key"), (2, "2 keys"), (1200, "1,200 keys")]
)
def test_one_is_singular_and_all_else_is_not(number: int, words: str) -> None:
    assert plural(number, "key") == words


def test_a_plural_of_its_own_is_given() -> None:
    assert [plural(1, "policy", "policies"), plural(2, "policy", "policies")] == [
        "1 policy",
        "2 policies",
    ]
