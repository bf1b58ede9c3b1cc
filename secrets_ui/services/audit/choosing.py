"""Which lines of the log a filter chooses, by its index (models/audit_index.py).

No question that the filter can ask reads the records themselves, or sorts what it found.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from django.db import OperationalError
from django.db.models import Exists, F, Max, Min, OuterRef, QuerySet

from ...domain.audit.actions import OPEN, Outcome
from ...domain.errors import ConsoleError
from ...domain.texts import storable
from ...models import AuditEntry, AuditStretch, AuditWord
from .index import STRETCH, digest
from .new_record import as_stored

# The filter's names of the columns that it takes a whole word of.
_WHOLE = {"person": "actor", "action": "action", "outcome": "outcome"}
# Numbers that a query lists one by one; PostgreSQL looks them up faster than it joins them.
_LISTED = 1000
# Lines that are sorted in no time.
_FEW = 2000
# People whose names the filter suggests.
_SUGGESTED = 200


class SearchTooLong(ConsoleError):
    """A search of the audit log that its time was over for."""

    status = 503
    title = "The search took too long"
    remedy = "Name a shorter time, a person or an action as well."

    def __init__(self) -> None:
        super().__init__("It was given up, so that others need not wait.")


@contextmanager
def in_time() -> Iterator[None]:
    """Raises SearchTooLong where the database has given a read up (see settings)."""
    try:
        yield
    except OperationalError as error:
        # SQLite's word, and PostgreSQL's query_canceled.
        if str(error) == "interrupted" or getattr(error.__cause__, "sqlstate", "") == "57014":
            raise SearchTooLong from None
        raise


def choose(filters: Mapping[str, str], visible: Iterable[str]) -> QuerySet[AuditEntry]:
    """Lines in no order. `visible` are the environments whose records the person may see; records
    without an environment are shown to all who may see any."""
    shown = _shown(visible, filters.get("environment", ""))
    entries = _in(shown)
    for name, column in _WHOLE.items():
        if text := filters.get(name):
            word = digest(column, storable(text))
            number = AuditWord.objects.filter(digest=word).values_list("id", flat=True).first()
            entries = entries.filter(**{column: number}) if number else entries.none()
    if text := filters.get("secret"):
        entries = _holding(entries, "secret", storable(text), shown)
    if key := filters.get("key"):
        entries = _holding(entries, "keys", as_stored(key), shown)
    return _in_time(entries, filters.get("after", ""), filters.get("before", ""))


def _shown(visible: Iterable[str], chosen: str) -> list[int] | None:
    """The numbers of the environments that are asked for; None where that is all of them."""
    names = {*visible, ""} & ({chosen} if chosen else {*visible, ""})
    words = AuditWord.objects.filter(column="environment").values_list("text", "id")
    numbers = [number for text, number in words if text in names]
    return None if len(numbers) == len(words) else numbers


def _in(shown: list[int] | None) -> QuerySet[AuditEntry]:
    lines = AuditEntry.objects.all()
    return lines if shown is None else lines.filter(environment__in=shown)


def _holding(
    lines: QuerySet[AuditEntry], column: str, part: str, shown: list[int] | None
) -> QuerySet[AuditEntry]:
    """Lines with a word that holds this text.

    Few lines are looked up one by one. Many are met soon on the way from the newest to the oldest;
    the sum keeps the database from collecting and sorting them first.
    """
    words = AuditWord.objects.filter(column=column, text__contains=part)
    if shown is not None:
        words = words.filter(Exists(_in(shown).filter(**{column: OuterRef("id")})))
    numbers = list(words.values_list("id", flat=True)[: _LISTED + 1])
    if len(numbers) <= _LISTED:
        some = AuditEntry.objects.filter(**{f"{column}__in": numbers}).order_by()
        few = list(some.values_list("sequence", flat=True)[: _FEW + 1])
        if len(few) <= _FEW:
            return lines.filter(sequence__in=few)
    wanted = words.values("id") if len(numbers) > _LISTED else numbers
    return lines.alias(**{f"{column}_word": F(f"{column}_id") + 0}).filter(
        **{f"{column}_word__in": wanted}
    )


def _in_time(entries: QuerySet[AuditEntry], after: str, before: str) -> QuerySet[AuditEntry]:
    """By the stretches of the log first: whatever is asked for stands between two records."""
    stretches = AuditStretch.objects.all()
    if after:
        entries = entries.filter(at__gte=_instant(after))
        stretches = stretches.filter(latest__gte=_instant(after))
    if before:
        entries = entries.filter(at__lt=_instant(before))
        stretches = stretches.filter(earliest__lt=_instant(before))
    if not (after or before):
        return entries
    ends = stretches.aggregate(first=Min("number"), last=Max("number"))
    if ends["first"] is None:
        return entries.none()
    return entries.filter(
        sequence__gte=ends["first"] * STRETCH, sequence__lt=(ends["last"] + 1) * STRETCH
    )


def _instant(text: str) -> str:
    return text.rstrip("Z").replace(" ", "T")


def choices(visible: Iterable[str]) -> dict[str, list[str]]:
    """What the filter's lists offer: the people and actions that the log holds, and the
    outcomes."""
    lines = _in(_shown(visible, ""))
    return {
        "people": _found("actor", lines),
        "actions": _found("action", lines),
        "outcomes": [*Outcome, OPEN],
    }


def _found(column: str, lines: QuerySet[AuditEntry]) -> list[str]:
    words = AuditWord.objects.filter(column=column)
    there = words.filter(Exists(lines.filter(**{column: OuterRef("id")})))
    return list(there.order_by("text").values_list("text", flat=True)[:_SUGGESTED])
