"""What the database holds: people's roles, audit records, facts about versions.

Never a value, not even encrypted.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.db import models

from ..domain.audit.actions import Action, Outcome, Phase
from ..domain.secrets.version import short_version
from ..fields import Text, TextLine
from .audit_index import AuditEntry as AuditEntry
from .audit_index import AuditStretch as AuditStretch
from .audit_index import AuditWord as AuditWord
from .due import CalendarFeed as CalendarFeed
from .due import KeyDue as KeyDue
from .people import OneTimeLink as OneTimeLink
from .people import PersonSession as PersonSession
from .people import RoleGrant as RoleGrant
from .people import RoleRequest as RoleRequest
from .people import RotationTask as RotationTask
from .readers import SecretReaders as SecretReaders
from .reads import TrailCall as TrailCall
from .reads import TrailPosition as TrailPosition
from .rotation import Rotation as Rotation
from .status import Acknowledgement as Acknowledgement
from .status import Heartbeat as Heartbeat
from .status import StatusDelivery as StatusDelivery
from .status import StatusRunner as StatusRunner
from .status import StatusSnapshot as StatusSnapshot
from .status import StatusSpan as StatusSpan
from .status import ToldUntil as ToldUntil
from .trials import ValueTrial as ValueTrial


class AuditRecords(models.QuerySet["AuditRecord"]):
    def done(self) -> AuditRecords:
        """The outcomes of acts that took effect."""
        return self.filter(phase=Phase.OUTCOME, outcome=Outcome.DONE)

    def done_once(self) -> AuditRecords:
        """The same, one of each act: a request that outlives its settling adds a second outcome."""
        earlier = AuditRecord.objects.done().filter(
            intent=models.OuterRef("intent"), sequence__lt=models.OuterRef("sequence")
        )
        return self.done().filter(~models.Exists(earlier))

    def intents(self) -> AuditRecords:
        """The intents that these outcomes end, oldest first. One query more."""
        ended = [int(sequence) for sequence in self.values_list("intent", flat=True)]
        return AuditRecord.objects.filter(sequence__in=ended).order_by("sequence")


class AuditRecord(models.Model):
    """One record of the chain (domain/audit/chain.py).

    Rows are only ever added: triggers refuse everything else.

    Texts are stored as they are hashed: `at` is RFC 3339 in UTC with microseconds, `keys`,
    `request_ids` and `details` are JSON.
    """

    sequence = models.BigIntegerField(primary_key=True)
    at = TextLine(max_length=27, db_index=True)
    # The strings of domain/audit/actions.py.
    phase = TextLine(max_length=10)
    action = TextLine(max_length=40)
    outcome = TextLine(max_length=20, blank=True)
    actor = TextLine(max_length=150)
    address = TextLine(max_length=45, blank=True)
    environment = TextLine(max_length=20, blank=True)
    secret = TextLine(max_length=512, blank=True)
    version_id = TextLine(max_length=64, blank=True, db_index=True)
    base_version_id = TextLine(max_length=64, blank=True)
    keys = Text(default="[]")
    reason = Text(blank=True)
    request_ids = Text(default="[]")
    # The sequence of the intent that this outcome ends.
    intent = TextLine(max_length=20, blank=True, db_index=True)
    # The idempotency key of an intent's request, under its name in the chain's format.
    once = TextLine(max_length=40, blank=True, db_index=True)
    details = Text(default="{}")
    hash = TextLine(max_length=64, db_index=True)

    objects = AuditRecords.as_manager()

    class Meta:
        ordering: ClassVar = ["-sequence"]
        indexes: ClassVar = [
            models.Index(fields=["actor", "-sequence"], name="audit_by_actor"),
            models.Index(fields=["environment", "secret", "-sequence"], name="audit_by_secret"),
            models.Index(fields=["phase", "action"], name="audit_by_phase"),
            # The last changes of an environment, and the proposals of the last days.
            models.Index(
                fields=["environment", "-sequence", "action"],
                name="audit_done",
                condition=models.Q(phase=Phase.OUTCOME.value, outcome=Outcome.DONE.value),
            ),
            models.Index(
                fields=["environment", "at"],
                name="audit_proposals",
                condition=models.Q(phase=Phase.OUTCOME.value, action=Action.PROPOSE.value),
            ),
            models.Index(
                fields=["environment", "sequence"],
                name="audit_emergencies",
                condition=models.Q(phase=Phase.OUTCOME.value, action=Action.EMERGENCY.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"

    @property
    def parsed_details(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.details)
        return found


class CountedRefusal(models.Model):
    """What was refused and can be caused as often as somebody likes; it is counted for a minute.

    `kind` names its action, name, environment and details. `others` were refused since the last
    record of the kind, at `since`, and are on no record yet; `address` is that of the last of them.
    """

    kind = TextLine(max_length=64, unique=True)
    action = TextLine(max_length=40)
    actor = TextLine(max_length=150)
    address = TextLine(max_length=45, blank=True)
    environment = TextLine(max_length=20, blank=True, default="", db_default="")
    details = Text(default="{}")
    others = models.PositiveBigIntegerField(default=0)
    since = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.others} of {self.action} by {self.actor}"


class WaitingRecord(models.Model):
    """An audit record of what was done while the log could not be written.

    `row` is JSON of its columns; it has no place in the chain yet.
    """

    row = Text()
    actor = TextLine(max_length=150)
    at = TextLine(max_length=27)

    def __str__(self) -> str:
        return f"a record of {self.actor} that waits since {self.at}"


class Reservation(models.Model):
    """One try that counts against a limit (domain/limits.py): of a password, a code, a change.

    `who` is the name of an account, or a keyed hash of what was typed in its place. `once` names
    tries that count as one. `is_open`: nobody knows yet how it ends.
    """

    limit = TextLine(max_length=20)
    who = TextLine(max_length=150)
    once = TextLine(max_length=40, blank=True)
    is_open = models.BooleanField(default=True)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["limit", "who"], name="reservations_by_who"),
            models.Index(fields=["limit", "at"], name="reservations_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.limit} by {self.who}"


class VersionRecord(models.Model):
    """Facts of one version, derived once: key names, states and keyed fingerprints.

    See domain/secrets/facts.py.
    """

    arn = TextLine(max_length=2048)
    version_id = TextLine(max_length=64)
    digest = TextLine(max_length=16)  # of the catalogue's rules that judged it
    # JSON; not jsonb, which holds neither NUL nor half a character, while a key may.
    facts = Text()
    derived_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["arn", "version_id"], name="facts_of_a_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.arn} {short_version(self.version_id)}"


class CurrentVersion(models.Model):
    """The AWSCURRENT that AWS last reported of a secret.

    With it, environments are compared without asking AWS about the others.
    """

    environment = TextLine(max_length=20)
    name = TextLine(max_length=512)
    arn = TextLine(max_length=2048)
    version_id = TextLine(max_length=64)
    read_at = models.DateTimeField(db_column="seen_at")

    class Meta:
        db_table = "secrets_ui_secretsighting"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["environment", "name"], name="one_sighting_of_a_secret")
        ]

    def __str__(self) -> str:
        return f"{self.name} in {self.environment}"


class CheckRun(models.Model):
    """One run of the access checks, kept so that its address can be sent to a colleague.

    It holds findings, never values.
    """

    environment = TextLine(max_length=20)
    secret = TextLine(max_length=512)
    actor = TextLine(max_length=150)
    at = models.DateTimeField(auto_now_add=True)
    verdict = TextLine(max_length=10)
    # JSON of domain/access/run.py. PostgreSQL's jsonb takes no NUL, and AWS's texts may hold one.
    result = Text()

    class Meta:
        # Runs are asked for by their number, and deleted by their age.
        indexes: ClassVar = [models.Index(fields=["at"], name="runs_by_age")]

    def __str__(self) -> str:
        return f"{self.secret} at {self.at:%Y-%m-%d %H:%M}: {self.verdict}"
