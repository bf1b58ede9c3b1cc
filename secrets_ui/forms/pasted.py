"""Keys and values out of a pasted text: a `.env`, or a JSON object or a part of one.

An error tells lines alone: what cannot be read may be part of a value.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from dotenv.parser import Binding, Error, Reader, parse_binding

from ..domain.errors import InvalidDocument
from ..domain.secrets.document import Change, Document, parse_document
from ..domain.secrets.facts import text_of
from ..domain.secrets.loading import value_problem
from ..domain.secrets.secret_value import SecretValue

_BYTE_ORDER_MARK = "\ufeff"
_LINES_TOLD = 10
# python-dotenv looks for a comment in time that grows with the square of such a run: 64 KB of
# blanks took it six seconds.
MOST_BLANKS = 1_000
_TOO_BLANK = re.compile(rf"[^\S\n]{{{MOST_BLANKS + 1}}}")


@dataclass(frozen=True, repr=False)
class Pasted:
    """Each key of the text once: with its text, "" included, or why it has none.

    `unfit` holds sentences that follow the key's name, without any value.
    """

    changes: tuple[Change, ...]
    unfit: tuple[tuple[str, str], ...] = ()

    @property
    def filled(self) -> tuple[Change, ...]:
        """Those with a text: KEY= is a template's line more often than somebody's wish."""
        return tuple(change for change in self.changes if change.value)


def parse_pasted(pasted: SecretValue) -> Pasted:
    """The keys in the text. JSON begins with a brace, a bracket or a double quote.

    Raises InvalidDocument, with the first line that cannot be read, counted from 1.
    """
    text = pasted.reveal().removeprefix(_BYTE_ORDER_MARK)
    return _from_json(text) if text.lstrip()[:1] in ("{", "[", '"') else _from_dotenv(text)


def _from_json(text: str) -> Pasted:
    """A number, true and false are taken as they are spelled: so does the Lambda's variable."""
    changes, unfit = [], []
    for member in _object_in(text).members:
        found, kind = text_of(member)
        if kind != "string" and (why := value_problem(kind)):
            unfit.append((member.key, why))
        else:
            changes.append(Change(member.key, SecretValue(found)))
    return Pasted(tuple(changes), tuple(unfit))


def _object_in(text: str) -> Document:
    """The object, whose braces and last comma may have been left behind when it was copied."""
    is_opened = text.lstrip()[:1] in ("{", "[")
    opened = text if is_opened else "{" + text
    try:
        return parse_document(opened)
    except InvalidDocument as error:
        with suppress(InvalidDocument):
            return parse_document(opened.rstrip().removesuffix(",") + "}")
        if is_opened:
            raise
        # The column would count a brace that nobody typed.
        line = error.line
    raise _unreadable(f"It is no part of a JSON object, nor a .env (line {line}).", line)


def _from_dotenv(text: str) -> Pasted:
    if found := _TOO_BLANK.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _unreadable(f"Line {line} holds more than {MOST_BLANKS:,} blanks in a row.", line)
    bindings = [item for item in parse_bindings(text) if _says_something(item)]
    _ensure_readable(bindings)
    _ensure_once(bindings)
    return Pasted(tuple(Change(str(b.key), SecretValue(b.value or "")) for b in bindings))


def parse_bindings(text: str) -> Iterator[Binding]:
    """As `dotenv.parser.parse_stream`, which takes half of its time to look for line breaks."""
    reader = _Reader(io.StringIO(text, newline=""))
    while reader.has_next():
        yield parse_binding(reader)


class _Reader(Reader):
    """Looks for line breaks only where there are some."""

    def read_regex(self, regex: re.Pattern[str]) -> Sequence[str]:
        match = regex.match(self.string, self.position.chars)
        if match is None:
            raise Error("read_regex: Pattern not found")
        taken = match[0]
        self.position.chars += len(taken)
        if "\n" in taken or "\r" in taken:
            self.position.line += _breaks(taken)
        return match.groups()


def _says_something(binding: Binding) -> bool:
    """Comments and blank lines are bindings too."""
    return binding.error or binding.key is not None


def _ensure_readable(bindings: Iterable[Binding]) -> None:
    """A line that cannot be read is often the second of a value without quotes, so nothing of the
    text is taken: the value before it would be cut off."""
    bad = [_lines_of(binding) for binding in bindings if binding.error or binding.value is None]
    if not bad:
        return
    told = [f"{first}" if first == last else f"{first}–{last}" for first, last in bad]
    more = f" and {len(told) - _LINES_TOLD} more" if len(told) > _LINES_TOLD else ""
    is_one = len(told) == 1 and bad[0][0] == bad[0][1]
    raise _unreadable(
        f"{'Line' if is_one else 'Lines'} {', '.join(told[:_LINES_TOLD])}{more}: KEY=value is "
        "expected, and quotes around a value of several lines. Nothing was taken.",
        bad[0][0],
    )


def _ensure_once(bindings: Sequence[Binding]) -> None:
    firsts: dict[str, Binding] = {}
    for binding in bindings:
        first = firsts.setdefault(str(binding.key), binding)
        if first is not binding:
            (line, _), (again, _) = _lines_of(first), _lines_of(binding)
            raise _unreadable(f"Lines {line} and {again} set the same key. Keep one.", again)


def _lines_of(binding: Binding) -> tuple[int, int]:
    """The first and the last line of a binding; the blank lines before it count as part of it."""
    source = binding.original.string
    blank = source[: len(source) - len(source.lstrip())]
    first = binding.original.line + _breaks(blank)
    return first, first + _breaks(source[len(blank) :].rstrip("\r\n"))


_BREAK = re.compile(r"\r\n|\n|\r")


def _breaks(text: str) -> int:
    return len(_BREAK.findall(text))


def _unreadable(message: str, line: int) -> InvalidDocument:
    return InvalidDocument(message, line=line, column=1)
