"""What a good value of a key looks like: an error where it cannot be right, a warning where it may not be."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from .catalog import KeySpec

Level = Literal["error", "warning"]
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_GITHUB_CLASSIC = re.compile(r"(gh[pousr]_)([A-Za-z0-9]{30})([A-Za-z0-9]{6})")
_GITHUB_FINE = re.compile(r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
TOKEN_LENGTH = 32
_WITHOUT_BLANKS = ("github_token", "url", "https_url", "identifier")


@dataclass(frozen=True)
class Problem:
    """A remark about a value, told without any part of it."""

    level: Level
    code: str
    text: str


def is_placeholder(value: str, spec: KeySpec) -> bool:
    return any(pattern.search(value) for pattern in spec.placeholders)


def check_value(value: str, spec: KeySpec) -> tuple[Problem, ...]:
    """Everything to be said about a value that is to be stored under `spec`; empty when it is fine."""
    return tuple(_problems(value, spec))


def _problems(value: str, spec: KeySpec) -> Iterator[Problem]:
    if value == "":
        yield Problem("warning", "empty", "is empty")
        return
    if "\x00" in value:
        yield Problem(
            "error", "nul", "holds a NUL character, which no environment variable can hold"
        )
    placeholder = is_placeholder(value, spec)
    if placeholder:
        yield Problem("warning", "placeholder", "is a placeholder")
    yield from _blanks(value, "error" if spec.format in _WITHOUT_BLANKS else "warning")
    if not placeholder:
        yield from _FORMATS[spec.format](value)
        if len(value) < spec.min_length:
            yield Problem("error", "too_short", f"is shorter than {spec.min_length} characters")


def _blanks(value: str, level: Level) -> Iterator[Problem]:
    """Never trimmed silently: an error in a format that cannot hold a blank, a warning where one may be meant."""
    if value != value.lstrip():
        yield Problem(level, "leading_blank", "starts with a blank")
    if value.endswith("\n"):
        yield Problem(level, "trailing_newline", "ends in a line break")
    elif value != value.rstrip():
        yield Problem(level, "trailing_blank", "ends in a blank")


def _github_token(value: str) -> Iterator[Problem]:
    """https://github.blog/engineering/behind-githubs-new-authentication-token-formats/: the last six characters are a CRC-32."""
    token = value.strip()
    if _GITHUB_FINE.fullmatch(token):
        return  # how its checksum is made is not published
    match = _GITHUB_CLASSIC.fullmatch(token)
    if not match:
        yield Problem(
            "error",
            "github_format",
            "is not a GitHub token: expected ghp_, gho_, ghu_, ghs_ or ghr_ and 36 letters or digits, or github_pat_…",
        )
    elif match[3] != github_checksum(match[2]):
        yield Problem(
            "error",
            "github_checksum",
            "is not a GitHub token: its checksum is wrong, so a character is missing or changed",
        )


def github_checksum(body: str) -> str:
    """The six base62 characters that end a GitHub token whose 30 random characters are `body`."""
    number, digits = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits.rjust(6, "0")


def _token(value: str) -> Iterator[Problem]:
    if len(value) < TOKEN_LENGTH:
        yield Problem("warning", "short_token", f"is shorter than {TOKEN_LENGTH} characters")
    if re.search(r"\s", value.strip()):
        yield Problem("error", "blank_inside", "holds a blank, which a token cannot")


def _url(value: str, schemes: tuple[str, ...] = ("https", "http")) -> Iterator[Problem]:
    try:
        parts = urlsplit(value.strip())
        sound = (
            bool(parts.hostname)
            and not re.search(r"[\s\x00-\x1f\\]", value.strip())
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        sound, parts = False, urlsplit("")
    if not sound or parts.scheme not in ("http", "https"):
        yield Problem("error", "url", f"is not a URL: expected {schemes[0]}://host/…")
    elif parts.scheme not in schemes:
        yield Problem("error", "not_https", "is not an https URL")
    elif parts.username or parts.password:
        yield Problem("warning", "url_userinfo", "holds a user name or password inside the URL")


def _https_url(value: str) -> Iterator[Problem]:
    return _url(value, ("https",))


def _identifier(value: str) -> Iterator[Problem]:
    if not _IDENTIFIER.fullmatch(value.strip()):
        yield Problem(
            "error",
            "identifier",
            "is not an identifier: expected letters, digits, dots, hyphens and underscores",
        )


def _path(value: str) -> Iterator[Problem]:
    if not value.strip().startswith("/"):
        yield Problem("warning", "path", "is not an absolute path")


def _free_text(value: str) -> Iterator[Problem]:
    return iter(())


_FORMATS = {
    "github_token": _github_token,
    "token": _token,
    "url": _url,
    "https_url": _https_url,
    "identifier": _identifier,
    "path": _path,
    "free_text": _free_text,
}
FORMAT_NAMES = {
    "github_token": "GitHub token",
    "token": f"token of {TOKEN_LENGTH} characters or more",
    "url": "URL",
    "https_url": "https URL",
    "identifier": "identifier",
    "path": "path",
    "free_text": "free text",
}
