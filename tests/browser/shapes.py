"""What a page is made of, whatever it says: what a browser may refuse or ask for because of it."""

from collections import defaultdict
from html.parser import HTMLParser
from urllib.parse import urlsplit

# Of these the value matters; of an address only whose it is.
TELLING = {"class", "http-equiv", "method", "rel", "role", "style", "target", "type"}
ADDRESSES = {"action", "formaction", "href", "src", "srcset"}
Part = tuple[str, ...]


class _Parts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: set[Part] = set()
        self._inside = ""  # a script or a style, whose text counts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.add((tag, *sorted(_told(name, value or "") for name, value in attrs)))
        if tag in self.CDATA_CONTENT_ELEMENTS:
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.parts.add((self._inside, data))


def _told(name: str, value: str) -> str:
    if name in TELLING or name.startswith("on"):
        return f"{name}={value}"
    if name in ADDRESSES:
        scheme, host, path, *_ = urlsplit(value)
        # A file of the console counts by its name.
        return f"{name}={scheme}:{host}:{path if path.startswith('/static/') else ''}"
    return name


def parts_of(html: str) -> set[Part]:
    """Each element once, as its tag and attributes."""
    parser = _Parts()
    parser.feed(html)
    parser.close()
    return parser.parts


class Opened:
    """The parts of the pages that a browser has opened, by route."""

    def __init__(self) -> None:
        self._parts: dict[str, set[Part]] = defaultdict(set)

    def has_all_of(self, route: str, html: str) -> bool:
        return parts_of(html) <= self._parts[route]

    def note(self, route: str, html: str) -> None:
        self._parts[route] |= parts_of(html)
