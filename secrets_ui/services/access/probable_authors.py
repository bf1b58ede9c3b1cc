"""Who probably made a change of who can read: the last change of the policy that decides, between
the two looks, as it is kept of CloudTrail's events. Those of IAM's policies are not kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ...domain.access.kept_readers import ReaderChange
from ...domain.environment import Environment
from ...domain.texts import as_rfc3339
from ...models import TrailCall

# By what the statement that decides stands in (domain/access/reach.py).
_EVENTS = {
    "secret policy": ("PutResourcePolicy", "DeleteResourcePolicy"),
    "key policy": ("PutKeyPolicy",),
    "grant": ("CreateGrant",),
}


@dataclass(frozen=True)
class ToldChange:
    """A change, and the call that probably made it: None where none is known."""

    change: ReaderChange
    call: TrailCall | None = None

    @property
    def author(self) -> str:
        """In words, "" where nobody is known."""
        if self.call is None:
            return ""
        return f"{self.call.reader}, {self.call.event} at {self.call.at:%Y-%m-%d %H:%M} UTC"

    def describe(self, secret: str) -> str:
        author = f" Probably by {self.author}." if self.call else ""
        return f"{self.change.describe(secret)}{author}"


def tell_changes(
    environment: Environment, secret: str, changes: Sequence[ReaderChange]
) -> list[ToldChange]:
    """The latest first. Raises DatabaseError."""
    if not changes:
        return []
    calls = TrailCall.objects.filter(
        environment=environment.name,
        secret__in=(secret, ""),
        event__in=[event for events in _EVENTS.values() for event in events],
        error="",
        at__gt=min(change.after for change in changes),
    )
    latest = list(calls.order_by("-at", "-pk"))
    return [ToldChange(change, _call_of(change, latest)) for change in reversed(changes)]


def _call_of(change: ReaderChange, latest: Sequence[TrailCall]) -> TrailCall | None:
    by = " ".join(change.by)
    events = {event for place, of in _EVENTS.items() if f": {place}" in by for event in of}
    return next(
        (
            call
            for call in latest
            if call.event in events and change.after < (as_rfc3339(call.at) or "") <= change.at
        ),
        None,
    )
