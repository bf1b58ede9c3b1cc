"""document: what is no clean JSON object is refused with its position, without its content."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.errors import InvalidDocument
from secrets_ui.domain.secrets.document import parse_document
from tests.domain.strategies import ANY_TEXT, loads, written_documents


def error_of(text: str) -> InvalidDocument:
    with pytest.raises(InvalidDocument) as caught:
        parse_document(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("", 1, 1, "The document is empty"),
        (" \n ", 2, 2, "The document is empty"),
        ('{"a": 1,\n "b" 2}', 2, 6, "A colon is missing"),
        ('{"a": 1\n "b": 2}', 2, 2, "A comma or a closing brace is missing"),
        ('{"a": 1', 1, 8, "A comma or a closing brace is missing"),
        ('{"a": 1,}', 1, 9, "A key in double quotes"),
        ("{'a': 1}", 1, 2, "A key in double quotes"),
        ("{a: 1}", 1, 2, "A key in double quotes"),
        ("{", 1, 2, "A key in double quotes"),
        ('{"a": }', 1, 7, "Expecting value"),
        ('{"a": +1}', 1, 7, "Expecting value"),
        ('{"a": 01}', 1, 8, "A comma or a closing brace is missing"),
        ('{"a": "x\ny"}', 1, 9, "Invalid control character"),
        ('{"a": "\\x"}', 1, 8, "Invalid \\escape"),
        ('{"a": "x}', 1, 7, "Unterminated string"),
        ('{"a', 1, 2, "Unterminated string"),
        ('{"a": [1, }', 1, 11, "Expecting value"),
        ('{"a": NaN}', 1, 7, "NaN is not JSON"),
        ('{"a": [-Infinity]}', 1, 7, "-Infinity is not JSON"),
        ('{"a": 1}\n{"b": 2}', 2, 1, "Something follows"),
        ('{"a": 1} // note', 1, 10, "Something follows"),
        ('\ufeff{"a": 1}', 1, 1, "Expecting value"),
        ("ghp_token", 1, 1, "Expecting value"),
        ('{"a": 1,\n  "b": 2,\n  "a" : 3}', 3, 3, "The key a stands twice"),
        ('{"a": 1, "\\u0061": 3}', 1, 10, "The key a stands twice"),
        ('{"a":\n {"b": 1, "b": 2}}', 2, 2, "The key b stands twice"),
    ],
)
def test_s65_what_is_no_clean_object_is_refused_with_line_and_column(
    text: str, line: int, column: int, said: str
) -> None:
    error = error_of(text)

    assert (error.line, error.column, error.is_json) == (line, column, False)
    assert said in error.message
    assert error.message.endswith(f"(line {line}, column {column}).")


@pytest.mark.parametrize("text", ["[]", " [1, 2]\n", '"text"', "1", "-1.5e3", "true", "null"])
def test_s65_json_that_is_no_object_is_told_as_such(text: str) -> None:
    assert error_of(text).is_json


@pytest.mark.parametrize(
    "text", ["[1", "[1] 2", '"open', "nul", "NaN", "[NaN]", '[{"a":1,"a":2}]', "\ufeff1"]
)
def test_what_only_begins_like_json_is_not_told_as_json(text: str) -> None:
    assert not error_of(text).is_json


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("before", ["", '{"KEY": '])
def test_a_document_nested_too_deeply_is_refused_and_not_a_crash(before: str, opening: str) -> None:
    assert "nested too deeply" in error_of(before + opening * 30_000).message


@given(
    st.one_of(
        ANY_TEXT,
        st.text('{}[]",: \n\\u0123abtrue\ud800', max_size=40),
        written_documents().map(lambda d: d.text[: len(d.text) * 3 // 4]),
    )
)
def test_exactly_the_json_objects_without_repeated_keys_are_taken(text: str) -> None:
    try:
        expected = loads(text)
    except ValueError:
        expected = None
    if isinstance(expected, dict):
        assert parse_document(text).keys() == tuple(expected)
        return
    error = error_of(text)
    assert 1 <= error.line <= text.count("\n") + 1
    assert 1 <= error.column <= len(text) + 1


@pytest.mark.parametrize(
    "text",
    [
        '{"KEY": "%s',
        '{"KEY": "%s" x}',
        '{"KEY": "%s\\x"}',
        "%s",
        '["%s"]',
        '{"KEY": "%s"} x',
        '{"KEY": {"a": "%s", "a": 1}}',
    ],
)
def test_s07_an_error_holds_nothing_of_the_document(text: str, canary: str) -> None:
    error = error_of(text.replace("%s", canary))

    shown = "".join(traceback.format_exception(error))
    assert canary not in shown + repr(error) + repr(vars(error))
    assert error.__cause__ is None
    assert error.__context__ is None
