"""The formats that a key of the catalogue can have, and what each of them expects.

From this table come the catalogue's list of formats, their labels, and the JSON table by which the
edit form's script checks a value as it is typed. Terraform's list is held to it by a test.
"""

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

Level = Literal["error", "warning"]
TOKEN_LENGTH = 32
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# What str.strip() and \s count as a blank, written so that JavaScript counts the same.
_BLANK = r"\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_GITHUB_CLASSIC = re.compile(r"gh[pousr]_([A-Za-z0-9]{30})([A-Za-z0-9]{6})")


@dataclass(frozen=True)
class Rule:
    """One thing that a format expects of a value, and what is reported when the value is otherwise.

    `pattern` has to match the whole value without the blanks around it, in Python's `re` and in
    JavaScript's alike. `min_length` counts characters, blanks included. `check` names a function of
    CHECKS here and in key_rules.js, for what no pattern can say.
    """

    level: Level
    code: str
    text: str
    pattern: str = ""
    min_length: int = 0
    check: str = ""

    def holds(self, value: str) -> bool:
        stripped = value.strip()
        return (
            len(value) >= self.min_length
            and (not self.pattern or re.fullmatch(self.pattern, stripped) is not None)
            and (not self.check or CHECKS[self.check](stripped))
        )


@dataclass(frozen=True)
class Format:
    """A format of values. The first rule that ends in an error is the last one asked.

    `label` is its name for people, and `proof` what a value that keeps all rules has besides.
    `verdicts` are what the edit form says of such a value while it is typed: pairs of a prefix and
    a text, of which the first that fits counts. Where `allows_blanks` is false, a blank around a
    value is an error, and a warning elsewhere. `can_be_generated`: a random token is a value of it.
    `placeholder` stands for a value that nobody has set yet, in a new secret.
    """

    name: str
    label: str
    verdicts: tuple[tuple[str, str], ...]
    rules: tuple[Rule, ...] = ()
    allows_blanks: bool = False
    can_be_generated: bool = False
    proof: str = ""
    placeholder: str = "placeholder-set-it-in-the-console"

    @property
    def good(self) -> str:
        """What is said of a stored value that keeps all rules."""
        return f"{self.label}, {self.proof}" if self.proof else self.label

    @property
    def reviewed(self) -> str:
        """What is said of a typed value that keeps all rules, before it is saved."""
        return self.proof.capitalize() or f"Fine as {self.label}"


# Ranges of what cannot be seen: the classes Cf, Cc, Zl and Zp of Unicode 16, blanks other than the
# space, and letters and marks that are drawn as nothing. Line feed, CR and tab lay out a text.
_UNSEEN = (
    (0x00, 0x08), (0x0B, 0x0C), (0x0E, 0x1F), (0x7F, 0xA0), (0xAD, 0xAD), (0x34F, 0x34F),
    (0x600, 0x605), (0x61C, 0x61C), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891),
    (0x8E2, 0x8E2), (0x115F, 0x1160), (0x1680, 0x1680), (0x180B, 0x180F), (0x2000, 0x200F),
    (0x2028, 0x202F), (0x205F, 0x206F), (0x2800, 0x2800), (0x3000, 0x3000), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x110BD, 0x110BD),
    (0x110CD, 0x110CD), (0x13430, 0x1343F), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)  # fmt: skip


@dataclass(frozen=True)
class Oddity:
    """What a value of any format is warned of, where it is found: `{}` in `text` is the position.

    `pattern` is searched in the whole value, in Python's `re` and in JavaScript's alike. Positions
    count characters from 1, and point at the end of what was found where `at_end` is true.
    """

    code: str
    text: str
    pattern: str
    at_end: bool = False

    def position(self, value: str) -> int:
        """0 when there is nothing to say."""
        found = self._expression.search(value)
        if found is None:
            return 0
        return (found.end() if self.at_end else found.start()) + 1

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


def _range(first: int, last: int) -> str:
    return f"{_written(first)}-{_written(last)}"


def _written(code: int) -> str:
    """Escaped where both languages write it alike; others stand for themselves."""
    return f"\\u{code:04x}" if code < 0x10000 else chr(code)


ODDITIES = (
    Oddity(
        "invisible",
        "holds a character that cannot be seen, or a blank that is no space, at position {}",
        f"[{''.join(_range(first, last) for first, last in _UNSEEN)}]|\\r(?!\\n)",
    ),
    Oddity(
        "quoted",
        "stands in quotes, at its first and its last position, which would be part of it",
        r"^(?:\x22[^\x22]*\x22|'[^']*'|`[^`]*`|"
        r"\u201c[^\u201d]*\u201d|\u2018[^\u2019]*\u2019|\u300c[^\u300d]*\u300d)$",
    ),
    Oddity(
        "assignment",
        "begins with a name and an equals sign, as in NAME=value: the value itself begins at "
        "position {}",
        r"^(?:export[ ]+)?[A-Z_][A-Z0-9_]*=(?=[^=])",
        at_end=True,
    ),
)


def github_checksum(body: str) -> str:
    """The six base62 characters that end a GitHub token whose 30 random characters are `body`.

    https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
    """
    number, digits = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits.rjust(6, "0")


def _has_github_checksum(value: str) -> bool:
    """True of a fine-grained token as well: how its checksum is made is not published."""
    match = _GITHUB_CLASSIC.fullmatch(value)
    return match is None or match[2] == github_checksum(match[1])


def _is_web_url(value: str) -> bool:
    """Whether it is an http or https URL with a host, and with a port from 1 to 65535 if any."""
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and not re.search(r"[\s\x00-\x1f\\]", value)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        return False


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "github_checksum": _has_github_checksum,
    "web_url": _is_web_url,
}
_NO_USERINFO = Rule(
    "warning",
    "url_userinfo",
    "holds a user name or password inside the URL",
    r"(?s)[^/]*//(?::?@)?[^@/?#]*(?:[/?#].*)?",
)
_GITHUB_TOKEN = Format(
    "github_token",
    "GitHub token",
    verdicts=(("github_pat_", "Looks like a fine-grained GitHub token"), ("", "Checksum valid")),
    rules=(
        Rule(
            "error",
            "github_format",
            "is not a GitHub token: expected ghp_, gho_, ghu_, ghs_ or ghr_ and 36 letters or "
            "digits, or github_pat_…",
            "gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
        ),
        Rule(
            "error",
            "github_checksum",
            "is not a GitHub token: its checksum is wrong, so a character is missing or changed",
            check="github_checksum",
        ),
    ),
    proof="checksum valid",
    placeholder="ghp_xxxxxxxxxxxxxxxxxxxxx",
)
_TOKEN = Format(
    "token",
    f"token of {TOKEN_LENGTH} characters or more",
    verdicts=(("", "Long enough"),),
    rules=(
        Rule(
            "warning",
            "short_token",
            f"is shorter than {TOKEN_LENGTH} characters",
            min_length=TOKEN_LENGTH,
        ),
        Rule("error", "blank_inside", "holds a blank, which a token cannot", f"[^{_BLANK}]*"),
    ),
    allows_blanks=True,
    can_be_generated=True,
)
_NO_URL = "https://placeholder.invalid/"
_URL = Format(
    "url",
    "URL",
    verdicts=(("", "A URL"),),
    rules=(
        Rule("error", "url", "is not a URL: expected https://host/…", check="web_url"),
        _NO_USERINFO,
    ),
    placeholder=_NO_URL,
)
_HTTPS_URL = Format(
    "https_url",
    "https URL",
    verdicts=(("", "An https URL"),),
    rules=(
        Rule("error", "url", "is not a URL: expected https://host/…", check="web_url"),
        Rule("error", "not_https", "is not an https URL", "(?is)https:.*"),
        _NO_USERINFO,
    ),
    placeholder=_NO_URL,
)
_IDENTIFIER = Format(
    "identifier",
    "identifier",
    verdicts=(("", "An identifier"),),
    rules=(
        Rule(
            "error",
            "identifier",
            "is not an identifier: expected letters, digits, dots, hyphens and underscores",
            "[A-Za-z0-9][A-Za-z0-9._-]*",
        ),
    ),
)
_PATH = Format(
    "path",
    "path",
    verdicts=(("", "An absolute path"),),
    rules=(Rule("warning", "path", "is not an absolute path", "(?s)/.*"),),
    allows_blanks=True,
)
FREE_TEXT = Format(
    "free_text",
    "free text",
    verdicts=(("", "Any text will do"),),
    allows_blanks=True,
    can_be_generated=True,
)
FORMATS: Mapping[str, Format] = {
    item.name: item
    for item in (_GITHUB_TOKEN, _TOKEN, _URL, _HTTPS_URL, _IDENTIFIER, _PATH, FREE_TEXT)
}


def formats_for_script() -> dict[str, Any]:
    """The formats as JSON members by name, for key_rules.js."""
    return {name: asdict(item) for name, item in FORMATS.items()}


def oddities_for_script() -> list[dict[str, Any]]:
    """The oddities as JSON objects, for key_rules.js."""
    return [asdict(item) for item in ODDITIES]
