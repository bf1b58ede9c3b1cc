"""When a secret was last read, by all that the console knows: AWS's days, and kept calls."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import OuterRef, Subquery

from ...domain.environment import Environment
from ...domain.usage.reads import READ
from ...models import CurrentVersion, TrailCall


def recorded_reads(environment: Environment, names: Iterable[str]) -> dict[str, datetime]:
    """By secret name, the last read that CloudTrail has recorded, as far as its calls are kept
    (docs/who-did.md); not by this console. One query."""
    # One step down an index for each secret, however many calls are kept.
    calls = TrailCall.objects.filter(
        environment=environment.name, secret=OuterRef("name"), event=READ, error="", is_ours=False
    )
    last = calls.order_by("-at").values("at")[:1]
    seen = CurrentVersion.objects.filter(environment=environment.name, name__in=list(names))
    found = seen.annotate(read=Subquery(last)).values_list("name", "read")
    return {name: read for name, read in found if read}


def last_of(*moments: datetime | None) -> datetime | None:
    """The last of what is known: AWS dates a secret and each version by itself, to the day and in
    its Region alone, and does not say that these agree."""
    return max((moment for moment in moments if moment), default=None)
