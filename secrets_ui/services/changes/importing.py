"""What an import would do to a secret, key by key, without a value. Writes nothing."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ...domain.changes.edit import Edit
from ...domain.environment import Environment
from ...domain.errors.wording import capitalized
from ...domain.people.actor import Actor
from .review import Review, begin_to_describe, compare_edit
from .review_rows import ReviewRow

Unfit = Sequence[tuple[str, str]]  # keys, and why each cannot be taken


class ImportState(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    EMPTY = "empty"
    SAME = "the same"
    UNFIT = "not valid"
    KEPT = "not in the text"


_LEFT_OUT = "left out"


@dataclass(frozen=True)
class ImportRow:
    """One key of the text or of the secret, masked.

    `take` is its place in the text where it may be taken, and `remove` its place in the secret
    where it may be removed; else None. `is_chosen`: it is taken unless somebody leaves it out;
    `drops` and `adds` are then as in ReviewRow.
    """

    key: str
    state: ImportState
    before: str
    after: str
    level: str
    check: str
    take: int | None = None
    remove: int | None = None
    is_chosen: bool = False
    drops: bool = False
    adds: bool = False


@dataclass(frozen=True)
class ImportReview:
    rows: tuple[ImportRow, ...]

    @property
    def summary(self) -> str:
        """3 new, 2 changed, 1 the same, 4 not in the text"""
        counts = Counter(row.state for row in self.rows)
        return ", ".join(f"{counts[state]} {state}" for state in ImportState if counts[state])


def review_import(
    environment: Environment, actor: Actor, name: str, read: Callable[[], tuple[Edit, Unfit]]
) -> ImportReview:
    """`read` is called while AWS answers: its edit takes every key of the pasted text that is a
    text, and the others come with why they are not.

    Raises what `read` raises; VersionConflict, SecretNotEditable, AwsErrors, AuditUnavailable.
    """
    described = begin_to_describe(environment, actor, name)
    edit, unfit = read()
    review = compare_edit(environment, actor, edit, described)
    rows = (*_taken(edit, review), *_unfit(unfit, review.stored))
    # In the order of what a person has to look at; the keys of a kind stay in their own.
    places = {state: place for place, state in enumerate(ImportState)}
    ordered = sorted(rows, key=lambda row: places[row.state])
    pasted = {row.key for row in rows}
    return ImportReview((*ordered, *_kept(pasted, review.stored)))


def _taken(edit: Edit, review: Review) -> Iterator[ImportRow]:
    changing = {row.key: row for row in review.rows}
    for place, change in enumerate(edit.changes):
        stored = review.stored.get(change.key, "")
        if row := changing.get(change.key):
            yield _changing(row, place, is_new=not stored, is_empty=not change.value)
        else:
            yield ImportRow(change.key, ImportState.SAME, stored, "the same", "mute", "Stays")


def _changing(row: ReviewRow, place: int, *, is_new: bool, is_empty: bool) -> ImportRow:
    if row.level == "bad":
        return ImportRow(row.key, ImportState.UNFIT, row.before, _LEFT_OUT, row.level, row.check)
    if is_empty:
        hint = "Left out unless you tick it"
        return ImportRow(row.key, ImportState.EMPTY, row.before, row.after, "mute", hint, place)
    state = ImportState.NEW if is_new else ImportState.CHANGED
    shown = (row.before, row.after, row.level, row.check)
    return ImportRow(
        row.key, state, *shown, take=place, is_chosen=True, drops=row.drops, adds=row.adds
    )


def _unfit(unfit: Unfit, stored: Mapping[str, str]) -> Iterator[ImportRow]:
    for key, why in unfit:
        before = stored.get(key, "not there")
        yield ImportRow(key, ImportState.UNFIT, before, _LEFT_OUT, "bad", capitalized(why))


def _kept(pasted: set[str], stored: Mapping[str, str]) -> Iterator[ImportRow]:
    for place, (key, before) in enumerate(stored.items()):
        if key not in pasted:
            state = ImportState.KEPT
            yield ImportRow(key, state, before, "kept", "mute", "Stays", remove=place)
