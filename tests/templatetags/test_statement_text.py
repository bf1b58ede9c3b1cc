"""A statement as text: it stays the same JSON, and what fails is marked and nothing else."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.access.finding import Shown
from secrets_ui.templatetags.statement_text import statement_lines

TEXT = st.text(max_size=30)
VALUE = TEXT | st.lists(TEXT, max_size=6)
CONDITION = st.dictionaries(TEXT, st.dictionaries(TEXT, VALUE, max_size=3), max_size=3)
STATEMENT: dict[str, Any] = {
    "Sid": "LambdaDecryptsThroughSecretsManager",
    "Effect": "Allow",
    "Action": ["kms:Decrypt"],
    "Condition": {
        "StringEquals": {"kms:ViaService": "elsewhere", "kms:CallerAccount": "111111111111"},
        "Bool": {"aws:SecureTransport": "true"},
    },
}


def shown(document: dict[str, Any], marked: str = "", *unmet: tuple[str, str]) -> Shown:
    return Shown("policy", "key policy", document, marked, unmet=unmet)


def marked_lines(of: Shown) -> list[str]:
    return [text.strip() for text, is_marked in statement_lines(of) if is_marked]


def test_of_a_condition_only_the_key_that_fails_is_marked() -> None:
    of = shown(STATEMENT, "Condition", ("StringEquals", "kms:ViaService"))
    assert marked_lines(of) == ['"kms:ViaService": "elsewhere",']


def test_the_same_key_under_another_operator_is_not_marked() -> None:
    of = shown(
        STATEMENT, "Condition", ("StringLike", "kms:ViaService"), ("Bool", "aws:SecureTransport")
    )
    assert marked_lines(of) == ['"aws:SecureTransport": "true"']


def test_a_member_that_fails_is_marked_as_a_whole() -> None:
    assert marked_lines(shown(STATEMENT, "Action")) == ['"Action": ["kms:Decrypt"],']


@given(condition=CONDITION, action=VALUE, data=st.data())
def test_it_stays_the_same_json_and_each_failing_key_is_marked(
    condition: dict[str, Any], action: Any, data: st.DataObject
) -> None:
    document = {"Effect": "Deny", "Action": action, "Condition": condition}
    pairs = [(operator, key) for operator, keys in condition.items() for key in keys]
    unmet = data.draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    lines = statement_lines(shown(document, "Condition", *unmet))
    assert json.loads("\n".join(text for text, _ in lines)) == document
    assert sum(is_marked for _, is_marked in lines) == (len(unmet) or 1)
