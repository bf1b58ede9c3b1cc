"""What the hashes of the audit chain cannot show: a log that was emptied or can be changed, and
power that nobody is on record for.

Each finding is a name of what it is about and a sentence, with what to do.
"""

from collections.abc import Collection, Iterator
from itertools import islice

from django.contrib.auth import get_user_model

from ...domain.people.terms import spelled
from ...models import AuditRecord, RoleGrant, VersionRecord
from .append_only import missing_triggers
from .roles import grant_of, roles_on_record

# Findings of one kind that are told one by one.
MOST = 20
_TAKE_IT = "Take it away on the page People, and give it again if the person should have it."
_OF_A_GROUP = (
    "It is marked as given by a group: switch the account off on the page People. At the next "
    "sign-in the groups decide, on record."
)

Found = tuple[str, str]


def find_unguarded(environments: Collection[str]) -> list[Found]:
    """`environments` are those that are configured: a role in another one gives no power.

    An emptied log is the one cause of all roles without a record, so these are not told beside it.
    """
    found = [*_find_emptied()] or [*_find_roles_without_record(environments)]
    return [*found, *_find_missing_triggers()]


def _find_emptied() -> Iterator[Found]:
    """Each of these comes with a record."""
    if AuditRecord.objects.exists():
        return
    kept = {
        "accounts": get_user_model()._default_manager,
        "roles": RoleGrant.objects,
        "facts of versions": VersionRecord.objects,
    }
    if there := [name for name, rows in kept.items() if rows.exists()]:
        yield (
            "empty",
            "The audit log is empty, and the console has been used: the database holds "
            f"{' and '.join(there)}. Its records were deleted, or another database was restored in "
            "part. Stop the console, keep the database as it is, and restore the log from a "
            "backup (docs/operations.md, Verify the audit log).",
        )


def _find_missing_triggers() -> Iterator[Found]:
    for name in missing_triggers():
        yield (
            f"trigger {name}",
            f"The database's trigger {name}, which keeps audit records from being changed, is "
            "missing or disabled. Whoever owns the table took it off: find out who. Then run "
            "manage.py verify_audit with a checkpoint of the log stream, and manage.py migrate, "
            "which makes the trigger anew.",
        )


def _find_roles_without_record(environments: Collection[str]) -> Iterator[Found]:
    for grant in islice(_roles_without_record(environments), MOST):
        name, role, environment = grant.user.get_username(), grant.role, grant.environment
        names = f" for {grant.prefix}" if grant.prefix else ""
        remedy = _OF_A_GROUP if grant.source == RoleGrant.Source.GROUPS else _TAKE_IT
        yield (
            f"role {grant.pk}",
            f"{name} is {role} in {environment}{names}{_until(grant)}, and no audit record tells "
            f"who gave this role: it was written to the database past the console. {remedy}",
        )


def _until(grant: RoleGrant) -> str:
    return f" until {spelled(grant.until)}" if grant.until else ""


def _roles_without_record(environments: Collection[str]) -> Iterator[RoleGrant]:
    """Grants are read before the records, so each has its own by then; one that was taken
    meanwhile is looked at once more."""
    in_use = RoleGrant.objects.filter(environment__in=environments)
    grants = list(in_use.select_related("user").order_by("pk"))
    told = roles_on_record()
    for grant in grants:
        giver = told.get(grant.user.get_username(), {}).get(grant_of(grant))
        is_told = giver is not None and giver.until == spelled(grant.until)
        if not is_told and RoleGrant.objects.filter(pk=grant.pk).exists():
            yield grant
