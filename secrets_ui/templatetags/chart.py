"""The chart of reads and errors as numbers, for a template to draw.

Widths are parts of the whole and heights are pixels, so that the drawing fits any width and its
letters stay as large as all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ..domain.access.evidence import Known
from ..domain.usage.alarm import STATE_WORDS, Alarm, AlarmState
from ..domain.usage.usage import DAYS, Usage

HEADING, PLOT, GAP, LANE, AXIS = 22, 56, 20, 30, 24  # pixels
_INSET = 0.14  # of a day's width, left free on both sides of its bar
_LAST = 0.993  # where an alarm's line ends at the latest, so that its round end is not cut off
_LANES = 6  # alarms that are drawn; the table has all


@dataclass(frozen=True)
class Bar:
    """`text` says what it stands for. `is_open`: the day is not over."""

    x: str
    width: str
    y: float
    height: float
    text: str
    is_open: bool = False


@dataclass(frozen=True)
class Panel:
    """One row of bars. `gaps` are days without a data point; `top` is the count at its top."""

    kind: str
    title: str
    y: int
    bars: tuple[Bar, ...]
    gaps: tuple[Bar, ...]
    top: int

    @property
    def title_y(self) -> int:
        return self.y + 14

    @property
    def ceiling(self) -> int:
        return self.y + HEADING

    @property
    def floor(self) -> int:
        return self.ceiling + PLOT

    @property
    def middle(self) -> int:
        return self.ceiling + PLOT // 2 + 4


@dataclass(frozen=True)
class Lane:
    """An alarm on the same axis, from when it came into its state until now."""

    name: str
    state: AlarmState
    y: int
    x: str
    end: str
    text: str

    @property
    def line_y(self) -> int:
        return self.y + 20

    @property
    def title_y(self) -> int:
        return self.y + 12


@dataclass(frozen=True)
class Tick:
    x: str
    text: str
    is_minor: bool
    anchor: str = "middle"


@dataclass(frozen=True)
class Chart:
    panels: tuple[Panel, ...]
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    axis_y: int
    more_alarms: int

    @property
    def height(self) -> int:
        return self.axis_y + AXIS

    @property
    def tick_y(self) -> int:
        return self.axis_y + 17


def chart_of(usage: Usage) -> Chart:
    days = usage.days
    series = (
        ("reads", "Reads in the whole account", [day.reads for day in days]),
        ("accesses", f"Reads of {usage.environment.prefix}", [day.accesses for day in days]),
        ("errors", f"Failed reads of {usage.environment.prefix}", [day.errors for day in days]),
    )
    dates = [day.date for day in days]
    panels = tuple(
        panel_of(kind, title, number, dates, counts)
        for number, (kind, title, counts) in enumerate(series)
    )
    alarms = usage.alarms.value if isinstance(usage.alarms, Known) else ()
    below = len(series) * (HEADING + PLOT + GAP)
    lanes = tuple(
        _lane(alarm, below + number * LANE, dates[0], usage.read_at)
        for number, alarm in enumerate(_worst_first(alarms)[:_LANES])
    )
    return Chart(
        panels, lanes, ticks_of(dates), below + len(lanes) * LANE, max(0, len(alarms) - _LANES)
    )


def nice_top(most: int) -> int:
    """The round number above, for the line at the top: 1, 2 or 5 with noughts."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step >= most:
                return factor * step
        step *= 10


def panel_of(
    kind: str, title: str, number: int, dates: Sequence[date], counts: Sequence[int | None]
) -> Panel:
    """The `number`-th row of bars from above, of a day each; the last day is not over."""
    y, days = number * (HEADING + PLOT + GAP), len(dates)
    top = nice_top(max((count for count in counts if count is not None), default=1))
    bars: list[Bar] = []
    gaps: list[Bar] = []
    for place, (day, count) in enumerate(zip(dates, counts, strict=True)):
        height = 2.0 if count is None else max(PLOT * count / top, 1.0)
        is_open = place == days - 1
        so_far = " so far" if is_open and count is not None else ""
        bar = Bar(
            x=_percent((place + _INSET) / days),
            width=_percent((1 - 2 * _INSET) / days),
            y=round(y + HEADING + PLOT - height, 1),
            height=round(height, 1),
            text=f"{_day(day)}: {'no data' if count is None else f'{count:,}'}{so_far}",
            is_open=is_open,
        )
        (gaps if count is None else bars).append(bar)
    return Panel(kind, title, y, tuple(bars), tuple(gaps), top)


def _worst_first(alarms: Sequence[Alarm]) -> list[Alarm]:
    order = ("ALARM", "INSUFFICIENT_DATA", "OK")
    return sorted(alarms, key=lambda alarm: (order.index(alarm.state), alarm.name))


def _lane(alarm: Alarm, y: int, first: date, now: datetime) -> Lane:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    begins = _percent(_place(min(alarm.since or now, now), start))  # clocks differ
    since = (
        f"since {_day(alarm.since.astimezone(UTC).date())}"
        if alarm.since
        else "since when is not known"
    )
    return Lane(
        alarm.name,
        alarm.state,
        y,
        begins,
        _percent(_place(now, start)),
        f"{alarm.name}: {STATE_WORDS[alarm.state]} {since}",
    )


def _place(at: datetime, start: datetime) -> float:
    return min(_LAST, max(0.0, (at - start) / timedelta(days=DAYS)))


def ticks_of(dates: Sequence[date]) -> tuple[Tick, ...]:
    """Ticks a week apart, or four where there are many, back from today; every other one is minor.
    The outer two stay inside.
    """
    days = len(dates)
    step = 7 if days <= DAYS else 28
    numbers = range(days - 1 - step, -1, -step)
    found = [Tick(_percent((days - _INSET) / days), "today", False, "end")]
    for weeks, number in enumerate(numbers, start=1):
        is_first = number < step
        x = (number + (_INSET if is_first else 0.5)) / days
        found.append(
            Tick(
                _percent(x), _day(dates[number]), bool(weeks % 2), "start" if is_first else "middle"
            )
        )
    return tuple(reversed(found))


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _percent(part: float) -> str:
    return f"{100 * part:.3f}%"
