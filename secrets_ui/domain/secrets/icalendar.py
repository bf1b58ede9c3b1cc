"""Days as a calendar that programs subscribe to: iCalendar, RFC 5545. Names and dates alone.

https://www.rfc-editor.org/rfc/rfc5545
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_OCTETS = 75  # of a line, without its end: section 3.1
# Section 3.3.11 has no other control characters in a text.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@dataclass(frozen=True)
class Entry:
    """One day. `identity` tells it from all others, and stays when its day moves."""

    identity: tuple[str, ...]
    on: date
    summary: str
    description: str = ""


def write_calendar(name: str, entries: Iterable[Entry], now: datetime) -> str:
    """`now` is in UTC. Programs are asked to come again twice a day (RFC 7986, section 5.7)."""
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Miyabi//Secrets console//EN"),
        *(
            "CALSCALE:GREGORIAN",
            "METHOD:PUBLISH",
            f"NAME:{_text(name)}",
            f"X-WR-CALNAME:{_text(name)}",
        ),
        *("REFRESH-INTERVAL;VALUE=DURATION:PT12H", "X-PUBLISHED-TTL:PT12H"),
    ]
    for entry in entries:
        lines += _event(entry, now)
    return "".join(f"{piece}\r\n" for line in [*lines, "END:VCALENDAR"] for piece in _folded(line))


def _event(entry: Entry, now: datetime) -> Iterator[str]:
    """All day, and taking nobody's time: TRANSP."""
    yield "BEGIN:VEVENT"
    digest = hashlib.sha256("\n".join(entry.identity).encode("utf-8", "surrogatepass"))
    yield f"UID:{digest.hexdigest()[:32]}@miyabi-secrets"
    yield f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{entry.on:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{entry.on + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(entry.summary)}"
    if entry.description:
        yield f"DESCRIPTION:{_text(entry.description)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _text(text: str) -> str:
    plain = text.encode("utf-8", "replace").decode().replace("\r\n", "\n")
    return _CONTROL.sub(" ", plain).translate(_ESCAPED)


def _folded(line: str) -> Iterator[str]:
    """A long line in pieces, the later ones behind a blank, none cut within a character."""
    piece = ""
    for char in line:
        if len(f"{piece}{char}".encode()) > _OCTETS:
            yield piece
            piece = " "
        piece += char
    yield piece
