"""Who can read a secret: asks AWS for everybody at once, and has each answer judged."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ...domain.access.account import EVERYBODY, AccountDetails
from ...domain.access.answers import Row, WhoCan
from ...domain.access.evidence import (
    AccessEvidence,
    Evidence,
    Known,
    NotAsked,
    learn,
    not_known,
    why_unavailable,
)
from ...domain.access.gains import Turn, find_turns
from ...domain.access.reach import Ability, Verdict
from ...domain.access.who import who_can
from ...domain.environment import Environment
from ...domain.errors import ConsoleError
from ...domain.people.actor import Actor
from ...domain.session_scope import WHO
from ...domain.texts import BYTE_ORDER_MARK, csv_text
from ..aws_access import gateways
from .gather import Gathering
from .gathered import PENDING

WORDS = {True: "yes", False: "no", None: "cannot be told"}
COLUMNS = (
    *("principal", "kind", "account", "expected"),
    *(ability.value for ability in Ability),
    *("read_by", "read_missing", "read_condition", "may_be_assumed_by", "last_used"),
)


class WhoCanReadIsOff(ConsoleError):
    """The environment does not let the console list the account's roles and users."""

    status = 409
    title = "Who can read is switched off here"

    def __init__(self, environment: Environment) -> None:
        super().__init__(
            f"The console was not told that its role in {environment} may list the account's "
            "roles and users, so it did not ask AWS.",
            remedy=(
                "Allow its role iam:GetAccountAuthorizationDetails (who_can_read = true in "
                f"Terraform), then set who_can_read = true for {environment} in the "
                "environments file."
            ),
        )


class _Gathering(Gathering):
    """Of the secret and its key, and of everybody in the account. No value is read."""

    scope = WHO

    def _ask_first(self) -> None:
        aws, secrets = self.aws, self.aws.secrets_manager
        self.answers["facts"] = NotAsked("a value, which is not read here")
        self._ask("details", aws.iam.get_account_authorization_details)
        self._ask_about_organization()
        self._ask("secret", secrets.describe_secret, self.name, then=self._ask_about_encryption)
        self._ask(
            "versions", secrets.list_secret_version_ids, self.name, then=self._ask_about_encryption
        )
        self._ask("resource_policy", secrets.get_resource_policy, self.name)
        self._ask(
            "alias",
            aws.kms.describe_key,
            self.environment.kms_alias,
            then=self._ask_about_encryption,
        )

    def _ask_about_policies_of(self, key: str) -> None:
        self._ask("key_policy", self.aws.kms.get_key_policy, key)
        self._ask("grants", self.aws.kms.list_grants, key)


def find_who_can(environment: Environment, secret_name: str, actor: Actor) -> WhoCan:
    """Everybody's answer now. Whatever AWS refuses is part of it.

    Raises WhoCanReadIsOff and InvalidSecretName.
    """
    return who_can(*gather_everybody(environment, secret_name, actor))


def gather_everybody(
    environment: Environment, secret_name: str, actor: Actor
) -> tuple[AccessEvidence, Evidence[AccountDetails]]:
    """The evidence about a secret and about everybody. Raises as `find_who_can`."""
    if not environment.who_can_read:
        raise WhoCanReadIsOff(environment)
    gathering = _Gathering(environment, secret_name, actor)
    for _ in gathering.run():
        pass
    details = gathering.answers.get("details", PENDING)
    more = details.value.pages - 1 if isinstance(details, Known) else 0
    evidence = gathering.evidence()
    return replace(evidence, calls=evidence.calls + more), details


def find_gains(
    evidence: AccessEvidence, location: str, text: str, actor: Actor
) -> tuple[tuple[Turn, ...], tuple[str, ...]]:
    """Who would gain or lose, were the policy at `location` this text; and what is not known.

    `evidence` is what was gathered of the path. Raises WhoCanReadIsOff, and LookupError for a
    location that is not on the path.
    """
    environment = evidence.environment
    if not environment.who_can_read:
        raise WhoCanReadIsOff(environment)
    details = learn(gateways(environment, actor, WHO).iam.get_account_authorization_details)
    if not isinstance(details, Known):
        return (), (not_known(EVERYBODY, why_unavailable(details)),)
    return find_turns(evidence, details, location, text)


def as_csv(rows: Iterable[Row]) -> str:
    """A line for each principal, in the columns of the page."""
    lines = [[cells[column] for column in COLUMNS] for cells in map(_cells, rows)]
    return BYTE_ORDER_MARK + csv_text([COLUMNS, *lines])


def as_json(found: WhoCan, rows: Iterable[Row]) -> str:
    """The same with every column's reasons, and with what was not seen."""
    document = {
        "environment": found.environment,
        "secret": found.secret,
        "read_at": found.read_at.isoformat(timespec="seconds"),
        "control_policies": found.control,
        "not_seen": list(found.gaps),
        "services": list(found.services),
        "calls": found.calls,
        "principals": [_entry(row) for row in rows],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _cells(row: Row) -> dict[str, str]:
    return {
        "principal": row.title,
        "kind": row.kind,
        "account": row.account,
        "expected": "yes" if row.is_expected else "no",
        **{ability.value: WORDS[verdict.can] for ability, verdict in row.verdicts.items()},
        "read_by": "; ".join(row.read.by),
        "read_missing": "; ".join(row.read.missing),
        "read_condition": row.read.condition,
        "may_be_assumed_by": "; ".join(row.trusted),
        "last_used": f"{row.last_used:%Y-%m-%d}" if row.last_used else "",
    }


def _entry(row: Row) -> dict[str, Any]:
    return {
        "principal": row.title,
        "kind": row.kind,
        "account": row.account,
        "expected": row.is_expected,
        **{ability.value: _verdict(verdict) for ability, verdict in row.verdicts.items()},
        "may_be_assumed_by": list(row.trusted),
        "last_used": row.last_used.isoformat() if row.last_used else None,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "can": verdict.can,
        "by": list(verdict.by),
        "missing": list(verdict.missing),
        "condition": verdict.condition,
    }
