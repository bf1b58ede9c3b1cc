"""Compares the log's index with the records that it was made from.

A record that the index hides, or shows as something else, would be missed on the audit page while
the chain holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from django.db.models import Max

from ...domain.audit.actions import OPEN, Phase
from ...domain.audit.chain import FIELDS, Break
from ...models import AuditEntry, AuditStretch, AuditWord
from .reading import read_in_order

_SAYS = (
    "Record {} is not as the search of the audit log has it. The chain tells the truth; "
    "docs/operations.md says how to rebuild the search's index."
)
# The columns of a line, but for its outcome.
_COLUMNS = ("environment", "actor", "action", "secret", "keys")
_SEQUENCE, _PHASE, _OUTCOME, _INTENT = map(FIELDS.index, ("sequence", "phase", "outcome", "intent"))
_texts = itemgetter(*(FIELDS.index(name) for name in ("at", *_COLUMNS)))
Row = Sequence[Any]


@dataclass
class Compared:
    """What a run of records says of its index; those of neighbouring runs add up.

    `claimed` are the outcomes that the index says of intents, until a record says the same; `later`
    those of intents that stand before the run, or that had one before.
    """

    wrong: set[int] = field(default_factory=set)
    claimed: dict[str, str] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)

    def end(self, intent: str, outcome: str) -> None:
        """Of two outcomes the last counts."""
        said = self.claimed.get(intent)
        if said is None:
            self.later[intent] = outcome
        elif said == OPEN:
            self.wrong.add(int(intent))
        elif said == outcome:
            del self.claimed[intent]

    def add(self, following: Compared) -> None:
        for intent, outcome in following.later.items():
            self.end(intent, outcome)
        self.wrong |= following.wrong
        self.claimed |= following.claimed

    def breaks(self) -> list[Break]:
        """When all records were compared."""
        wrong = self.wrong | {int(intent) for intent, said in self.claimed.items() if said != OPEN}
        again = AuditEntry.objects.filter(sequence__in=map(int, self.later))
        for sequence, said in again.values_list("sequence", "outcome__text"):
            if said != self.later[str(sequence)]:
                wrong.add(sequence)
        return [Break(sequence, _SAYS.format(sequence)) for sequence in sorted(wrong)]


class Comparing:
    """Compares the records after one sequence and up to another, as they are passed on."""

    def __init__(self, after: int | None, upto: int | None) -> None:
        self.found = Compared()
        self._head = AuditStretch.objects.aggregate(head=Max("last"))["head"] or 0
        self._words: dict[int, str] = dict(AuditWord.objects.values_list("id", "text"))
        columns = ("sequence", "outcome_id", "at", *(f"{name}_id" for name in _COLUMNS))
        self._lines = read_in_order(AuditEntry._meta.db_table, columns, after, upto)
        self._line = next(self._lines, None)

    def pass_on(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            # SQLite takes any type into any column.
            if isinstance(row[_SEQUENCE], int) and row[_SEQUENCE] <= self._head:
                self._compare(row)
            yield row
        while self._line:
            self._skip()

    def _compare(self, row: Row) -> None:
        if row[_PHASE] == Phase.OUTCOME:
            self.found.end(str(row[_INTENT]), row[_OUTCOME])
            return
        while self._line and self._line[0] < row[_SEQUENCE]:
            self._skip()
        if not self._line or self._line[0] != row[_SEQUENCE]:
            self.found.wrong.add(row[_SEQUENCE])
            return
        sequence, outcome, at, *words = self._line
        self._line = next(self._lines, None)
        said = self._words.get(outcome, "")
        if (at, *map(self._words.get, words)) != _texts(row):
            self.found.wrong.add(sequence)
        elif row[_PHASE] == Phase.INTENT:
            self.found.claimed[str(sequence)] = said
        elif said != row[_OUTCOME]:
            self.found.wrong.add(sequence)

    def _skip(self) -> None:
        """A line that no record stands behind."""
        if self._line:
            self.found.wrong.add(self._line[0])
        self._line = next(self._lines, None)
