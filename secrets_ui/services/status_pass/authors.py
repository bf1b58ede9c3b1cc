"""Finds changes made outside this console, and who made them where CloudTrail may be read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from ...aws.cloudtrail import CloudTrailGateway
from ...domain.audit.actions import DELETIONS, SWAPS, Action
from ...domain.deadline import OVER_SECONDS
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.status.outside_changes import ChainKnowledge, OutsideChange
from ...domain.status.watched import OpenIntent, TrailEvent
from ...models import AuditRecord
from ..audit.who_changed import authors_of
from ..changes.settle import open_intents

MOST_KEPT = 20  # changes of one secret
ASKED_AGAIN = timedelta(hours=24)
# The calls that may have made a change, the likeliest first: https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
EVENTS: Mapping[str, tuple[str, ...]] = {
    "version": ("PutSecretValue", "UpdateSecretVersionStage", "UpdateSecret", "CreateSecret"),
    "label": ("UpdateSecretVersionStage",),
    "policy": ("PutResourcePolicy", "DeleteResourcePolicy"),
    "key": ("UpdateSecret",),
    "deletion": ("DeleteSecret", "RestoreSecret"),
    "gone": ("DeleteSecret",),
    "key_policy": ("PutKeyPolicy",),
    "alias": ("UpdateAlias", "CreateAlias"),
}


def lately(changes: Iterable[OutsideChange], now: datetime) -> tuple[OutsideChange, ...]:
    """The changes that are recent enough to report.

    A change is a warning for some days, and stays in CloudTrail and the audit log.
    """
    since = now - timedelta(days=settings.STATUS_OUTSIDE_DAYS)
    return tuple(c for c in changes if datetime.fromisoformat(c.at) >= since)[-MOST_KEPT:]


def what_the_chain_knows(
    environment: Environment, currents: Mapping[str, str]
) -> dict[str, ChainKnowledge]:
    """By secret name.

    An intent counts as much as an outcome: a save under way has its version before it has its
    outcome.
    """
    versions = {version for version in currents.values() if version}
    made = set(authors_of(versions)) | set(
        AuditRecord.objects.filter(phase="intent", hash__in=versions).values_list("hash", flat=True)
    )
    made |= {version for version in versions - made if _is_cut_hash(version)}
    return {
        name: ChainKnowledge(version in made, _newest(environment, name))
        for name, version in currents.items()
    }


def _is_cut_hash(version: str) -> bool:
    """Whether a version id in the form of a UUID is the begin of an intent's hash.

    A range, since LIKE uses no index on every database.
    """
    plain = version.replace("-", "")
    if len(version) != 36 or len(plain) != 32:
        return False
    return AuditRecord.objects.filter(
        phase="intent", hash__gte=plain, hash__lt=plain + "g"
    ).exists()


def _newest(environment: Environment, name: str) -> str:
    """The version that this console made current last, "" for none."""
    done = AuditRecord.objects.filter(
        environment=environment.name, secret=name, phase="outcome", outcome="done", action__in=SWAPS
    )
    return done.order_by("-sequence").values_list("version_id", flat=True).first() or ""


def deletions_by_the_chain(environment: Environment) -> dict[str, bool]:
    """Secret names to whether this console's last act on the secret's deletion scheduled it. One
    query; there are few such acts."""
    done = AuditRecord.objects.filter(
        environment=environment.name, phase="outcome", outcome="done", action__in=DELETIONS
    )
    acts = done.order_by("sequence").values_list("secret", "action")
    return {secret: action == Action.DELETE for secret, action in acts}


class WhoDidIt:
    """Asks CloudTrail for each kind of event once.

    Where it cannot be read, nobody is named, and it is not asked again.
    """

    def __init__(self, trail: CloudTrailGateway, is_readable: bool = True) -> None:
        self._trail, self._events, self._is_readable = (
            trail,
            dict[str, Sequence[TrailEvent]](),
            is_readable,
        )

    def name(self, change: OutsideChange, *resources: str) -> OutsideChange:
        """`resources` are the names by which a caller may have called the thing: ARN, name, id."""
        for event in EVENTS[change.kind]:
            ours = [
                e
                for e in self._of(event)
                if e.resource in resources and change.version in ("", e.version)
            ]
            newest = max(ours, key=lambda e: (str(e.at), e.principal), default=None)
            if newest and newest.principal:
                return replace(change, by=newest.principal)
        return change

    def name_late(self, change: OutsideChange, now: datetime, *resources: str) -> OutsideChange:
        """Asks again for a day, since CloudTrail shows a call only minutes after it was made."""
        is_recent = now - datetime.fromisoformat(change.at) <= ASKED_AGAIN
        return self.name(change, *resources) if is_recent and not change.by else change

    def _of(self, event: str) -> Sequence[TrailEvent]:
        if not self._is_readable:
            return ()
        if event not in self._events:
            try:
                self._events[event] = self._trail.lookup_changes(event).value
            except AwsError:
                self._is_readable = False
                return ()
        return self._events[event]


def intents_by_secret() -> dict[tuple[str, str], tuple[OpenIntent, ...]]:
    """Open intents that settling should have ended, by (environment, secret)."""
    found: dict[tuple[str, str], tuple[OpenIntent, ...]] = {}
    for record in open_intents(OVER_SECONDS):
        secret = (record.environment, record.secret)
        intent = OpenIntent(record.sequence, record.action, record.at, record.secret)
        found[secret] = (*found.get(secret, ()), intent)
    return found
