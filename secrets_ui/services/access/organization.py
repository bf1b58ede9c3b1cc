"""An account's organization: what is attached from the account upwards to the root."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol, get_args

from ...aws.organizations import Kind, OrganizationsGateway
from ...domain.access.evidence import (
    AccessEvidence,
    ControlPolicies,
    Document,
    Evidence,
    Known,
    Membership,
    Organization,
)
from .gathered import PENDING

MOST_LEVELS = 7  # the account, five levels of units, and the root
_ROOT = "r-"
Answers = Mapping[str, Evidence[Any]]


class Ask(Protocol):
    """Begins a call, keeps its answer under a name, and hands it to `then`."""

    def __call__(self, name: str, call: Any, *args: Any, then: Any = ...) -> None: ...


class OrganizationQuestions:
    """Asks side by side what does not hang on another answer. AWS shows the parent to nobody to
    whom it does not show the policies, so where that is refused nothing else is asked.
    """

    def __init__(self, ask: Ask, aws: OrganizationsGateway, account: str) -> None:
        self._ask, self._aws, self._account = ask, aws, account
        self._targets = [account]
        self._policies: set[str] = set()

    def begin(self) -> None:
        self._ask("organization", self._aws.describe_organization, then=self._ask_upwards)

    def _ask_upwards(self, answer: Evidence[Membership]) -> None:
        if isinstance(answer, Known):
            self._ask_parent()

    def _ask_parent(self) -> None:
        child = self._targets[-1]
        self._ask(f"parent:{child}", self._aws.list_parents, child, then=self._ask_level)

    def _ask_level(self, answer: Evidence[str]) -> None:
        if not isinstance(answer, Known):
            return
        new = [answer.value] if len(self._targets) > 1 else [self._account, answer.value]
        self._targets.append(answer.value)
        if not answer.value.startswith(_ROOT) and len(self._targets) < MOST_LEVELS:
            self._ask_parent()
        for target in new:
            for kind in get_args(Kind):
                ask = partial(self._aws.list_policies_for_target, target, kind)
                self._ask(f"{kind}:{target}", ask, then=self._ask_documents)

    def _ask_documents(self, answer: Evidence[tuple[str, ...]]) -> None:
        for policy in answer.value if isinstance(answer, Known) else ():
            if policy not in self._policies:
                self._policies.add(policy)
                self._ask(f"control:{policy}", self._aws.describe_policy, policy)


def organization_of(answers: Answers, account: str) -> Evidence[Organization]:
    """A policy that could not be read leaves all of them unknown: a part would look like all."""
    found = answers.get("organization", AccessEvidence.organization)
    if not isinstance(found, Known):
        return found
    try:
        levels: Evidence[tuple[ControlPolicies, ...]] = Known(_levels(answers, account), found.call)
    except _NotKnown as error:
        levels = error.found
    return Known(Organization(found.value.id, found.value.management, levels), found.call)


class _NotKnown(Exception):
    def __init__(self, found: Evidence[Any]) -> None:
        self.found = found


def _value(answers: Answers, name: str) -> Any:
    """Raises _NotKnown."""
    found = answers.get(name, PENDING)
    if isinstance(found, Known):
        return found.value
    raise _NotKnown(found)


def _levels(answers: Answers, account: str) -> tuple[ControlPolicies, ...]:
    """From the account to the root. Raises _NotKnown."""
    targets = [account]
    while not targets[-1].startswith(_ROOT) and len(targets) < MOST_LEVELS:
        targets.append(_value(answers, f"parent:{targets[-1]}"))
    return tuple(
        [
            ControlPolicies(target, *[_attached(answers, target, kind) for kind in get_args(Kind)])
            for target in targets
        ]
    )


def _attached(answers: Answers, target: str, kind: str) -> tuple[Document, ...]:
    attached = _value(answers, f"{kind}:{target}")
    return tuple([_value(answers, f"control:{policy}") for policy in attached])
