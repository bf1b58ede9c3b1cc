"""The roles: what each may do, in words too, and which secrets a grant covers."""

import re

from ..environment import Environment, readings_of
from ..errors import InvalidInput

_SEE = frozenset({"secret.view", "access.check", "status.view", "status.run"})
# A person's actions in an environment are the union of their roles there; nothing else counts, no
# superuser flag.
ROLES: dict[str, frozenset[str]] = {
    "viewer": _SEE,
    "editor": _SEE | {"secret.edit", "secret.reveal", "function.refresh", "audit.view"},
    "approver": _SEE | {"change.decide", "audit.view"},
    "auditor": _SEE | {"access.who", "audit.view", "audit.export"},
    "admin": _SEE
    | {
        "access.who",
        "secret.edit",
        "secret.manage",
        "function.refresh",
        "change.decide",
        "audit.view",
        "audit.export",
        "people.manage",
        "session.end",
        "status.acknowledge",
    },
}
WORDS = {
    "secret.view": "see the secrets",
    "access.check": "check who can read the secrets, and see who did",
    "access.who": "list everybody who can read a secret, and look for reads of long ago",
    "status.view": "see the status",
    "status.run": "have the status checked now",
    "secret.edit": "edit secrets",
    "secret.reveal": "show values",
    "secret.manage": "create and delete secrets",
    "function.refresh": "have the function start fresh instances",
    "change.decide": "decide on proposed changes",
    "audit.view": "see the audit log",
    "audit.export": "export the audit log",
    "people.manage": "give and take roles",
    "session.end": "see and end other people's sessions",
    "status.acknowledge": "acknowledge what the status check found",
}
# Actions that are not about one secret. A grant for some names does not cover them.
OF_THE_WHOLE = frozenset(
    {
        *("status.view", "status.run", "status.acknowledge"),
        *("audit.view", "audit.export", "people.manage", "session.end"),
    }
)
# Roles that are given for a whole environment only.
ONLY_WHOLE = ("auditor", "admin")
_PREFIX = re.compile(r"[A-Za-z0-9_+=.@-][A-Za-z0-9/_+=.@-]{0,199}")
_ENDS = "/-_."


class InvalidGrant(InvalidInput):
    """A role that cannot be given in this way."""

    title = "This role cannot be given so"


def granting(action: str) -> list[str]:
    """The roles that may do it."""
    return [role for role, actions in ROLES.items() if action in actions]


def covers(environment: Environment, prefix: str, name: str) -> bool:
    """Whether a grant for `prefix` covers the secret with this full name.

    A prefix that ends in one of `/ - _ .` covers all names that begin so; any other is the whole
    name of one secret, so that `api` covers neither `api-keys` nor `apiary`. A name with `..` or
    the like is covered where both its readings are.
    """
    return all(_covers(environment, prefix, reading) for reading in readings_of(name))


def _covers(environment: Environment, prefix: str, name: str) -> bool:
    if not prefix:
        return name.startswith(environment.prefix)
    start = environment.prefix + prefix
    return name.startswith(start) if is_beginning(prefix) else name == start


def is_beginning(prefix: str) -> bool:
    """Whether a grant's prefix covers all names that begin so, and is not the name of one secret.

    The empty prefix, of a grant for all, is a beginning too.
    """
    return not prefix or prefix.endswith(tuple(_ENDS))


def ensure_grantable(environment: Environment, role: str, prefix: str) -> None:
    """Raises InvalidGrant."""
    if role not in ROLES:
        raise InvalidGrant(f"There is no role called {role[:40]}.", key="role")
    if prefix and role in ONLY_WHOLE:
        raise InvalidGrant(
            f"{role} is given for the whole of {environment.name} alone.", key="prefix"
        )
    parts = prefix.removesuffix("/").split("/") if prefix else []
    if prefix and (not _PREFIX.fullmatch(prefix) or {"", ".", ".."} & set(parts)):
        raise InvalidGrant(
            f"Write the beginning of names under {environment.prefix}, such as api-, or one whole "
            "name, such as api-keys.",
            key="prefix",
        )
