"""No policy lets in whoever comes: too open is a fault as well. A wildcard principal is fine where a condition limits it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...domain.access.context import lambda_caller
from ...domain.access.evidence import AccessEvidence, Evidence, Known, Missing, NotAsked
from ...domain.access.finding import Finding, Remedy, Step
from ...domain.access.path import Answer, ask_decrypt, ask_read, told
from ...domain.access.policy_places import PolicyPlace, parsed, places
from ...domain.iam import Evaluation, PolicyKind, Request, StatementResult, evaluate
from ..remedies.policy_changes import cli, terraform, with_statement
from ..remedies.trials import as_role, remedy
from ..traps.trap import READ
from ..wording.explain import names, sentence, shown, statement_name
from ..wording.says import Says

say = Says(__name__, "secret", "matters")
_ELSEWHERE = "000000000000"
_ACTIONS = {"secret": READ, "key": "kms:Decrypt", "trust": "sts:AssumeRole"}
_STEPS: dict[str, Step] = {"key": "key", "trust": "role"}


def check(evidence: AccessEvidence) -> Finding:
    found = [(place, result) for place in places(evidence) for result in _open(evidence, place)]
    if not found:
        unread = [
            (what, item)
            for what, item in _policies(evidence).items()
            if not isinstance(item, Known | Missing | NotAsked)
        ]
        if unread:
            return say.skipped(
                f"Whether every principal is limited was not checked: {told(*unread[0])}."
            )
        return say.passed("No policy lets in whoever comes.")
    place, result = found[0]
    text = names(f"{statement_name(each)} of {where.title}" for where, each in found)
    finding = say.fail(
        f"{sentence(text)} lets in any AWS account: its principal is a wildcard, and no condition limits it.", "open to everybody",
        shown=shown(evidence, [each for _, each in found], _ACTIONS[place.place]), remedy=_remedy(evidence, place, result), see=_see(evidence, place),
    )  # fmt: skip
    return replace(finding, step=_STEPS.get(place.place, "secret"))


def _policies(evidence: AccessEvidence) -> dict[str, Evidence[str]]:
    return {"the secret's policy": evidence.resource_policy, "the key policy": evidence.key_policy}


def _open(evidence: AccessEvidence, place: PolicyPlace) -> Iterator[StatementResult]:
    """Allow statements that let a role of an account that nobody knows through by a wildcard."""
    evaluation = _asked_by_a_stranger(evidence, place)
    if evaluation and evaluation.is_allowed:
        yield from (
            r
            for r in evaluation.statements
            if r.matches
            and r.layer == "resource"
            and r.effect == "Allow"
            and r.principal == "everyone"
        )


def _asked_by_a_stranger(evidence: AccessEvidence, place: PolicyPlace) -> Evaluation | None:
    stranger = as_role(evidence, _ELSEWHERE)
    if place.place == "secret":
        return ask_read(stranger, READ).evaluation
    if place.place == "key":
        return ask_decrypt(stranger).evaluation
    return (
        _assumed_by_a_stranger(evidence, place)
        if place.place == "trust" and place.statements
        else None
    )


def _assumed_by_a_stranger(evidence: AccessEvidence, place: PolicyPlace) -> Evaluation:
    asked = ask_read(as_role(evidence, _ELSEWHERE), READ).request
    assert asked is not None
    policy = parsed(place.name, place.text, PolicyKind.TRUST)
    request: Request = replace(
        asked,
        action="sts:AssumeRole",
        resource=place.arn,
        resource_policy=policy,
        unreadable_layers=frozenset(),
    )
    return evaluate(request)


def _remedy(evidence: AccessEvidence, place: PolicyPlace, result: StatementResult) -> Remedy | None:
    """The statement goes where the Lambda reads without it; otherwise it names the Lambda's role in the place of the wildcard."""
    name, index = statement_name(result), result.statement.index
    gone = with_statement(
        place, index, None, f"Take {name} out of {place.title}, or name those who are meant."
    )
    if place.place == "trust":
        return Remedy(gone.words, terraform(gone), cli(evidence, gone))
    role, ask = lambda_caller(evidence).role_arn, ask_decrypt if place.place == "key" else _ask_read
    if ask(gone.applied(evidence)).is_allowed:
        return remedy(evidence, gone, ask)
    document = {
        key: value for key, value in result.statement.document.items() if key != "NotPrincipal"
    }
    words = f"Name the role that is meant in {name} of {place.title}."
    return remedy(
        evidence, with_statement(place, index, {**document, "Principal": {"AWS": role}}, words), ask
    )


def _ask_read(evidence: AccessEvidence) -> Answer:
    return ask_read(evidence, READ)


def _see(evidence: AccessEvidence, place: PolicyPlace) -> tuple[str, ...]:
    found = {"key": evidence.key_policy, "trust": evidence.role}.get(
        place.place, evidence.resource_policy
    )
    return (found.call.cli,) if found.call.cli else ()
