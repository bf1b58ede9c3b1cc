"""Puts the changes that the audit log tells of into the outbox, and to whom they are told.

The log itself is what waits: a change is told once its outcome is on record, whoever made the
record and whoever was killed since.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from ...domain.audit.actions import Action, Outcome, Phase
from ...domain.audit.moments import stored_ago
from ...domain.environment import Environment
from ...domain.errors.wording import plural
from ...domain.people.roles import covers, granting
from ...domain.status.messages import ChangeMessage, Topic
from ...models import AuditRecord, RoleGrant, ToldUntil
from .. import audit, configuration
from ..changes.recent import RecentChange, change_of, changes_in
from ..status_pass.outbox import put_in_outbox

AT_ONCE = 200  # records that are looked at in one transaction
# What nobody has sent for so long is news no more, as in send_events.py.
OLD = timedelta(hours=24)
_EMERGENCIES = (Action.EMERGENCY, Action.LOOK_AT_EMERGENCY)
_EVENTS = (Action.LOOK_AT_EMERGENCY, Action.ASK_ROLE)
_MARKS = {
    Action.CREATE: ":new:",
    Action.DELETE: ":wastebasket:",
    Action.PROPOSE: ":hourglass_flowing_sand:",
    Action.REJECT: ":x:",
    Action.EMERGENCY: ":rotating_light:",
    Action.LOOK_AT_EMERGENCY: ":white_check_mark:",
    Action.ASK_ROLE: ":key:",
}
_NEXT = {
    Action.ASK_ROLE: "An admin gives it for a time, or says why not, on the page People.",
    Action.DELETE: "Whoever still reads it is refused. It can be restored for some days.",
    Action.PROPOSE: "It takes effect when a second person approves it.",
    Action.EMERGENCY: "No second person has approved it: one has to look at it, on the page "
    "Changes.",
}


def tell_changes() -> int:
    """Looks at the records that are new; returns how many messages they made. AWS is not asked.

    Of several processes one puts each message in the outbox. Raises DatabaseError.
    """
    made = 0
    while True:
        until = ToldUntil.objects.values_list("sequence", flat=True).first()
        new = AuditRecord.objects.filter(sequence__gt=until or 0).order_by("sequence")
        last = max(new.values_list("sequence", flat=True)[:AT_ONCE], default=None)
        if until is None or last is None:
            return made
        with transaction.atomic(durable=True):
            if not ToldUntil.objects.filter(sequence=until).update(sequence=last):
                return made  # by another process
            made += sum(map(_tell, _changes(until, last)))


def _changes(after: int, until: int) -> Iterator[tuple[AuditRecord, RecentChange]]:
    records = AuditRecord.objects.filter(
        sequence__gt=after, sequence__lte=until, at__gte=stored_ago(OLD)
    )
    for record in changes_in(records).order_by("sequence"):
        yield record, change_of(record)
    events = records.filter(phase=Phase.EVENT, action__in=_EVENTS, outcome=Outcome.DONE)
    for record in events.order_by("sequence"):
        at = datetime.fromisoformat(record.at)
        yield record, RecentChange(at, record.secret, _what(record), record.actor, record.reason)


def _what(record: AuditRecord) -> str:
    """The event in words: Role asked for: editor, for 2 hours."""
    words = Action.words_of(record.action)
    if record.action != Action.ASK_ROLE:
        return words
    asked = record.parsed_details
    names = f" of {asked['names']}" if "names" in asked else ""
    return f"{words}: {asked['role']}{names}, for {plural(int(asked['hours']), 'hour')}"


def _tell(found: tuple[AuditRecord, RecentChange]) -> bool:
    """Whether its environment is there to be told of."""
    record, change = found
    environment = configuration.environments().get(record.environment)
    if environment is None:
        return False
    topic: Topic = "emergency" if record.action in _EMERGENCIES else "changes"
    message = ChangeMessage(
        topic=topic,
        mark=_MARKS.get(Action(record.action), ":pencil2:"),
        environment=environment.name,
        secret=record.secret,
        what=change.what,
        by=change.by,
        proposed_by=change.proposed_by,
        keys=tuple(audit.texts(record.keys)),
        reason=record.reason,
        at=record.at,
        record=record.sequence,
        next_step=_NEXT.get(Action(record.action), ""),
    )
    put_in_outbox(
        message,
        topic,
        environment.name,
        datetime.now(UTC),
        # The same for whoever looks at the record.
        message_id=f"record-{record.sequence}",
        address=_address(environment, record),
        people=_people(environment, record, change),
    )
    return True


def _address(environment: Environment, record: AuditRecord) -> str:
    """Of the page that it is about, where the console's address is known."""
    is_asked = record.action == Action.ASK_ROLE
    path = "/people/requests" if is_asked else f"/{environment.name}/changes"
    return urljoin(settings.STATUS_ADDRESS, path) if settings.STATUS_ADDRESS else ""


def _people(environment: Environment, record: AuditRecord, change: RecentChange) -> list[str]:
    """Addresses of those who may decide on it, or of its author for whom somebody has decided."""
    involved = {change.by, change.proposed_by}
    if record.action in (Action.PROPOSE, Action.EMERGENCY):
        return _addresses(_holders(environment, "change.decide", record.secret) - involved)
    if record.action == Action.ASK_ROLE:
        return _addresses(_holders(environment, "people.manage") - involved)
    return _addresses({change.proposed_by} - {change.by, ""})


def _holders(environment: Environment, right: str, secret: str = "") -> set[str]:
    """Who has the right to the secret, or in the whole environment."""
    grants = RoleGrant.objects.filter(
        environment=environment.name, role__in=granting(right)
    ).values_list("user__username", "prefix")
    return {
        name
        for name, prefix in grants
        if not prefix or (secret and covers(environment, prefix, secret))
    }


def _addresses(names: Iterable[str]) -> list[str]:
    """Where they are known: of the account, or its name where that is one."""
    accounts = get_user_model()._default_manager.filter(Q(username__in=list(names)), is_active=True)
    known = accounts.order_by("username").values_list("email", "username")
    return [address for pair in known if (address := next(filter(_is_address, pair), ""))]


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
