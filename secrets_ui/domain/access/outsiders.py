"""Who is named by a secret's policy, a key policy or a grant, and is none of the account's roles
and users.

Of these the own policies are not seen. Another account has to allow it as well, so it is taken to
do so: the answer is what this account lets in.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import AwsCall
from ..iam import Effect, Grant, Statement, is_caller
from .context import PRINCIPAL_TAGS, Caller
from .evidence import Document, Known, NotAsked, RoleEvidence
from .reach import ASSUMED
from .session_names import ANY_SESSION, filled

ANY_ACCOUNT = "000000000000"
"""Stands for an account that no policy names."""
ANY_ROLE = "any.role.of.it"
"""Stands for any principal of an account. No policy means this name."""
_ARN = re.compile(
    r"arn:(aws[a-z-]*):(?:iam|sts)::(\d{12}|\*):"
    r"(root|(?:role|user|assumed-role|federated-user)/[^:]+|\*)"
)
_ACCOUNT_ID = re.compile(r"\d{12}")
_KEYS_OF_WHOM = frozenset({"aws:principalaccount", "kms:calleraccount", "aws:principalarn"})
_UNKNOWN = frozenset(
    [
        *("aws:userid", "aws:username", "aws:PrincipalType", "aws:SourceIdentity"),
        *("aws:FederatedProvider", PRINCIPAL_TAGS),
    ]
)
_CALL = AwsCall("")
_ALLOWS_ALL = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'


@dataclass(frozen=True)
class Outsider:
    """Who is named, in a caller's form. `title` is what a policy calls them."""

    title: str
    account: str
    caller: Caller


def find_outsiders(
    statements: Iterable[Statement], grants: Iterable[Grant], account: str, insiders: set[str]
) -> tuple[Outsider, ...]:
    """Find everybody outside `insiders`, the ARNs that were listed; anybody else comes first.

    Whoever conditions name counts as well: `*` with a condition on the account means that account.
    """
    statements = list(statements)
    anybody = f"arn:aws:iam::{ANY_ACCOUNT}:root"
    others = [arn for arn in _in_conditions(statements) if arn.split(":")[4] != account]
    named = [
        arn
        for arn in _as_principals(statements, grants)
        if arn.split(":")[4] != account or _is_unlisted(arn, insiders)
    ]
    found = [_outsider(arn, account) for arn in dict.fromkeys([anybody, *sorted(named + others)])]
    return tuple({outsider.caller.arn: outsider for outsider in found}.values())


def _as_principals(statements: Iterable[Statement], grants: Iterable[Grant]) -> Iterator[str]:
    for grant in grants:
        yield from _arns(grant.grantee)
    for statement in statements:
        for text in statement.principals.arns if statement.principals else ():
            yield from _arns(text)


def _in_conditions(statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        for condition in statement.conditions:
            if condition.lookup in _KEYS_OF_WHOM:
                for text in condition.wanted:
                    yield from _arns(text)


def _arns(text: str) -> Iterator[str]:
    """The ARN that a text names, its wildcards filled; an account's id is its root. None for what
    nobody can be called, such as a session's ARN without the session.
    """
    if _ACCOUNT_ID.fullmatch(text):
        yield f"arn:aws:iam::{text}:root"
    elif found := _ARN.fullmatch(text):
        partition, account, name = found.groups()
        owner = ANY_ACCOUNT if account == "*" else account
        service = "sts" if name.startswith(("assumed-role/", "federated-user/")) else "iam"
        arn = f"arn:{partition}:{service}::{owner}:{'root' if name == '*' else filled(name)}"
        if arn.endswith(":root") or is_caller(arn):
            yield arn


def _is_unlisted(arn: str, insiders: set[str]) -> bool:
    """Whether IAM's list holds no such role, user or session of a role."""
    kind, _, rest = arn.split(":")[5].partition("/")
    if kind == "assumed-role":
        ending = f"/{rest.partition('/')[0]}"
        return not any(":role/" in listed and listed.endswith(ending) for listed in insiders)
    return kind != "root" and arn not in insiders


def _outsider(arn: str, ours: str) -> Outsider:
    partition, account, name = arn.split(":")[1], arn.split(":")[4], arn.split(":")[5]
    kind, _, rest = name.partition("/")
    title = f"any principal of account {account}" if kind == "root" else arn
    if account == ANY_ACCOUNT:
        title = "anybody in any AWS account" if kind == "root" else arn.replace(account, "*")
    session = f"arn:{partition}:sts::{account}:assumed-role"
    evidence = _unseen() if account == ours else _open()
    unknown = _UNKNOWN
    match kind:
        case "root":
            role = f"arn:{partition}:iam::{account}:role/{ANY_ROLE}"
            caller = f"{session}/{ANY_ROLE}/{ANY_SESSION}"
        case "role":
            role, caller = arn, f"{session}/{rest.rpartition('/')[2]}/{ANY_SESSION}"
        case "assumed-role":
            role, caller, unknown = "", arn, _UNKNOWN | {"aws:PrincipalArn"}
        case _:
            role = caller = arn
    return Outsider(
        title, account, Caller(caller, role, evidence, is_lambda=False, unknown=unknown)
    )


def _open() -> RoleEvidence:
    document = Known(Document(ASSUMED, _ALLOWS_ALL), _CALL)
    return RoleEvidence(
        NotAsked(ASSUMED), Known((), _CALL), Known((), _CALL), {ASSUMED: document}, None
    )


def _unseen() -> RoleEvidence:
    """Of this account, and not listed: a federated user, or a role while no list could be had."""
    listed = NotAsked("the list of roles and users")
    return RoleEvidence(listed, listed, listed, {}, listed)


def services_named(statements: Iterable[Statement], action: str) -> tuple[str, ...]:
    """Services of AWS that a secret's policy lets do `action`, in the order of its statements."""
    found: list[str] = []
    for statement in statements:
        principal = statement.document.get("Principal")
        if statement.effect is Effect.ALLOW and statement.actions.matches(action.casefold()):
            named = principal.get("Service", []) if isinstance(principal, dict) else []
            found += named if isinstance(named, list) else [named]
    return tuple(dict.fromkeys(found))
