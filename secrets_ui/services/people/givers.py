"""Who gave a person their account and roles, as the audit log tells."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ...domain.audit.actions import Action, Outcome, Phase
from ...domain.audit.moments import stored
from ...models import AuditRecord, RoleGrant
from ..audit.new_record import as_stored
from ..audit.roles import Giver, grant_of, roles_on_record
from .links import HOURS

_MAKES = (Action.SET_ACCOUNT, Action.ADD_ACCOUNT, Action.MAKE_LINK)


@dataclass(frozen=True)
class Entrance:
    """How a local account was first entered: who made its link, and the record of its use. Whoever
    used the link chose the password, so an admin who kept one has two accounts."""

    made: AuditRecord | None
    used: AuditRecord
    is_from_maker: bool = False


def givers_of(account: str, grants: tuple[RoleGrant, ...]) -> dict[int, Giver]:
    """By the grant's primary key. A grant that the log does not tell of, and one of a group, has
    none."""
    told = roles_on_record(account).get(account, {})
    given = [grant for grant in grants if grant.source == RoleGrant.Source.ADMIN]
    return {grant.pk: told[key] for grant in given if (key := grant_of(grant)) in told}


def entrance_of(account: str) -> Entrance | None:
    """None where no link of the account was used. Three queries."""
    events = AuditRecord.objects.filter(phase=Phase.EVENT, outcome=Outcome.DONE)
    done = events.order_by("-sequence")
    used = done.filter(action=Action.USE_LINK, actor=account).first()
    if used is None:
        return None
    made = done.filter(
        action__in=_MAKES, sequence__lt=used.sequence, details__contains=as_stored(account)
    )
    # Another account may hold the name of this one too.
    of_this = (record for record in made if record.parsed_details.get("account") == account)
    maker = next(of_this, None)
    return Entrance(maker, used, maker is not None and _is_from(maker, used))


def _is_from(made: AuditRecord, used: AuditRecord) -> bool:
    """Whether its maker acted from the address of its use, in the time that a link works. Two
    people in one office do; so this proves nothing, and its absence neither.
    """
    since = stored(datetime.fromisoformat(made.at) - timedelta(hours=HOURS))
    acts = AuditRecord.objects.filter(actor=made.actor, at__gte=since, sequence__lt=used.sequence)
    return bool(used.address) and acts.filter(address=used.address).exists()
