"""The caller, and which callers a Principal or NotPrincipal element names.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from .context import Context
from .errors import MalformedRequest
from .truth import Truth

_NAME = r"(?P<name>[\w+=,.@-]+)"
_ENTITY = re.compile(
    rf"arn:aws[a-z-]*:iam::(?P<account>\d{{12}}):(?P<kind>role|user)/(?:[!-9;-~]*/)?{_NAME}",
    re.ASCII,
)
_SESSION = re.compile(
    rf"arn:aws[a-z-]*:sts::(?P<account>\d{{12}}):assumed-role/{_NAME}/[\w+=,.@-]+", re.ASCII
)
_UNNAMED_SESSION = re.compile(
    rf"arn:aws[a-z-]*:sts::(?P<account>\d{{12}}):assumed-role/{_NAME}/", re.ASCII
)
_FEDERATED = re.compile(
    rf"arn:aws[a-z-]*:sts::(?P<account>\d{{12}}):federated-user/{_NAME}", re.ASCII
)
_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::(?P<root>\d{12}):root|(?P<id>\d{12}))", re.ASCII)


class PrincipalMatch(StrEnum):
    """How a resource policy's statement names the caller, the most direct way first."""

    EVERYONE = "everyone"
    """By `*`, or by not listing the caller in a NotPrincipal."""
    CALLER = "caller"
    """By exactly the caller's ARN."""
    ROLE = "role"
    """The caller is a session of the named role."""
    ACCOUNT = "account"
    """By the account, which delegates to the account's IAM policies."""
    NOBODY = "nobody"
    UNKNOWN = "unknown"
    """A NotPrincipal that lists only part of the caller's identity, and so "might deny"; or a
    session of the caller's role, where the name of the caller's own is not known."""

    # Enum's own hash is written in Python.
    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True)
class Caller:
    """A role, a role session, or a user. A running Lambda is a role session. Where the session's
    name is not known, its ARN ends with the slash.

    A user is an IAM user or a federated user session, which policies name in the same way.
    """

    arn: str
    account: str
    name: str
    """Name of the user or role: unique in its account, whatever the path."""
    is_user: bool
    role: str | None
    """For a role session, its role's ARN with the path, when aws:PrincipalArn gives it."""
    is_session: bool

    @property
    def may_be_any_session(self) -> bool:
        return self.arn.endswith("/")

    @property
    def is_plain_role(self) -> bool:
        """Whether the caller is a role itself, not a session of it."""
        return not (self.is_session or self.is_user)


def is_caller(arn: str) -> bool:
    """Whether somebody may bear this ARN: conditions name anything, and AWS does not check them."""
    forms = (_ENTITY, _FEDERATED, _SESSION, _UNNAMED_SESSION)
    return any(form.fullmatch(arn) for form in forms)


def find_caller(arn: str, context: Context) -> Caller:
    """Parse the caller's ARN. Raises MalformedRequest when it is none of the kinds above.

    aws:PrincipalArn "returns the ARN of the role", with its path, which the session's ARN lacks.
    """
    found = context.lookup("aws:principalarn")
    return _caller(arn, found[0] if isinstance(found, tuple) else None)


@lru_cache(maxsize=256)
def _caller(arn: str, principal_arn: str | None) -> Caller:
    if entity := _ENTITY.fullmatch(arn):
        return Caller(arn, entity["account"], entity["name"], entity["kind"] == "user", None, False)
    if federated := _FEDERATED.fullmatch(arn):
        return Caller(arn, federated["account"], federated["name"], True, None, False)
    session = _SESSION.fullmatch(arn) or _UNNAMED_SESSION.fullmatch(arn)
    if not session:
        raise MalformedRequest("principal", "expected the ARN of a role, a role session or a user")
    account, name = session["account"], session["name"]
    role = _ENTITY.fullmatch(principal_arn or "")
    is_ours = role and (role["account"], role["kind"], role["name"]) == (account, "role", name)
    return Caller(arn, account, name, False, principal_arn if is_ours else None, True)


@dataclass(frozen=True, slots=True)
class PrincipalElement:
    """A Principal element, or a NotPrincipal (`is_negated`).

    Services, identity providers and ids of deleted principals (`AROA…`) never match a caller. An
    ARN with a wildcard matches nobody, since principals have no partial wildcards.
    """

    is_negated: bool
    everyone: bool
    arns: frozenset[str]
    roles: frozenset[tuple[str, str]]
    """Account and name of each role among the ARNs."""
    sessions_of: frozenset[tuple[str, str]]
    """Account and role name of each role session among the ARNs."""
    accounts: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str], *, is_negated: bool) -> "PrincipalElement":
        """`names` are the values under the type AWS, or `*`."""
        names = frozenset(names)
        entities = [entity for name in names if (entity := _ENTITY.fullmatch(name))]
        sessions = [session for name in names if (session := _SESSION.fullmatch(name))]
        accounts = [account for name in names if (account := _ACCOUNT.fullmatch(name))]
        return cls(
            is_negated,
            everyone="*" in names,
            arns=names,
            roles=frozenset((e["account"], e["name"]) for e in entities if e["kind"] == "role"),
            sessions_of=frozenset((s["account"], s["name"]) for s in sessions),
            accounts=frozenset(account["root"] or account["id"] for account in accounts),
        )

    def match(self, caller: Caller, has_boundary: Truth, is_deny: bool) -> PrincipalMatch:
        if self.is_negated:
            return self._match_deny(caller, has_boundary) if is_deny else self._match_allow(caller)
        if self.everyone:
            return PrincipalMatch.EVERYONE
        if caller.arn in self.arns:
            return PrincipalMatch.CALLER
        lists_role = self._lists_role_of(caller)
        # A boundary limits what is allowed to the role, and not what is to its session.
        if self._may_list(caller) and (has_boundary is not False or not lists_role):
            return PrincipalMatch.UNKNOWN
        if lists_role:
            return PrincipalMatch.ROLE
        return PrincipalMatch.ACCOUNT if caller.account in self.accounts else PrincipalMatch.NOBODY

    def may_name(self, arns: frozenset[str], account: str, role: str) -> bool:
        """Whether `match` may find somebody who has these ARNs, in any session of the role ("" for
        none). Where not, it finds NOBODY.
        """
        is_open = self.is_negated or self.everyone or account in self.accounts
        is_listed = not self.arns.isdisjoint(arns)
        return is_open or is_listed or (account, role) in self.roles | self.sessions_of

    def _match_deny(self, caller: Caller, has_boundary: Truth) -> PrincipalMatch:
        """NotPrincipal in a Deny: everyone not listed, and any principal with a boundary.

        AWS spares a caller when every part of its identity is listed: for a role session the
        session, its role and its account. When the role is listed and none of its sessions is,
        AWS says that the policy "might deny".
        """
        if has_boundary or not self._may_spare(caller):
            return PrincipalMatch.EVERYONE
        is_spared = self.everyone or self._lists_all_of(caller)
        if is_spared and has_boundary is False:
            return PrincipalMatch.NOBODY
        return PrincipalMatch.UNKNOWN

    def _match_allow(self, caller: Caller) -> PrincipalMatch:
        """NotPrincipal in an Allow: any part that is listed leaves the answer open."""
        if self.everyone or self._lists_all_of(caller):
            return PrincipalMatch.NOBODY
        lists_a_part = (
            self._lists_caller_or_role(caller)
            or caller.account in self.accounts
            or (caller.account, caller.name) in self.sessions_of
        )
        return PrincipalMatch.UNKNOWN if lists_a_part else PrincipalMatch.EVERYONE

    def _may_spare(self, caller: Caller) -> bool:
        """Whether a Deny may spare the caller. The account alone spares none of its principals,
        and a list of other sessions of the role means those, not this one.
        """
        if self.everyone or caller.arn in self.arns or self._may_list(caller):
            return True
        lists_others = (caller.account, caller.name) in self.sessions_of
        return self._lists_role_of(caller) and not lists_others

    def _lists_all_of(self, caller: Caller) -> bool:
        lists_role = self._lists_role_of(caller) or not caller.is_session
        return caller.arn in self.arns and lists_role and caller.account in self.accounts

    def _lists_caller_or_role(self, caller: Caller) -> bool:
        return caller.arn in self.arns or self._lists_role_of(caller)

    def _may_list(self, caller: Caller) -> bool:
        """Whether it lists sessions of which one may be the caller's."""
        return caller.may_be_any_session and (caller.account, caller.name) in self.sessions_of

    def _lists_role_of(self, caller: Caller) -> bool:
        if not caller.is_session:
            return False
        if caller.role:
            return caller.role in self.arns
        return (caller.account, caller.name) in self.roles
