"""Calls about secrets that CloudTrail recorded, and which of its events are known so far."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import ClassVar

from django.db import models
from django.db.models.functions import TruncDate

from ..domain.usage.reads import BATCH, READ, Coverage
from ..fields import TextLine


class TrailCall(models.Model):
    """One call about one secret (domain/usage/reads.py), without a value or another request
    parameter than the secret and the version.

    `secret` is "" for a call about a key that encrypts the environment's secrets. `reader` is the
    name by which calls are put together, `error` AWS's code where it refused. `is_ours`: the call
    came from this console's role.
    """

    environment = TextLine(max_length=20)
    event_id = TextLine(max_length=64)
    at = models.DateTimeField()
    event = TextLine(max_length=64)
    secret = TextLine(max_length=512, blank=True)
    version = TextLine(max_length=64, blank=True)
    reader = TextLine(max_length=400)
    principal = TextLine(max_length=1100, blank=True)  # its ARN, or its id
    account = TextLine(max_length=12, blank=True)
    session = TextLine(max_length=64, blank=True)
    source_identity = TextLine(max_length=64, blank=True)
    service = TextLine(max_length=253, blank=True)
    address = TextLine(max_length=253, blank=True)
    error = TextLine(max_length=64, blank=True)
    is_ours = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["environment", "event_id", "secret"], name="one_call_of_an_event"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["environment", "secret", "-at"], name="calls_by_secret"),
            models.Index(fields=["at"], name="calls_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} of {self.secret} by {self.reader} at {self.at:%Y-%m-%d %H:%M}"

    @staticmethod
    def days_read(calls: models.QuerySet[TrailCall]) -> dict[tuple[str, str], dict[date, int]]:
        """Reads that AWS answered, by (secret, reader) and day in UTC. Raises DatabaseError."""
        found: dict[tuple[str, str], dict[date, int]] = {}
        days = calls.filter(event=READ, error="").values(
            "secret", "reader", day=TruncDate("at", tzinfo=UTC)
        )
        for row in days.annotate(n=models.Count("pk")):
            found.setdefault((row["secret"], row["reader"]), {})[row["day"]] = row["n"]
        return found


class TrailPosition(models.Model):
    """How far one kind of event of an environment is known: whole from `since` to `until`.

    A walk from now back to `until` that is not over yet began at `walk_from` and is at `walk_at`.
    `problem` says why CloudTrail did not answer last.
    """

    environment = TextLine(max_length=20)
    event = TextLine(max_length=64)
    since = models.DateTimeField()
    until = models.DateTimeField()
    walk_from = models.DateTimeField(null=True)
    walk_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    problem = TextLine(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["environment", "event"], name="one_position_of_an_event"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} in {self.environment} until {self.until:%Y-%m-%d %H:%M}"

    @staticmethod
    def coverage_of(
        environment: str,
        kept_from: datetime,
        events: Collection[str] = (READ, BATCH),
        needed: Collection[str] = (READ,),
    ) -> Coverage:
        """From when until when the reads, or other events, of an environment are known; not at all
        before those needed were asked for. Calls from before `kept_from` are deleted. Raises
        DatabaseError.
        """
        found = TrailPosition.objects.filter(environment=environment, event__in=events)
        asked = [position for position in found if position.asked_at]
        problem = next((position.problem for position in asked if position.problem), "")
        if set(needed) - {position.event for position in asked}:
            return Coverage(problem=problem)
        since = max(kept_from, *(position.since for position in asked))
        until = min(position.until for position in asked)
        return Coverage(since, until, problem) if since < until else Coverage(problem=problem)
