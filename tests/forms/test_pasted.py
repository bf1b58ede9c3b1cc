"""pasted: keys out of a .env or JSON; what cannot be read is told by its line alone."""

import io
import json
import re

import pytest
from dotenv.parser import parse_stream
from hypothesis import assume, given
from hypothesis import strategies as st

from secrets_ui.domain.errors import InvalidDocument
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.forms.pasted import MOST_BLANKS, Pasted, parse_bindings, parse_pasted
from tests.domain.strategies import ANY_TEXT

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)


def parse(text: str) -> Pasted:
    return parse_pasted(SecretValue(text))


def values(text: str) -> dict[str, str]:
    return {c.key: c.value.reveal() for c in parse(text).changes if c.value is not None}


def refusal(text: str) -> InvalidDocument:
    with pytest.raises(InvalidDocument) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("K=plain", "plain"),
        ("export K=plain", "plain"),
        ("  K = around  ", "around"),
        ("K=a b # a comment", "a b"),
        ("K=a#b", "a#b"),
        ("K='a # b'", "a # b"),
        ('K="a\\nb"', "a\nb"),
        ("K='a\\nb'", "a\\nb"),
        ('K="one\n two\n"', "one\n two\n"),
        ("K=$HOME/${X:-y}", "$HOME/${X:-y}"),
        ('K="${X}"', "${X}"),
        ("K=", ""),
        ("K=''", ""),
        ("K=a=b==", "a=b=="),
        ("\ufeffK=v\r", "v"),
    ],
)
def test_a_line_of_a_env_is_read_as_python_dotenv_reads_it_without_interpolation(
    line: str, value: str
) -> None:
    assert values(f"{line}\n\n# a comment\nLAST=1\n") == {"K": value, "LAST": "1"}


@given(
    st.lists(
        st.sampled_from(
            (
                *(
                    "A=1",
                    "export B = 'x\\'y' # c",
                    'C="two',
                    'lines"',
                    "\ufeff",
                    "# note",
                    "D",
                    "=",
                    "'q k'=v",
                ),
                *("E= # none", 'F="\\n"', "\r", "\n", "\r\n", " ", "\t", "\u2028", "\x0b", "é='ü"),
            )
        )
    ).map("".join)
    | st.text()
)
def test_bindings_are_those_of_python_dotenv_with_their_lines(text: str) -> None:
    """Its reader is replaced by a quicker one."""
    assert list(parse_bindings(text)) == list(parse_stream(io.StringIO(text, newline="")))


def test_what_has_no_text_is_left_to_the_filled() -> None:
    pasted = parse("A=1\nB=\nC=''\n")
    assert [change.key for change in pasted.changes] == ["A", "B", "C"]
    assert [change.key for change in pasted.filled] == ["A"]


@pytest.mark.parametrize(
    ("text", "lines", "first"),
    [
        ("A=1\n\nhunter2\n", "Line 3:", 3),
        ("A=1\nhunter2 hunter2\nB=2\nhunter2", "Lines 2, 4:", 2),
        ('A="hunter2\nB=2\nC="3"\n', "Lines 1–3:", 1),
        ("A='hunter2", "Line 1:", 1),
        ("KEY=-----BEGIN KEY-----\nhunter2\n-----END KEY-----\n", "Lines 2, 3:", 2),
        ("hunter2\n" * 40, "Lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 30 more:", 1),
        ("A=1\nB=2\nA=hunter2\n", "Lines 1 and 3 set the same key.", 3),
    ],
)
def test_what_cannot_be_read_is_told_by_its_line_and_nothing_is_taken(
    text: str, lines: str, first: int
) -> None:
    error = refusal(text)
    assert error.message.startswith(lines)
    assert (error.line, error.column) == (first, 1)
    assert "hunter2" not in repr(error) + error.message


def test_blanks_that_would_take_seconds_are_refused_by_their_line() -> None:
    assert values(f"A=x{' ' * MOST_BLANKS}y")["A"][-1] == "y"
    assert refusal(f"A=1\nB=x{' ' * 60_000}y").line == 2


@pytest.mark.parametrize(
    "text",
    [
        '{"A": "1", "B": "2"}',
        '  {"A": "1", "B": "2",',
        '"A": "1",\n"B": "2"',
        '"A": "1",\n"B": "2",\n',
        '"A": "1", "B": "2"}',
        '\ufeff{"A": "1", "B": "2"}',
    ],
)
def test_json_may_be_a_part_of_an_object(text: str) -> None:
    assert values(text) == {"A": "1", "B": "2"}


def test_what_json_holds_besides_texts_is_spelled_out_or_does_not_fit() -> None:
    pasted = parse('{"N": 1.10, "T": true, "Z": null, "L": ["hunter2"], "O": {}}')
    assert {c.key: c.value and c.value.reveal() for c in pasted.changes} == {
        "N": "1.10",
        "T": "true",
    }
    assert [key for key, _ in pasted.unfit] == ["Z", "L", "O"]
    assert "hunter2" not in str(pasted.unfit)
    assert dict(pasted.unfit)["L"] == "holds a list, and a variable holds text"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"A": "1",\n"B": hunter2}', 2),
        ('"A": "1",\n"B": hunter2', 2),
        ('["hunter2"]', 1),
        ('"hunter2"', 1),
        ('{"A": "1"} hunter2', 1),
        ('{"A": "hunter2", "A": "2"}', 1),
    ],
)
def test_json_that_cannot_be_read_is_told_by_its_line(text: str, line: int) -> None:
    error = refusal(text)
    assert error.line == line
    assert "hunter2" not in error.message


@given(st.dictionaries(NAMES, ANY_TEXT, min_size=1, max_size=6))
def test_each_text_comes_out_of_json_and_of_quotes_as_it_went_in(held: dict[str, str]) -> None:
    assert values(json.dumps(held)) == held
    assume(not any(re.search(rf"[^\S\n]{{{MOST_BLANKS}}}", text) for text in held.values()))
    written = "".join(
        "{}='{}'\n".format(key, text.replace("\\", "\\\\").replace("'", "\\'"))
        for key, text in held.items()
    )
    assert values(written) == held


@given(ANY_TEXT)
def test_whatever_stands_before_a_bad_line_it_is_refused_without_being_repeated(text: str) -> None:
    canary = "c4n4ry"
    error = refusal(f"{text}\n\n{canary} {canary}\n{canary}\n")
    assert canary not in error.message
    assert error.line >= 1
