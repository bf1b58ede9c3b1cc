"""Words of the page that says who can read a secret: `{% load who %}`."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from ..domain.access.answers import Kind, Row, WhoCan
from ..domain.access.reach import Ability, Verdict
from ..services.access.probable_authors import ToldChange
from .console import plural

register = template.Library()
_SHORT = {
    Ability.READ: "read",
    Ability.PUT: "write",
    Ability.DELETE: "delete",
    Ability.CHANGE_POLICY: "change who can read it",
}


@register.filter
def who_headline(found: WhoCan, ability: Ability) -> str:
    """How many can, how many of them are not expected, and of how many that cannot be told. Where
    answers are missing, no number is all of them.
    """
    can, unexpected = len(found.can(ability)), len(found.unexpected(ability))
    untold = len(found.untold(ability))
    if not can and not found.is_whole(ability):
        return f"Whether anybody can {ability.words} is not known"
    least = "At least " if found.gaps else ""
    text = f"{least}{plural(can, 'principal,principals')} can {ability.words}"
    if unexpected:
        text += f", {unexpected} of them not expected"
    return f"{text}; of {untold} it cannot be told" if untold else text


@register.filter
def verdict(row: Row, ability: Ability) -> Verdict:
    return row.verdicts[ability]


@register.filter
def who_level(row: Row, ability: Ability) -> str:
    """A level of `state`: what nobody expects is told apart."""
    can = row.verdicts[ability].can
    if can is None:
        return "mute"
    if row.is_expected:
        return "ok" if can or ability is not Ability.READ else "bad"
    return ("bad" if row.kind is Kind.OUTSIDE else "warn") if can else "ok"


@register.filter
def who_word(verdict: Verdict) -> str:
    return {True: "Yes", False: "No", None: "Cannot be told"}[verdict.can]


@register.filter
def short_of(abilities: Iterable[Ability]) -> str:
    return ", ".join(_SHORT[ability] for ability in abilities)


@register.filter
def said_of(told: ToldChange, secret: str) -> str:
    return told.describe(secret)


@register.filter
def also(row: Row, ability: Ability) -> list[str]:
    """What else a principal can do, or may be able to."""
    return [
        f"{_SHORT[other]}{'' if verdict.can else ' (cannot be told)'}"
        for other, verdict in row.verdicts.items()
        if other is not ability and verdict.can is not False
    ]
