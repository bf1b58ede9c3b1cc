"""Words of the page that says who can read a secret: `{% load who %}`."""

from collections.abc import Iterable

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..domain.access.answers import Kind, Row, WhoCan
from ..domain.access.reach import Ability, Verdict
from ..services.access.probable_authors import ToldChange
from .console import plural, state

register = template.Library()
CANNOT_BE_TOLD = "Cannot be told"
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


@register.simple_tag
def who_state(row: Row, ability: Ability) -> SafeString:
    """The answer. A mark says whether it is the expected one, and its words say so too; a principal
    of which nothing is expected, and that cannot, has none."""
    can = row.verdicts[ability].can
    if can is None:
        return state("mute", CANNOT_BE_TOLD)
    if can and not row.is_expected:
        return state("bad" if row.kind is Kind.OUTSIDE else "warn", "Yes, unexpected")
    if can:
        return state("ok", "Yes")
    if row.is_expected and ability is Ability.READ:
        return state("bad", "No, though expected")
    return format_html('<span class="dim">{}</span>', "No")


@register.filter
def who_word(verdict: Verdict) -> str:
    return {True: "Yes", False: "No", None: CANNOT_BE_TOLD}[verdict.can]


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
