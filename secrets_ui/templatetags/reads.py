"""Words and chart of the page that says who read a secret: `{% load reads %}`."""

from collections.abc import Iterable

from django import template

from ..domain.environment import Environment
from ..models import TrailCall
from ..services.usage.reads import Reader, Reads
from .chart import GAP, HEADING, PLOT, Chart, panel_of, ticks_of
from .console import plural

register = template.Library()
_ROWS = 5  # readers with bars of their own
_LONGEST = 46  # letters of a reader's name above its bars


@register.filter
def reads_chart(found: Reads) -> Chart:
    """A row of bars for each of the first readers, and one for all others together."""
    readers = [reader for reader in found.readers if reader.reads]
    rows = [(_kind(reader), reader.name, [reader]) for reader in readers[:_ROWS]]
    if others := readers[_ROWS:]:
        rows.append(("reads", plural(len(others), "other reader,other readers"), others))
    panels = tuple(
        panel_of(kind, _short(title), number, found.dates, _counts(found, of))
        for number, (kind, title, of) in enumerate(rows)
    )
    below = len(panels) * (HEADING + PLOT + GAP)
    return Chart(panels, (), ticks_of(found.dates), below, 0)


def _kind(reader: Reader) -> str:
    """Which colour of the chart of reads it has."""
    return "errors" if reader.is_stranger else "accesses" if reader.stands_out else "reads"


def _short(name: str) -> str:
    """The end of a name tells more than its begin."""
    return name if len(name) <= _LONGEST else f"…{name[1 - _LONGEST :]}"


def _counts(found: Reads, readers: Iterable[Reader]) -> list[int | None]:
    """None on days of which nothing is known."""
    since, until = found.coverage.since, found.coverage.until
    if since is None or until is None:
        return [None] * found.days
    readers = list(readers)
    return [
        sum(reader.days.get(day, 0) for reader in readers)
        if since.date() <= day <= until.date()
        else None
        for day in found.dates
    ]


@register.filter
def reads_headline(found: Reads) -> str:
    """How many read it, how many of them are from outside, and how many are new; of days that are
    not all known no number is all of them.
    """
    read = [reader for reader in found.readers if reader.reads]
    outside = sum(1 for reader in read if reader.is_stranger)
    new = sum(1 for reader in read if reader.is_new)
    if not read and not found.is_whole:
        return f"Who read it in {found.days} days is not known{' yet' if found.is_unknown else ''}"
    least = "" if found.is_whole else "At least "
    text = f"{least}{plural(len(read), 'reader,readers')} in {found.days} days"
    marks = [f"{outside} from outside the account"] if outside else []
    marks += [f"{new} new"] if new else []
    return f"{text}: {' and '.join(marks)}" if marks else text


@register.filter
def call_word(call: TrailCall) -> str:
    """A refused call, with AWS's word for why."""
    return f"{call.event}: {call.error}"


@register.filter
def is_outside(call: TrailCall, environment: Environment) -> bool:
    return bool(environment.other_account(call.account))
