"""What carries any text over a border: into CSV, JSON, a database, an answer."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import datetime

# Half of a surrogate pair: JSON can spell one, and UTF-8 cannot hold it.
_HALF = re.compile("[\ud800-\udfff]")
# Where a spreadsheet would find the start of a formula: https://owasp.org/www-community/attacks/CSV_Injection
# Japanese spreadsheets take the full-width signs as well. Where the separator is `;`, or a tab,
# quotes around the whole cell do not count, and a new cell begins inside.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[ \t]*[-=+@＝＋－＠]|[\t\r\n])")
BYTE_ORDER_MARK = "\ufeff"


def as_rfc3339(moment: datetime | None) -> str | None:
    """A time in answers for programs, to the second; None where it is not known."""
    return moment.isoformat(timespec="seconds") if moment else None


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """The rows as CSV, every cell in quotes, and none that a spreadsheet would take for a formula.

    A file begins with a BYTE_ORDER_MARK, without which Excel does not read it as UTF-8.
    """
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows([_FORMULA.sub(r"\1'", str(cell)) for cell in row] for row in rows)
    return out.getvalue()


def encodable(text: str) -> str:
    """The text as UTF-8 can hold it: half of a character is spelled `\\udXXX`, as JSON spells it.

    What JSON is made of stays the same JSON. Pages, exports and plain answers leave through it.
    """
    try:
        # Almost no text has one, and to look for it takes three times as long.
        text.encode()
    except UnicodeEncodeError:
        return _HALF.sub(_spelled, text)
    return text


def storable(text: str) -> str:
    """The text as every database can hold it: PostgreSQL takes no NUL either.

    A SecretValue that gets here by mistake is stored as its mask.
    """
    return encodable(str(text)).replace("\x00", "\\u0000")


def is_storable(text: str) -> bool:
    return text == storable(text)


def _spelled(half: re.Match[str]) -> str:
    return f"\\u{ord(half[0]):04x}"
