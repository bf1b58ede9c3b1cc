"""What an environment's secrets cost: this month so far, and the whole month as expected.

Unknown is never zero.
"""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from ..errors.wording import plural

# The number of calls that one price is for.
_CALLS = 10_000


@dataclass(frozen=True)
class Prices:
    """US dollars.

    A secret a month, 10,000 calls, a customer key of AWS KMS a month. AWS bills secrets and keys by
    the hour. https://aws.amazon.com/secrets-manager/pricing/ and
    https://aws.amazon.com/kms/pricing/
    """

    secret: Decimal
    calls: Decimal
    key: Decimal


@dataclass(frozen=True)
class Month:
    """The calendar month of a moment, in UTC as AWS bills."""

    now: datetime

    @property
    def start(self) -> datetime:
        return self.now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)

    @property
    def end(self) -> datetime:
        return self.start + timedelta(days=self.days)

    @property
    def days(self) -> int:
        return calendar.monthrange(self.now.astimezone(UTC).year, self.now.astimezone(UTC).month)[1]

    @property
    def passed(self) -> Decimal:
        """The part of it that is over, 0 to 1."""
        return self.part(self.start, self.now)

    def part(self, began: datetime, ended: datetime) -> Decimal:
        """The part of the month that lies between two moments, 0 to 1."""
        seconds = (min(ended, self.end) - max(began, self.start)).total_seconds()
        return Decimal(max(0, int(seconds))) / Decimal(self.days * 86_400)


@dataclass(frozen=True)
class Span:
    """How long a secret was there.

    `began` None: since before anybody knows; `ended` None: it still is. A deletion ends it when it
    is asked for: AWS bills no secret that waits for its deletion.
    """

    began: datetime | None
    ended: datetime | None = None


@dataclass(frozen=True)
class Figure:
    """One line of the cost, in US dollars.

    `so_far` and `month` are None where not known. `how` explains the sum, or why it is not known.
    """

    name: str
    so_far: Decimal | None
    month: Decimal | None
    how: str

    @property
    def is_known(self) -> bool:
        return self.so_far is not None and self.month is not None


@dataclass(frozen=True)
class Cost:
    figures: tuple[Figure, ...]

    @property
    def so_far(self) -> Decimal:
        """The sum of what is known: with something unknown, the least that it can be."""
        return sum((figure.so_far or Decimal(0) for figure in self.figures), Decimal(0))

    @property
    def month(self) -> Decimal:
        return sum((figure.month or Decimal(0) for figure in self.figures), Decimal(0))

    @property
    def is_known(self) -> bool:
        return all(figure.is_known for figure in self.figures)

    @property
    def has_any(self) -> bool:
        """Whether anything at all is known."""
        return any(figure.so_far is not None or figure.month is not None for figure in self.figures)

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(figure.name for figure in self.figures if not figure.is_known)


def cost_of_secrets(month: Month, price: Decimal, spans: Sequence[Span]) -> Figure:
    """Each by the hours that it is there; those that are there now are taken to stay."""
    so_far = sum((_part(month, span, month.now) for span in spans), Decimal(0))
    whole = sum((_part(month, span, month.end) for span in spans), Decimal(0))
    there = sum(span.ended is None for span in spans)
    deleted = plural(len(spans) - there, "that was deleted", "that were deleted")
    gone = f", and {deleted}," if there < len(spans) else ""
    how = (
        f"{plural(there, 'secret')}{gone} at {_dollars(price)} a month, by the hour since creation"
    )
    return Figure("Secrets", price * so_far, price * whole, how)


def cost_of_calls(month: Month, price: Decimal, calls: Mapping[date, int]) -> Figure:
    """`calls` by day, as far back as they were asked for; a day without an entry has no data point.

    The rest of the month is taken to be like the average of the whole days since the first that was
    counted.
    """
    if not calls:
        return unknown(
            "Calls",
            "CloudWatch has no data point. "
            "It has none before the first call, and some minutes after it.",
        )
    today = month.now.astimezone(UTC).date()
    average = _average(calls, today)
    in_month = [count for day, count in calls.items() if month.start.date() <= day <= today]
    so_far = price * sum(in_month) / _CALLS if in_month else None
    whole = _whole_month(month, price, so_far, average)
    return Figure("Calls", so_far, whole, _explain_calls(price, in_month, average))


def cost_of_keys(month: Month, price: Decimal, keys: int) -> Figure:
    how = (
        f"{plural(keys, 'customer key')} at {_dollars(price)} a month, counted for the whole month"
    )
    return Figure("Keys", price * keys * month.passed, price * keys, how)


def unknown(name: str, why: str) -> Figure:
    return Figure(name, None, None, why)


def cost_of_one_more(prices: Prices, secrets: int, monthly_calls: Sequence[Decimal]) -> Cost:
    """A whole month of a new environment.

    It has the catalogue's secrets, a key of its own, and the average calls of the others.
    `monthly_calls` are the others' dollars for calls, where known.
    """
    whole = prices.secret * secrets
    how = f"{plural(secrets, 'secret')} of the catalogue at {_dollars(prices.secret)} a month"
    if monthly_calls:
        average = sum(monthly_calls, Decimal(0)) / len(monthly_calls)
        calls = Figure("Calls", average, average, _like(len(monthly_calls)))
    else:
        calls = unknown("Calls", "the calls of no environment are known")
    own = f"a customer key of its own at {_dollars(prices.key)} a month"
    key = Figure("Keys", prices.key, prices.key, own)
    return Cost((Figure("Secrets", whole, whole, how), calls, key))


def total(costs: Iterable[Cost]) -> Cost:
    return Cost(tuple(figure for cost in costs for figure in cost.figures))


def _part(month: Month, span: Span, until: datetime) -> Decimal:
    return month.part(span.began or month.start, min(span.ended or until, until))


def _average(calls: Mapping[date, int], today: date) -> Decimal | None:
    """Calls a day over whole days, from the first counted to yesterday; None without one."""
    first = min(calls)
    whole_days = (today - first).days
    if whole_days < 1:
        return None
    return Decimal(sum(count for day, count in calls.items() if day < today)) / whole_days


def _whole_month(
    month: Month, price: Decimal, so_far: Decimal | None, average: Decimal | None
) -> Decimal | None:
    if average is None:
        return None
    rest = (1 - month.passed) if so_far is not None else Decimal(1)
    return (so_far or Decimal(0)) + price * average * month.days * rest / _CALLS


def _explain_calls(price: Decimal, in_month: Sequence[int], average: Decimal | None) -> str:
    rate = f"at {_dollars(price)} for 10,000"
    counted = plural(sum(in_month), "call") if in_month else "no data point yet in this month"
    if average is None:
        return f"{counted} {rate}; the whole month is known once a whole day was counted"
    return f"{counted} {rate}; the rest at the average of {average:,.0f} a day"


def _like(environments: int) -> str:
    if environments == 1:
        return "as many as the one environment whose calls are known"
    return f"the average of the {environments} environments whose calls are known"


def _dollars(amount: Decimal) -> str:
    return (
        f"${amount.normalize():f}"
        if amount.normalize().as_tuple().exponent not in (0, -1)
        else f"${amount:.2f}"
    )
