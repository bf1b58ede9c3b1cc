"""A secret's name as the rest of a URL's path, escaped and read back in this one place.

Browsers and proxies normalise paths: `a/../b` becomes `b`, `//` becomes `/`. AWS allows such names,
so a link would lead to another secret. A segment that could be normalised, and every character that
a proxy could take for something else, is written as `~HEX~`, its code point; an empty segment is
`~~`. AWS allows no tilde in a name, so nearly every name stands in a link as it is.
"""

import re

# The tilde itself, what some servers read as a separator or decode twice, control characters, and
# halves of a character, which no URL can hold.
_ESCAPED = re.compile(r"[~\\%;\x00-\x1f\x7f\ud800-\udfff]")
_WRITTEN = re.compile(r"~([0-9a-f]{0,4})~")


def escape_name(name: str) -> str:
    """The name as a path without a segment that is empty, `.` or `..`."""
    return "/".join(_segment(segment) for segment in name.split("/"))


def read_name(path: str) -> str:
    """The name that escape_name wrote as `path`."""
    return _WRITTEN.sub(lambda found: chr(int(found[1], 16)) if found[1] else "", path)


def _segment(segment: str) -> str:
    if segment == "":
        return "~~"
    if segment in (".", ".."):
        return _written(".") * len(segment)
    return _ESCAPED.sub(lambda found: _written(found[0]), segment)


def _written(char: str) -> str:
    return f"~{ord(char):x}~"
