"""A secret in the list. Written here, since a page holds dozens of rows.

Every text is escaped by the standard library's `escape`, which Django's is a lazy form of.
"""

from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from ..domain.environment import Environment
from ..domain.secrets.health import State
from ..services.secrets.listing import SecretRow
from .console import secret_url, state
from .dates import ago, ago_day
from .versions import author

register = template.Library()
_NEVER = '<span class="dim">never</span>'
_NOT_COUNTED = '<span aria-hidden="true">–</span><span class="sr">not counted</span>'
_WAYS = {"edit": "Edit", "cancel_deletion": "Restore", "create_secret": "Create"}


@register.simple_tag
def secret_row(
    row: SecretRow, environment: Environment, may_edit: bool, may_manage: bool
) -> SafeString:
    """`may_edit` and `may_manage` are the person's rights in the environment."""
    keys = f"{row.keys_set} of {row.keys_total}" if row.counts_keys else _NOT_COUNTED
    read = ago_day(row.last_read) if row.secret else _NEVER
    way = _way(row, environment, may_edit, may_manage) if may_edit or may_manage else ""
    return mark_safe(  # noqa: S308  each text is escaped
        f'<tr><td class="key">{_name(row, environment)}</td>'
        f'<td data-label="State"><div>{_state(row.state)}</div></td>'
        f'<td data-label="Keys set" class="num">{keys}</td>'
        f'<td data-label="Last changed">{_changed(row)}</td>'
        f'<td data-label="Last read">{read}</td>{way}</tr>'
    )


def _name(row: SecretRow, environment: Environment) -> str:
    name = f'<span class="dim">{escape(environment.prefix)}</span>{escape(row.short)}'
    if not row.secret:
        return f'<bdi class="mono">{name}</bdi>'
    address = escape(secret_url("secret", environment.name, row.name))
    return f'<a class="mono" href="{address}"><bdi>{name}</bdi></a>'


def _state(found: State) -> str:
    hint = f'<div class="hint"><bdi>{escape(found.hint)}</bdi></div>' if found.hint else ""
    return f"{state(found.level, found.text)}{hint}"


def _changed(row: SecretRow) -> str:
    if not row.secret:
        return _NEVER
    by = author(row.author)
    return f'<div>{ago(row.secret.last_changed)} <div class="hint">{by}</div></div>'


def _way(row: SecretRow, environment: Environment, may_edit: bool, may_manage: bool) -> str:
    """The cell with the one page that leads on from here."""
    if row.secret and not row.secret.deleted:
        page = "edit" if may_edit else ""
    else:
        page = ("cancel_deletion" if row.secret else "create_secret") if may_manage else ""
    if not page:
        return '<td class="num"></td>'
    address = escape(secret_url(page, environment.name, row.name))
    heard = f'<span class="sr"> {escape(row.name)}</span>'
    return f'<td class="num"><a class="btn quiet" href="{address}">{_WAYS[page]}{heard}</a></td>'
