"""Words of the page that says whether a version has arrived: `{% load rollout %}`."""

from django import template

from ..domain.secrets.rollout import STATE_WORDS, State

register = template.Library()

_LEVELS: dict[State, str] = {"new": "ok", "old": "warn", "unclear": "mute", "gone": "mute"}


@register.filter
def instance_level(state: State) -> str:
    return _LEVELS[state]


@register.filter
def instance_word(state: State) -> str:
    return STATE_WORDS[state]
