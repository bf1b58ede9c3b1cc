"""The roles and users of an account with all that decides about them, as IAM lists them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..errors import AwsCall, ConsoleError
from .evidence import Document, Evidence, Known, Missing, Role, RoleEvidence

EVERYBODY = "the account’s roles and users"
OF_GROUP = " of group "
"""Stands between a group's policy and its group, in the name that a user has it by."""


class AccountTooLarge(ConsoleError):
    """It has more roles and users than whoever asks would wait for."""

    status = 503
    title = "The account is too large to be answered at once"

    def __init__(self, most: int) -> None:
        super().__init__(f"The account has more than {most} roles and users.")


@dataclass(frozen=True)
class Group:
    """A group of users. `attached` are ARNs of managed policies."""

    inline: tuple[Document, ...]
    attached: tuple[str, ...]


@dataclass(frozen=True)
class Principal:
    """A role or a user. Of a user, `identity` has no trust policy.

    `attached` are ARNs of managed policies, `groups` names. `last_used` is when AWS last saw a
    session of the role; AWS says nothing of the kind about a user.
    """

    identity: Role
    inline: tuple[Document, ...]
    attached: tuple[str, ...]
    groups: tuple[str, ...] = ()
    last_used: datetime | None = None

    @property
    def title(self) -> str:
        """What a policy calls it."""
        return self.identity.arn

    @property
    def is_user(self) -> bool:
        return ":user/" in self.identity.arn


@dataclass(frozen=True)
class AccountDetails:
    """What GetAccountAuthorizationDetails lists. `policies` are the default versions by ARN."""

    principals: tuple[Principal, ...]
    groups: Mapping[str, Group]
    policies: Mapping[str, Document]
    pages: int = 1

    def holders_of(self, arn: str) -> int:
        """Of how many roles and users a managed policy is one, directly, by a group or as limit."""
        return sum(arn in self._managed_of(principal) for principal in self.principals)

    def _managed_of(self, principal: Principal) -> Iterator[str]:
        yield from principal.attached
        yield principal.identity.boundary
        for name in principal.groups:
            yield from self.groups[name].attached if name in self.groups else ()

    def differing(self, other: AccountDetails) -> frozenset[str]:
        """ARNs of the roles and users whose own policies are others there, by whatever they have
        them. Both are of the same roles and users.
        """
        policies = _keys_of_others(self.policies, other.policies)
        groups = _keys_of_others(self.groups, other.groups)
        return frozenset(
            was.title
            for was, now in zip(self.principals, other.principals, strict=True)
            if was != now
            or not groups.isdisjoint(was.groups)
            or not policies.isdisjoint(self._managed_of(was))
        )

    def evidence_of(self, principal: Principal, call: AwsCall) -> RoleEvidence:
        """A policy that is attached and not in the list is missing, so the layer is not known."""
        boundary = principal.identity.boundary
        return RoleEvidence(
            Known(principal.identity, call),
            attached=Known(principal.attached, call),
            inline=Known((), call),
            documents=dict(self._documents(principal, call)),
            boundary=self._managed(boundary, call) if boundary else None,
        )

    def _documents(
        self, principal: Principal, call: AwsCall
    ) -> Iterator[tuple[str, Evidence[Document]]]:
        for document in principal.inline:
            yield document.name, Known(document, call)
        for arn in principal.attached:
            yield arn, self._managed(arn, call)
        for name in principal.groups:
            group = self.groups.get(name)
            if group is None:
                yield f"of group {name}", Missing(call)
                continue
            for document in group.inline:
                title = f"{document.name}{OF_GROUP}{name}"
                yield title, Known(Document(title, document.text), call)
            for arn in group.attached:
                yield arn, self._managed(arn, call)

    def _managed(self, arn: str, call: AwsCall) -> Evidence[Document]:
        found = self.policies.get(arn)
        return Known(found, call) if found else Missing(call)


def _keys_of_others(old: Mapping[str, object], new: Mapping[str, object]) -> set[str]:
    return {key for key in {**old, **new} if old.get(key) != new.get(key)}
