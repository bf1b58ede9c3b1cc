"""Filters of the pages of reads and cost: `{% load usage %}`."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from ..domain.access.evidence import Known, why_unavailable
from ..domain.usage.alarm import STATE_WORDS, AlarmState
from ..domain.usage.usage import Usage, summarise
from .chart import chart_of

register = template.Library()
register.filter("chart", chart_of)
register.filter("why_unknown", why_unavailable)
# Constant texts of this module, with nothing from outside in them.
_NO_POINT = mark_safe('<span class="dim" title="no data point">–</span>')
_NOT_KNOWN = mark_safe('<span class="dim">not known</span>')


@register.filter
def usage_summary(usage: Usage) -> str:
    """What the chart says, in a sentence or two."""
    return " ".join(summarise(usage))


@register.filter
def is_known(evidence: Any) -> bool:
    return isinstance(evidence, Known)


@register.filter
def thousands(number: int) -> str:
    return f"{number:,}"


@register.filter
def counted(number: int | None) -> SafeString | str:
    """A count, or that there is no data point: which is not zero."""
    return f"{number:,}" if number is not None else _NO_POINT


@register.filter
def money(amount: Decimal | None) -> SafeString | str:
    """US dollars to the cent; what is less than that is said to be."""
    if amount is None:
        return _NOT_KNOWN
    if 0 < amount < Decimal("0.01"):
        return "under $0.01"
    return f"${amount:,.2f}"


_ALARM_LEVELS = {"OK": "ok", "ALARM": "bad", "INSUFFICIENT_DATA": "mute"}


@register.filter
def alarm_level(state: AlarmState) -> str:
    return _ALARM_LEVELS[state]


@register.filter
def alarm_word(state: AlarmState) -> str:
    return STATE_WORDS[state]
