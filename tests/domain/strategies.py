"""What hypothesis draws from: JSON objects written in every odd way, and hostile text."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

BLANKS = st.text(" \t\n\r", max_size=3)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)  # lone surrogates too
NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?", fullmatch=True
)


def _escaped(text: str) -> str:
    """Every character as \\uXXXX, which says the same in other bytes."""
    units = text.encode("utf-16-be")
    return (
        '"' + "".join(f"\\u{units[i]:02x}{units[i + 1]:02X}" for i in range(0, len(units), 2)) + '"'
    )


def quoted(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """JSON strings as they may be written: plainly, in ASCII, or escaped throughout."""
    return st.one_of(
        texts.map(lambda t: json.dumps(t, ensure_ascii=False)),
        texts.map(json.dumps),
        texts.map(_escaped),
    )


def _lists(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    parts = st.lists(st.tuples(BLANKS, values, BLANKS).map("".join), min_size=1, max_size=3)
    return st.one_of(
        BLANKS.map(lambda blank: f"[{blank}]"), parts.map(lambda items: f"[{','.join(items)}]")
    )


def _objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    entries = st.dictionaries(st.text(max_size=5), values, min_size=1, max_size=3)
    written = entries.map(
        lambda d: ",".join(f"{json.dumps(key)}:{value}" for key, value in d.items())
    )
    return st.one_of(
        BLANKS.map(lambda blank: f"{{{blank}}}"), written.map(lambda body: f"{{{body}}}")
    )


LEAVES = st.one_of(
    st.sampled_from(["true", "false", "null"]), NUMBERS, quoted(st.text(max_size=20))
)
VALUES = st.recursive(
    LEAVES, lambda values: st.one_of(_lists(values), _objects(values)), max_leaves=8
)


@dataclass(frozen=True)
class Written:
    """A member and how it is written; `source` is its text in the document."""

    key: str
    lead: str
    middle: str
    value: str
    trail: str

    @property
    def source(self) -> str:
        return self.lead + self.middle + self.value + self.trail

    def with_text(self, text: str) -> Written:
        return replace(self, value=json.dumps(text, ensure_ascii=False))


@dataclass(frozen=True)
class WrittenDocument:
    before: str
    members: tuple[Written, ...]
    after: str

    @property
    def text(self) -> str:
        return f"{self.before}{{{','.join(member.source for member in self.members)}}}{self.after}"


@st.composite
def written_documents(draw: st.DrawFn, min_members: int = 0) -> WrittenDocument:
    """A JSON object in an odd layout, with its parts known."""
    keys = draw(st.lists(st.text(max_size=12), min_size=min_members, max_size=5, unique=True))
    members = tuple(
        Written(
            key,
            draw(BLANKS),
            draw(quoted(st.just(key))) + draw(BLANKS) + ":" + draw(BLANKS),
            draw(VALUES),
            draw(BLANKS),
        )
        for key in keys
    )
    return WrittenDocument(draw(BLANKS), members, draw(BLANKS))


def loads(text: str) -> Any:
    """JSON with numbers as they are written; refuses duplicate keys, NaN and Infinity."""
    return json.loads(
        text,
        parse_int=_Number,
        parse_float=_Number,
        parse_constant=_refuse,
        object_pairs_hook=_unique,
    )


class _Number(str):
    """A number as it is written; not the text of the same characters."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Number) and str(self) == str(other)

    __hash__ = str.__hash__


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)
