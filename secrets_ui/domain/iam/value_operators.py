"""The Numeric, Date, Bool, Binary and IpAddress operators, to which variables are plain text.

A value of another type never matches. Under a negated operator the outcome is None ("unknown"),
since AWS does not say that such a value counts as different.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import NamedTuple, TypeVar

from .context import Context, fold
from .text_operators import Comparison, Family
from .truth import Truth

Actual = TypeVar("Actual")
Wanted = TypeVar("Wanted")

_NUMBER = re.compile(r"[+-]?\d{1,64}(\.\d{1,64})?", re.ASCII)
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)
_TIME = re.compile(
    r"(?P<minute>\d{4}-\d\d-\d\dT\d\d:\d\d)(?P<second>:\d\d)?(?P<fraction>\.\d{1,9})?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def compare_values(
    read_actual: Callable[[str], Actual | None],
    read_wanted: Callable[[str], Wanted | None],
    relate: Callable[[Actual, Wanted], bool],
) -> Family:
    """Build a family of operators that parse both sides and compare them with `relate`."""

    def family(values: Sequence[str], has_variables: bool, is_negated: bool) -> Comparison:
        readings = [read_wanted(value) for value in values]
        wanted = [reading for reading in readings if reading is not None]
        unreadable: Truth = None if is_negated else False
        otherwise: Truth = False if len(wanted) == len(values) else unreadable

        def compare(actual: str, _: Context) -> Truth:
            found = read_actual(actual)
            if found is None:
                return unreadable
            for value in wanted:
                if relate(found, value):
                    return True
            return otherwise

        return compare

    return family


@lru_cache(maxsize=1024)
def read_number(text: str) -> Decimal | None:
    """Parse an integer or a decimal number."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=1024)
def read_date(text: str) -> Decimal | None:
    """Return the epoch seconds of a date in a W3C form of ISO 8601, or of epoch seconds.

    Four digits are a year. A time without a zone is UTC.
    Source: https://www.w3.org/TR/NOTE-datetime
    """
    if time := _TIME.fullmatch(text):
        zone = (time["zone"] or "Z").replace("Z", "+00:00")
        whole = _seconds(f"{time['minute']}{time['second'] or ':00'}{zone}")
        return None if whole is None else whole + Decimal(time["fraction"] or 0)
    if _DATE.fullmatch(text):
        return _seconds(f"{text}{'-01-01'[len(text) - 4 :]}T00:00:00+00:00")
    return read_number(text)


def _seconds(iso: str) -> Decimal | None:
    try:
        return Decimal((datetime.fromisoformat(iso) - _EPOCH) // timedelta(seconds=1))
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=1024)
def read_boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(fold(text))


def read_bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None


class Address(NamedTuple):
    version: int
    number: int


class AddressRange(NamedTuple):
    version: int
    first: int
    last: int


@lru_cache(maxsize=1024)
def read_address(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return Address(address.version, int(address))


def read_range(text: str) -> AddressRange | None:
    """Parse a range in CIDR notation, or a single address."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    return AddressRange(
        network.version, int(network.network_address), int(network.broadcast_address)
    )


def is_inside(address: Address, addresses: AddressRange) -> bool:
    """Whether a range holds an address; never when their IP versions differ."""
    return (
        address.version == addresses.version and addresses.first <= address.number <= addresses.last
    )
