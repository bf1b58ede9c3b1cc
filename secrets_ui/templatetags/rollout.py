"""Words of the page that says whether a version has arrived: `{% load rollout %}`."""

from __future__ import annotations

from django import template

from ..domain.secrets.rollout import State

register = template.Library()

_STATES: dict[State, tuple[str, str]] = {
    "new": ("ok", "This version"),
    "old": ("warn", "Another version"),
    "unclear": ("mute", "Another version; may run"),
    "gone": ("mute", "Another version; gone"),
}


@register.filter
def instance_level(state: State) -> str:
    return _STATES[state][0]


@register.filter
def instance_word(state: State) -> str:
    return _STATES[state][1]
