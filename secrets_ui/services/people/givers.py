"""Who gave a person their roles, as the audit log tells."""

from __future__ import annotations

from ...models import RoleGrant
from ..audit.roles import Giver, grant_of, roles_on_record


def givers_of(account: str, grants: tuple[RoleGrant, ...]) -> dict[int, Giver]:
    """By the grant's primary key. A grant that the log does not tell of, and one of a group, has
    none."""
    told = roles_on_record(account).get(account, {})
    given = [grant for grant in grants if grant.source == RoleGrant.Source.ADMIN]
    return {grant.pk: told[key] for grant in given if (key := grant_of(grant)) in told}
