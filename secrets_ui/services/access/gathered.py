"""The answers of a gathering so far, and the evidence made of them. What was never asked names the
answer that it depended on."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from ...domain.access.evidence import (
    AccessEvidence,
    Denial,
    Evidence,
    Known,
    NotAsked,
    RoleEvidence,
)
from ...domain.access.network import NO_VPC, Network
from ...domain.environment import Environment
from ...domain.secrets.catalog import SecretSpec

PENDING = NotAsked("an answer that has not come yet")
_WITHOUT_KEY = NotAsked("the key that encrypts the current version")
_WITHOUT_ROLE = NotAsked("a role of this console")
# Asked in any case.
_ALWAYS = (
    "caller", "function", "role", "attached", "inline", "secret",
    "resource_policy", "versions", "alias", "facts",
)  # fmt: skip
_OF_THE_VPC = ("endpoints", "route_tables", "subnets", "security_groups")
_OF_THE_KEY = ("key", "key_policy", "grants", "rotation")


class Gathered(dict[str, Evidence[Any]]):
    """Answers by name. A policy's document stands under `attached:ARN`, `inline:NAME`,
    `unattached:ARN` or `console:NAME`.
    """

    def evidence(
        self,
        environment: Environment,
        secret_name: str,
        spec: SecretSpec,
        *,
        pending: Collection[str],
        value_was_read: bool,
        seconds: float,
    ) -> AccessEvidence:
        """`pending` names the questions without an answer yet."""
        answers = Gathered({**dict.fromkeys(pending, PENDING), **self})
        return AccessEvidence(
            environment=environment,
            secret_name=secret_name,
            spec=spec,
            read_at=datetime.now(UTC),
            **{name: answers.get(name, PENDING) for name in _ALWAYS},
            denials=answers._denials(),
            documents=answers._members("attached", "inline"),
            unattached=answers._members("unattached"),
            boundary=answers._boundary("role", "boundary"),
            **{name: answers.get(name, _WITHOUT_KEY) for name in _OF_THE_KEY},
            simulated=answers.get("simulated", NotAsked("the role and the secret")),
            console=answers._console(),
            network=Network(**{name: answers.get(name, NO_VPC) for name in _OF_THE_VPC}),
            value_was_read=value_was_read,
            calls=self._calls(value_was_read),
            seconds=seconds,
        )

    def _console(self) -> RoleEvidence:
        names = ("console", "console-attached", "console-inline")
        role, attached, inline = (self.get(name, _WITHOUT_ROLE) for name in names)
        boundary = self._boundary("console", "console-boundary")
        return RoleEvidence(role, attached, inline, self._members("console"), boundary)

    def _denials(self) -> Evidence[tuple[Denial, ...]]:
        """Of one secret and of several at once, newest first."""
        found = self.get("denials", PENDING), self.get("batch-denials", PENDING)
        match found:
            case Known(single), Known(batch):
                never = datetime.min.replace(tzinfo=UTC)
                merged = sorted((*single, *batch), key=lambda d: d.at or never, reverse=True)
                return Known(tuple(merged), found[0].call)
        return next(answer for answer in found if not isinstance(answer, Known))

    def _boundary(self, role: str, boundary: str) -> Evidence[Any] | None:
        found = self.get(role)
        if not isinstance(found, Known):
            return NotAsked("the role")
        return self.get(boundary, PENDING) if found.value.boundary else None

    def _members(self, *prefixes: str) -> dict[str, Evidence[Any]]:
        found = ((name.partition(":"), answer) for name, answer in self.items())
        return {
            name: answer for (prefix, colon, name), answer in found if colon and prefix in prefixes
        }

    def _calls(self, value_was_read: bool) -> int:
        """Two for a policy's document, none for known facts; a key may be the alias's answer."""
        answers = {
            id(answer): answer for name, answer in self.items() if value_was_read or name != "facts"
        }.values()
        twice = sum(a.call.operation == "iam:GetPolicyVersion" for a in answers)
        return len(answers) + twice
