"""Keeps what CloudTrail recorded about the secrets: new calls first, then back to 90 days ago.

Each kind of event is looked up by itself, newest first, at most so many pages in one go. What is
kept of a position in the time line lets the next go on from there, whoever was killed.
"""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from ...aws.cloudtrail import CloudTrailGateway
from ...domain.access.evidence import evidence_of_error, why_unavailable
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.people.actor import Actor
from ...domain.session_scope import TRAIL
from ...domain.usage.reads import BATCH, EVENTS, REACH, READ, Call, secrets_of
from ...models import StatusSnapshot, TrailCall, TrailPosition
from .. import configuration
from ..aws_access import gateways

COLLECTOR = Actor("run_checks", job="run_checks")
# What begins earlier is refused, and clocks differ.
EARLIEST = REACH - timedelta(hours=1)
# CloudTrail shows most calls within 5 minutes and promises no time, so the last ones are asked
# again: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
DELAY = timedelta(minutes=15)
CHANGES_EVERY = timedelta(hours=1)  # reads are asked for in each pass
AT_A_TURN = 10  # pages, so that a busy environment leaves some to the others
CHUNK = 5_000
GoOn = Callable[[], bool]


@dataclass(frozen=True)
class _About:
    """The names of an environment's secrets, and the ids of the keys that encrypt them."""

    environment: Environment
    secrets: Collection[str]
    keys: Collection[str]


def collect_calls(go_on: GoOn = lambda: True) -> int:
    """Looks up as many pages as STATUS_TRAIL_PAGES_PER_PASS says, the least lately asked first.
    Returns how many pages it read.

    `go_on` is asked before each page. An environment whose CloudTrail does not answer is left
    alone until the next time. Raises DatabaseError, and whatever `go_on` raises.
    """
    pages, silent = 0, set[str]()
    environments = configuration.environments()
    about = {name: _about(environment) for name, environment in environments.items()}
    most = settings.STATUS_TRAIL_PAGES_PER_PASS
    for position in _due(environments) if most else ():
        if pages >= most or not go_on():
            break
        if position.environment in silent:
            continue
        lookup = _Lookup(about[position.environment], position, min(AT_A_TURN, most - pages), go_on)
        try:
            lookup.run()
        except AwsError as error:
            silent.add(position.environment)
            position.problem = why_unavailable(evidence_of_error(error))[:300]
            position.asked_at = datetime.now(UTC)
            position.save()
        pages += lookup.pages
    return pages


def _due(environments: Iterable[str]) -> list[TrailPosition]:
    """Positions to go on from, the least lately asked first, so that each has its turn."""
    now = datetime.now(UTC)
    start = now - DELAY
    TrailPosition.objects.bulk_create(
        [
            TrailPosition(environment=environment, event=event, since=start, until=start)
            for environment in environments
            for event in EVENTS
        ],
        ignore_conflicts=True,
    )
    found = TrailPosition.objects.filter(environment__in=environments, event__in=EVENTS)
    due = [position for position in found if _is_due(position, now)]
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(due, key=lambda p: (p.event != READ, p.event != BATCH, p.asked_at or never, p.pk))


def _is_due(position: TrailPosition, now: datetime) -> bool:
    is_behind = position.walk_at is not None or position.since > now - EARLIEST
    if position.event in (READ, BATCH) or is_behind:
        return True
    return position.asked_at is None or now - position.asked_at >= CHANGES_EVERY


def _about(environment: Environment) -> _About:
    rows = dict(
        StatusSnapshot.objects.filter(environment=environment.name).values_list(
            "secret", "remembered"
        )
    )
    keys = json.loads(rows.get("", "{}")).get("keys", {})
    named = {environment.prefix + name for name in configuration.catalog().secrets}
    return _About(environment, named | {name for name in rows if name}, set(keys))


class _Lookup:
    """One go at one kind of event, of `most` pages at most."""

    def __init__(self, about: _About, position: TrailPosition, most: int, go_on: GoOn) -> None:
        self.about, self.position, self.most, self.go_on = about, position, most, go_on
        self.pages, self.now = 0, datetime.now(UTC).replace(microsecond=0)
        self._trail: CloudTrailGateway = gateways(about.environment, COLLECTOR, TRAIL).cloudtrail

    def run(self) -> None:
        """Raises AwsError, with what was learnt before it kept."""
        self._forward()
        horizon = self.now - EARLIEST
        if self.position.walk_at is None and self.position.since > horizon:
            self._backward(horizon)

    def _forward(self) -> None:
        """From now, or from where the last go stopped, back to what is known."""
        position, horizon = self.position, self.now - EARLIEST
        if position.until < horizon:  # nobody asked for so long: what was known ends there
            position.since = position.until = horizon
            position.walk_from = position.walk_at = None
        top = position.walk_from = position.walk_from or self.now
        if self._walk(position.until, position.walk_at or top, "walk_at"):
            position.until = max(position.until, top - DELAY)
            position.walk_from = position.walk_at = None
            position.save()

    def _backward(self, horizon: datetime) -> None:
        if self._walk(horizon, self.position.since, "since"):
            self.position.since = horizon
            self.position.save()

    def _walk(self, start: datetime, end: datetime, reached: str) -> bool:
        """Whether all between the times was read. Pages come newest first; how far they came is
        kept in the column `reached`, from which the next go asks again. So none ends within the
        second in which it began.
        """
        token, oldest = "", end
        while True:
            if (self.pages >= self.most or not self.go_on()) and (oldest < end or not token):
                return False
            self.pages += 1
            page = self._trail.lookup_events(self.position.event, start, end, token).value
            oldest, token = page.oldest or oldest, page.token
            self._keep(page.calls, reached, oldest)
            if not token:
                return True

    def _keep(self, calls: Iterable[Call], reached: str, moment: datetime) -> None:
        position = self.position
        with transaction.atomic():
            TrailCall.objects.bulk_create(
                [row for call in calls for row in _rows(call, self.about)], ignore_conflicts=True
            )
            setattr(position, reached, moment)
            position.problem, position.asked_at = "", self.now
            position.save()


def _rows(call: Call, about: _About) -> list[TrailCall]:
    secrets = secrets_of(call, about.environment, about.secrets, about.keys)
    return [row_of(call, about.environment, secret) for secret in secrets]


def row_of(call: Call, environment: Environment, secret: str) -> TrailCall:
    """What is kept of a call about one secret."""
    caller = call.caller
    return TrailCall(
        environment=environment.name,
        event_id=call.event_id,
        at=call.at,
        event=call.event,
        secret=secret,
        version=call.version,
        reader=caller.reader(environment)[:400],
        principal=caller.arn or caller.principal_id,
        account=caller.account,
        session=caller.session,
        source_identity=caller.source_identity,
        service=caller.service,
        address=call.address,
        error=call.error,
        is_ours=caller.is_console(environment),
    )


def purge_calls() -> int:
    """Deletes those that were kept long enough, some thousands at a time. Returns how many.

    Raises Error.
    """
    before = datetime.now(UTC) - timedelta(days=settings.READS_KEEP_DAYS)
    old = TrailCall.objects.filter(at__lt=before).values_list("pk", flat=True)[:CHUNK]
    return int(TrailCall.objects.filter(pk__in=list(old)).delete()[0])
