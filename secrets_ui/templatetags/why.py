"""Words of the page that explains one answer of who-can-read: `{% load why %}`."""

from django import template

from ..domain.access.explanation import Explanation, Hop

register = template.Library()


@register.filter
def hop_word(hop: Hop) -> str:
    return {True: "Allowed", False: "Refused", None: "Cannot be told"}[hop.can]


@register.filter
def truth_level(holds: bool | None) -> str:
    """Of one call, of the whole answer, of a part of a statement."""
    return {True: "ok", False: "bad", None: "mute"}[holds]


@register.filter
def fits_word(holds: bool | None) -> str:
    return {True: "yes", False: "no", None: "not known"}[holds]


@register.filter
def why_no_offer(found: Explanation) -> str:
    """Why there is no plan."""
    if found.verdict.can is None:
        return "Nothing is offered while the answer cannot be told."
    return (
        "No change of the policies that are seen here turns the answer round: another account, the "
        "organization’s policies or AWS itself decides it, or it would let in anybody at all."
    )
