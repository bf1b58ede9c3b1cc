"""Fixtures of the security tests: canaries, and every log stream at its loudest."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator

import pytest

from secrets_ui.logs import JsonLine
from tests.canary import make_canary


@pytest.fixture
def canary() -> str:
    return make_canary()


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """What any handler could have written since, with the root logger at DEBUG: the plain line, the JSON line, the record itself."""
    stream = io.StringIO()
    handlers = [_Plain(stream), _Json(stream), _Raw(stream)]
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    for handler in handlers:
        root.addHandler(handler)
    yield stream.getvalue
    root.setLevel(level)
    for handler in handlers:
        root.removeHandler(handler)


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What the console itself has written to its standard output and standard error."""
    stream = io.StringIO()
    handler = next(h for h in logging.getLogger().handlers if isinstance(h.formatter, JsonLine))
    monkeypatch.setattr(handler, "stream", stream)

    def read() -> str:
        out, err = capfd.readouterr()
        return f"{stream.getvalue()}{out}{err}"

    return read


class _Plain(logging.StreamHandler[io.StringIO]):
    """As `logging.basicConfig` would have it, tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return logging.Formatter("%(name)s %(levelname)s %(message)s").format(record)


class _Json(logging.StreamHandler[io.StringIO]):
    """As the console writes it."""

    def format(self, record: logging.LogRecord) -> str:
        return JsonLine().format(record)


class _Raw(logging.StreamHandler[io.StringIO]):
    """As a log shipper that takes everything would have it, but for the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return repr(
            {key: value for key, value in vars(record).items() if key not in ("exc_info", "exc_text")}
        )
