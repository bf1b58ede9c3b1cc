"""A secret in the comparison. Written here, since a page holds hundreds of cells.

Every text is escaped by the standard library's `escape`, which Django's is a lazy form of.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from html import escape
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from ..domain.environment import Environment
from ..domain.last_made import LastMade
from ..domain.secrets.comparison import Cell, Row
from ..services.secrets.compared import Group
from .console import fits_address, secret_url, state

register = template.Library()
# Of so many secrets and sets of rights (decision 46).
_LAST_BODIES = LastMade[SafeString](200)
_RULES = {"must_match": "must match", "must_differ": "must differ"}


@register.simple_tag
def comparison_body(
    group: Group,
    environments: Sequence[Environment],
    may_copy: Collection[str],
    may_set: Collection[str],
) -> SafeString:
    """A secret with its keys over the environments, and what may be done about them.

    `may_copy` and `may_set` name environments that the person may copy from, and set keys in. As it
    was last drawn, where all of these are the same: it depends on nothing else.
    """
    seen = tuple(place.name for place in environments), frozenset(may_copy), frozenset(may_set)
    return _LAST_BODIES.of((group.short, seen), group, partial(_body, group, *seen))


def _body(
    group: Group, places: Sequence[str], may_copy: Collection[str], may_set: Collection[str]
) -> SafeString:
    may_set = (group.names.keys() & may_set) - group.deleted
    rows = "".join(_row(row, group.short, may_copy, may_set) for row in group.rows)
    body = f"<tbody>{_secret(group, places, may_set)}{rows}</tbody>"
    return mark_safe(body)  # noqa: S308  each text is escaped


def _secret(group: Group, places: Sequence[str], may_edit: Collection[str]) -> str:
    """The secret, with its pages in each environment that has it."""
    cells = "".join(
        f'<td data-label="{escape(place)}">{_pages(group, place, may_edit)}</td>'
        for place in places
    )
    name = f'<th scope="rowgroup"><bdi class="mono">{escape(group.short)}</bdi></th>'
    return f'<tr class="secret">{name}{cells}</tr>'


def _pages(group: Group, place: str, may_edit: Collection[str]) -> str:
    if not (name := group.names.get(place)):
        return ""
    pages = {"secret": "Open", "edit": "Edit"} if place in may_edit else {"secret": "Open"}
    heard = f'<span class="sr"> {escape(name)}</span>'
    links = (
        f'<a class="btn quiet" href="{escape(secret_url(page, place, name))}">{text}{heard}</a>'
        for page, text in pages.items()
    )
    return f"<div>{' '.join(links)}</div>"


def _row(row: Row, secret: str, may_copy: Collection[str], may_set: Collection[str]) -> str:
    targets = [cell for cell in row.cells if cell.environment in may_set]
    link = _link(row.key, secret) if targets and row.key and fits_address(row.key) else None
    sources = may_copy if link and row.may_be_equal else ()
    cells = "".join(
        _cell(cell, link if cell.environment in sources and _is_new(cell, targets) else None)
        for cell in row.cells
    )
    head = _head(row, link if row.fits_several and len(targets) > 1 else None)
    return f"<tr>{head}{cells}</tr>"


def _is_new(cell: Cell, targets: Iterable[Cell]) -> bool:
    """Whether one of these does not hold the cell's value."""
    return any(target.fingerprint != cell.fingerprint for target in targets)


@cache
def _page() -> str:
    return reverse("set_in_several")


@dataclass(frozen=True)
class _Link:
    """To the page that sets the key elsewhere; a screen reader hears what it is about. Escaped."""

    address: str
    about: str

    def to(self, text: str, more: str, query: str = "") -> str:
        heard = f'<span class="sr"> {more}: {self.about}</span>'
        link = f'<a class="btn quiet" href="{self.address}{query}">{text}{heard}</a>'
        return f"<div>{link}</div>"


def _link(key: str, secret: str) -> _Link:
    page = f"{_page()}?{urlencode({'secret': secret, 'key': key})}"
    return _Link(escape(page), escape(f"{key} of {secret}"))


def _head(row: Row, link: _Link | None) -> str:
    if not row.key:
        return '<th scope="row" class="key"><span class="dim">The whole secret</span></th>'
    rule = _RULES.get(row.spec.between_environments, "") if row.spec else ""
    hint = f'<div class="hint">{rule}</div>' if rule else ""
    several = link.to("Set in several", "environments") if link else ""
    name = f'<bdi class="mono">{escape(row.key)}</bdi>'
    return f'<th scope="row" class="key">{name}{hint}{several}</th>'


def _cell(cell: Cell, link: _Link | None) -> str:
    parts: list[str] = [state(cell.state.level, cell.state.text)]
    place = escape(cell.environment)
    if cell.fingerprint:
        parts.insert(0, _value(cell))
        if link:
            more = f"another environment from {place}"
            parts.append(link.to("Copy to…", more, f"&amp;source={place}"))
    if cell.state.hint and cell.state.level != "ok":
        parts.append(f'<div class="hint"><bdi>{escape(cell.state.hint)}</bdi></div>')
    return f'<td data-label="{place}"><div>{"".join(parts)}</div></td>'


def _value(cell: Cell) -> str:
    return (
        f'<div class="equal"><span class="letter" aria-hidden="true">{cell.mark}</span>'
        f'<span class="sr">Value {cell.mark}, fingerprint</span> '
        f'<span class="fp">{cell.fingerprint}</span></div>'
    )
