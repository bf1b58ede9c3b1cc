"""Logs JSON lines: one escaped line a record. The server's go to standard output.

They hold no local variables, no request bodies and no exception texts of other libraries.
gunicorn's first process imports this file, so it does without Django.
"""

import json
import logging
import logging.config
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import Any

from .domain.errors import ConsoleError

_STANDARD = set(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "request",
    "status_code",
}
_NOISY = ("botocore", "boto3", "urllib3", "s3transfer", "django.db.backends", "django.template")
"""Loggers that print values or parameters at DEBUG."""


# What follows is the token of a person's calendar.
_TOKEN = re.compile(r"^(/+calendar/).+", re.DOTALL)


def path_for_log(path: str) -> str:
    """A request's path without what would open anything."""
    return _TOKEN.sub(r"\1…", path)


class JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{key: value for key, value in vars(record).items() if key not in _STANDARD},
        }
        if record.exc_info and record.exc_info[1]:
            line["exception"] = _describe(record.exc_info[1])
        # ASCII: control characters are escaped, so that a record is one line.
        return json.dumps(line, default=str)


def _describe(error: BaseException) -> dict[str, Any]:
    """Describe an error by its type and stack.

    The text is kept only for our own errors: another's may repeat the input that caused it.
    """
    frames = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    description: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": frames[-12:],
    }
    if isinstance(error, ConsoleError):
        description["text"] = error.message
    return description


def is_not_noise(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or not record.name.startswith(_NOISY)


class NotNoise(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return is_not_noise(record)


def configure(options: dict[str, Any]) -> None:
    """Configure logging. Django calls this with settings.LOGGING.

    `stream` is "stdout", or "stderr" for a command, whose standard output is its answer.
    """
    if options["stream"] == "stdout":
        _log_what_python_prints()
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonLine}},
            "filters": {"not_noise": {"()": NotNoise}},
            "handlers": {
                "stream": {
                    "class": "logging.StreamHandler",
                    "stream": f"ext://sys.{options['stream']}",
                    "formatter": "json",
                    "filters": ["not_noise"],
                }
            },
            "root": {"handlers": ["stream"], "level": options["level"]},
            "loggers": {
                **{name: {"level": "WARNING"} for name in _NOISY},
                # Django's own handlers print tracebacks with foreign texts, and send mail.
                "django": {"handlers": [], "level": options["level"]},
                # The views have already logged what matters about a refused request.
                "django.request": {"level": "ERROR"},
                "django.server": {"level": "ERROR"},
            },
        }
    )


def _log_what_python_prints() -> None:
    """Python writes warnings, and errors that nobody catches, to standard error in words."""
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, _: _log_uncaught(error)
    threading.excepthook = lambda args: _log_uncaught(args.exc_value)
    sys.unraisablehook = lambda args: _log_uncaught(args.exc_value)


def _log_uncaught(error: BaseException | None) -> None:
    if not isinstance(error, SystemExit | KeyboardInterrupt):
        logging.getLogger("miyabi").error("uncaught error", exc_info=error)
