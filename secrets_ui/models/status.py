"""What the passes of the status runner have found, who runs them, and what is to be told of it."""

from datetime import UTC, datetime
from typing import ClassVar

from django.db import models

from ..fields import Text, TextLine


class StatusSnapshot(models.Model):
    """What the latest pass found of one secret.

    Of its environment where `secret` is "", and of the audit log where both are "".

    `findings` is JSON of domain/status/status.py, `remembered` what the next pass compares with.
    Neither holds a value.
    """

    environment = TextLine(max_length=20, blank=True)
    secret = TextLine(max_length=512, blank=True)
    status = TextLine(max_length=10)
    at = models.DateTimeField()  # when it was checked
    findings = Text(default="[]")
    remembered = Text(default="{}")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["environment", "secret"], name="one_snapshot_of_a_secret"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["environment", "status"], name="snapshots_by_status")
        ]

    def __str__(self) -> str:
        return f"{self.secret or self.environment or 'the record'}: {self.status}"


class Acknowledgement(models.Model):
    """That an admin knows of one finding, which is then no trouble any more.

    `about` is the finding's own word for what happened, such as a version and when it was made, so
    that the next time is another finding.
    """

    environment = TextLine(max_length=20)
    secret = TextLine(max_length=512, blank=True)
    claim = TextLine(max_length=60)  # the name of the check
    about = TextLine(max_length=512)
    actor = TextLine(max_length=150)
    at = models.DateTimeField()
    reason = TextLine(max_length=500)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["environment", "secret", "claim", "about"], name="acknowledged_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.claim} of {self.secret or self.environment}: {self.about}"


class StatusSpan(models.Model):
    """How long an environment was watched and had one status: the history of 90 days."""

    environment = TextLine(max_length=20)
    status = TextLine(max_length=10)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["environment", "-seen_at"], name="spans_by_environment")
        ]

    def __str__(self) -> str:
        return f"{self.environment}: {self.status} since {self.began_at:%Y-%m-%d %H:%M}"


class StatusRunner(models.Model):
    """One row: who runs the passes, their lease, when a run was asked for, and the last run."""

    holder = TextLine(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(null=True)  # heartbeat of a runner that repeats
    every = models.PositiveIntegerField(default=0)  # seconds; 0: nobody runs by itself
    wanted_at = models.DateTimeField(null=True)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # JSON: seconds, and AWS calls by environment and operation.
    took = Text(default="{}")

    def __str__(self) -> str:
        return f"runner {self.holder}"


class Heartbeat(models.Model):
    """When something that goes on by itself last did what it is there for."""

    name = TextLine(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"

    @staticmethod
    def note(name: str) -> None:
        """That it did so now. Raises DatabaseError."""
        Heartbeat.objects.bulk_create(
            [Heartbeat(name=name, at=datetime.now(UTC))],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["at"],
        )


class ToldUntil(models.Model):
    """One row: the last audit record of which messages are in the outbox, where any are due.

    The log itself is what waits: a change whose outcome is on record is told, whoever is killed.
    """

    sequence = models.BigIntegerField()

    def __str__(self) -> str:
        return f"told until {self.sequence}"


class StatusDelivery(models.Model):
    """The outbox: one message, of an event or a change, for one channel.

    Written in the transaction that found the event, or that notes in ToldUntil that the change was
    seen; sent once.
    """

    event = TextLine(max_length=36)
    channel = TextLine(max_length=10)  # webhook, email or people
    payload = Text()  # JSON
    made_at = models.DateTimeField()
    next_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_error = TextLine(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "channel"], name="one_delivery_of_an_event")
        ]
        indexes: ClassVar = [models.Index(fields=["sent_at", "next_at"], name="deliveries_due")]

    def __str__(self) -> str:
        return f"{self.event} by {self.channel}"
