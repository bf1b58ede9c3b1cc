"""Who can read a secret: asks AWS for everybody at once, and has each answer judged."""

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from ...domain.access.account import EVERYBODY, AccountDetails, AccountTooLarge
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
from ...domain.texts import BYTE_ORDER_MARK, as_rfc3339, csv_text
from ..aws_access import gateways
from .gather import Gathering
from .gathered import PENDING
from .kept_readers import LIVE, LastLook, last_look
from .probable_authors import ToldChange

WORDS = {True: "yes", False: "no", None: "cannot be told"}
COLUMNS = (
    *("principal", "kind", "account", "expected"),
    *(ability.value for ability in Ability),
    *("read_by", "read_missing", "read_condition", "may_be_assumed_by", "last_used"),
)
CHANGE_COLUMNS = (
    *("found_at", "look_before", "principal", "change", "what", "by", "expected"),
    *("probably_by",),
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


class NoLookYet(AccountTooLarge):
    """A page does not ask about so many, and the status runner has not yet."""

    remedy = "Look now asks the status runner for one; manage.py who_can_read answers at once."


class _Gathering(Gathering):
    """Of the secret and its key, and of everybody in the account. No value is read."""

    scope = WHO
    most = 0  # roles and users; 0: however many

    def _ask_first(self) -> None:
        self.answers["facts"] = NotAsked("a value, which is not read here")
        self._ask("details", self.aws.iam.get_account_authorization_details, self.most)
        self._ask_about_organization()
        self._ask_about_name(then=self._ask_about_encryption)

    def _ask_about_policies_of(self, key: str) -> None:
        self._ask("key_policy", self.aws.kms.get_key_policy, key)
        self._ask("grants", self.aws.kms.list_grants, key)


def find_for_page(
    environment: Environment, secret_name: str, actor: Actor
) -> tuple[WhoCan | None, LastLook]:
    """Everybody's answer now, or of a large account that of the last look: None before the first.

    Raises WhoCanReadIsOff, InvalidSecretName and DatabaseError.
    """
    last = last_look(environment, environment.secret_name(secret_name))
    if last.answer and environment.who_can_read:
        return last.answer, last
    try:
        return find_who_can(environment, secret_name, actor, LIVE), last
    except AccountTooLarge:
        return None, last


def find_who_can(environment: Environment, secret_name: str, actor: Actor, most: int = 0) -> WhoCan:
    """Everybody's answer now. Whatever AWS refuses is part of it.

    Raises WhoCanReadIsOff and InvalidSecretName; AccountTooLarge where there are more than `most`
    roles and users.
    """
    return who_can(*gather_everybody(environment, secret_name, actor, most))


def gather_everybody(
    environment: Environment, secret_name: str, actor: Actor, most: int
) -> tuple[AccessEvidence, Evidence[AccountDetails]]:
    """The evidence about a secret and about everybody. Raises as `find_who_can`."""
    if not environment.who_can_read:
        raise WhoCanReadIsOff(environment)
    gathering = _Gathering(environment, secret_name, actor)
    gathering.most = most
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
    iam = gateways(environment, actor, WHO).iam
    try:
        details = learn(partial(iam.get_account_authorization_details, LIVE))
    except AccountTooLarge as error:
        return (), (f"{error.message} So who gains and who loses is not told here.",)
    if not isinstance(details, Known):
        return (), (not_known(EVERYBODY, why_unavailable(details)),)
    return find_turns(evidence, details, location, text)


def as_csv(rows: Iterable[Row]) -> str:
    """A line for each principal, in the columns of the page."""
    lines = [[cells[column] for column in COLUMNS] for cells in map(_cells, rows)]
    return BYTE_ORDER_MARK + csv_text([COLUMNS, *lines])


def changes_as_csv(last: LastLook) -> str:
    """A line for each change that looks have found, the latest first."""
    found = map(_change, last.changes)
    lines = [["; ".join(v) if isinstance(v, list) else v for v in f.values()] for f in found]
    return BYTE_ORDER_MARK + csv_text([CHANGE_COLUMNS, *lines])


def as_json(found: WhoCan, rows: Iterable[Row], last: LastLook) -> str:
    """The same with every column's reasons, with what was not seen, and with what has changed."""
    document = {
        "environment": found.environment,
        "secret": found.secret,
        "read_at": found.read_at.isoformat(timespec="seconds"),
        "control_policies": found.control,
        "not_seen": list(found.gaps),
        "services": list(found.services),
        "calls": found.calls,
        "failed_calls": found.failed_calls,
        "principals": [_entry(row) for row in rows],
        "others_who_can_do_nothing": found.others,
        "last_look": as_rfc3339(last.at),
        "changes": [_change(told) for told in last.changes],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _change(told: ToldChange) -> dict[str, Any]:
    change = told.change
    values = (
        *(change.at, change.after, change.principal, "gained" if change.is_gain else "lost"),
        *(list(change.abilities), list(change.by), change.is_expected, told.author),
    )
    return dict(zip(CHANGE_COLUMNS, values, strict=True))


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
