"""No policy admits everyone. A wildcard principal is fine if a condition limits it."""

from collections.abc import Iterator
from dataclasses import replace

from ...domain.access.actions import DECRYPT, READ
from ...domain.access.context import lambda_caller
from ...domain.access.evidence import AccessEvidence, Evidence, Known, Missing, NotAsked
from ...domain.access.finding import Finding, Remedy, Step
from ...domain.access.path import Answer, ask_decrypt, ask_read
from ...domain.access.policies import AttachedPolicy, list_policies, parsed
from ...domain.access.reading import why_unknown
from ...domain.iam import Evaluation, PolicyKind, Request, StatementResult, evaluate
from ..remedies.policy_changes import cli, terraform, with_statement
from ..remedies.trials import UNKNOWN_ACCOUNT, as_role, remedy
from ..wording.explain import names, sentence, shown, statement_name
from ..wording.reporter import Reporter

TITLE = "No policy is open to everyone"
report = Reporter(__name__, "secret", "matters")
_ACTIONS = {"secret": READ, "key": DECRYPT, "trust": "sts:AssumeRole"}
_STEPS: dict[str, Step] = {"key": "key", "trust": "role"}


def check(evidence: AccessEvidence) -> Finding:
    found = [
        (policy, result) for policy in list_policies(evidence) for result in _open(evidence, policy)
    ]
    if not found:
        unread = [
            (what, item)
            for what, item in _policies(evidence).items()
            if not isinstance(item, Known | Missing | NotAsked)
        ]
        if unread:
            return report.skipped(
                f"Whether every principal is limited was not checked: {why_unknown(*unread[0])}."
            )
        return report.passed("No policy lets in whoever comes.")
    policy, result = found[0]
    text = names(f"{statement_name(each)} of {where.title}" for where, each in found)
    finding = report.fail(
        (
            f"{sentence(text)} lets in any AWS account: its principal is a wildcard, and no "
            "condition limits it."
        ),
        "open to everybody",
        shown=shown(evidence, [each for _, each in found], _ACTIONS[policy.location]),
        remedy=_remedy(evidence, policy, result),
        see=_see(evidence, policy),
    )
    return replace(finding, step=_STEPS.get(policy.location, "secret"))


def _policies(evidence: AccessEvidence) -> dict[str, Evidence[str]]:
    return {"the secret's policy": evidence.resource_policy, "the key policy": evidence.key_policy}


def _open(evidence: AccessEvidence, policy: AttachedPolicy) -> Iterator[StatementResult]:
    """Yield Allow statements whose wildcard admits a role of an unknown account."""
    evaluation = _asked_by_a_stranger(evidence, policy)
    if evaluation and evaluation.is_allowed:
        yield from (
            r
            for r in evaluation.statements
            if r.matches
            and r.layer == "resource"
            and r.effect == "Allow"
            and r.principal == "everyone"
        )


def _asked_by_a_stranger(evidence: AccessEvidence, policy: AttachedPolicy) -> Evaluation | None:
    stranger = as_role(evidence, UNKNOWN_ACCOUNT)
    if policy.location == "secret":
        return ask_read(stranger, READ).evaluation
    if policy.location == "key":
        return ask_decrypt(stranger).evaluation
    return (
        _assumed_by_a_stranger(evidence, policy)
        if policy.location == "trust" and policy.statements
        else None
    )


def _assumed_by_a_stranger(evidence: AccessEvidence, policy: AttachedPolicy) -> Evaluation:
    asked = ask_read(as_role(evidence, UNKNOWN_ACCOUNT), READ).request
    assert asked is not None
    trust = parsed(policy.name, policy.text, PolicyKind.TRUST)
    request: Request = replace(
        asked,
        action="sts:AssumeRole",
        resource=policy.arn,
        resource_policy=trust,
        unreadable_layers=frozenset(),
    )
    return evaluate(request)


def _remedy(
    evidence: AccessEvidence, policy: AttachedPolicy, result: StatementResult
) -> Remedy | None:
    """Remove the statement if the Lambda reads without it, else name the Lambda's role in it."""
    name, index = statement_name(result), result.statement.index
    gone = with_statement(
        policy, index, None, f"Take {name} out of {policy.title}, or name those who are meant."
    )
    if policy.location == "trust":
        return Remedy(gone.words, terraform(gone), cli(evidence, gone))
    role, ask = (
        lambda_caller(evidence).role_arn,
        ask_decrypt if policy.location == "key" else _ask_read,
    )
    if ask(gone.applied(evidence)).is_allowed:
        return remedy(evidence, gone, ask)
    document = {
        key: value for key, value in result.statement.document.items() if key != "NotPrincipal"
    }
    words = f"Name the role that is meant in {name} of {policy.title}."
    return remedy(
        evidence,
        with_statement(policy, index, {**document, "Principal": {"AWS": role}}, words),
        ask,
    )


def _ask_read(evidence: AccessEvidence) -> Answer:
    return ask_read(evidence, READ)


def _see(evidence: AccessEvidence, policy: AttachedPolicy) -> tuple[str, ...]:
    found = {"key": evidence.key_policy, "trust": evidence.role}.get(
        policy.location, evidence.resource_policy
    )
    return (found.call.cli,) if found.call.cli else ()
