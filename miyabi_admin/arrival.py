"""A request while it arrives: whether all of it is here, told without a thread.

Only whether, not what it says: gunicorn's own parser reads the bytes, afterwards, and never more
than these. So a request that was judged wrongly is cut off, and the next one cannot begin in it.
"""

from __future__ import annotations

import re

# More than gunicorn takes of a head that a browser sends; its parser refuses the rest.
MOST_HEAD = 64 * 1024
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_TARGET = re.compile(rb"[A-Z]+ (\S+) HTTP/")


class Arrival:
    """The bytes of one request so far; as an iterator, they are the parser's source.

    `most_body` in bytes: a longer one is not waited for. The console refuses it by its length.
    """

    def __init__(self, most_body: int, begun: bytes = b"") -> None:
        self._most_body = most_body
        self._bytes = bytearray()
        # Bytes of a whole request; None while the head has no end.
        self._whole: int | None = None
        self._is_given = False
        # The client has sent the head, and waits for leave to send the body.
        self.asks_leave = False
        # The parser wanted more than there is, so nobody knows where the next request begins.
        self.ran_dry = False
        self.add(begun)

    def __len__(self) -> int:
        return len(self._bytes)

    def add(self, data: bytes) -> None:
        looked_at = max(0, len(self._bytes) - len(_END_OF_HEAD) + 1)
        self._bytes += data
        if self._whole is None:
            end = self._bytes.find(_END_OF_HEAD, looked_at)
            if end >= 0:
                self._whole = end + len(_END_OF_HEAD) + self._body_length(end)
                self.asks_leave = bool(_EXPECTS.search(self._bytes, 0, end + 2))

    def _body_length(self, end: int) -> int:
        found = _LENGTH.search(self._bytes, 0, end + 2)
        length = int(found[1]) if found else 0
        return length if length <= self._most_body else 0

    @property
    def is_whole(self) -> bool:
        if self._whole is None:
            return len(self._bytes) > MOST_HEAD
        return len(self._bytes) >= self._whole

    @property
    def path(self) -> str:
        """The path as it was sent, without its query; "" where there is none."""
        found = _TARGET.match(self._bytes)
        return found[1].partition(b"?")[0].decode("latin-1") if found else ""

    def __iter__(self) -> Arrival:
        return self

    def __next__(self) -> bytes:
        if self._is_given:
            self.ran_dry = True
            raise StopIteration
        self._is_given = True
        return bytes(self._bytes)
