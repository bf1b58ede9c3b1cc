"""Finds a remedy for a refusal: the smallest change that helps and opens nothing else."""

import copy
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from ...domain.access.actions import BATCH
from ...domain.access.aws_managed_key import is_placeholder
from ...domain.access.context import secret_arn
from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.expected_policies import (
    SECRETS_ACCESS,
    batch_statement,
    decrypt_statement,
    is_managed_by_aws,
    key_statement,
    read_statement,
    role_arn,
    secret_pattern,
)
from ...domain.access.finding import Remedy
from ...domain.access.outsiders import ANY_ROLE
from ...domain.access.path import Answer
from ...domain.access.policies import AttachedPolicy, list_policies, policy_of
from ...domain.access.sides import denying, near_misses
from ...domain.iam import (
    NEGATED_TEXT_OPERATORS,
    TEXT_OPERATORS,
    Effect,
    Evaluation,
    Layer,
    LayerDecision,
    Request,
    StatementResult,
    as_list,
)
from ..wording.explain import statement_name
from .policy_changes import (
    Change,
    with_new_statement,
    with_statement,
    without_action,
    without_statement,
)
from .tags import tag_remedy, text_of
from .trials import probe, remedy

Ask = Callable[[AccessEvidence], Answer]
_VERSION = "kms:encryptioncontext:secretversionid"


def find_remedy(
    evidence: AccessEvidence,
    evaluation: Evaluation,
    ask: Ask,
    layers: Iterable[Layer] = tuple(Layer),
) -> Remedy | None:
    """Return a remedy, for Denies in `layers` only; None if only a person can decide."""
    denies, request = denying(evaluation, layers), ask(evidence).request
    if request is None:
        return None
    count = len(denying(evaluation))
    tagged = tag_remedy(
        evidence,
        request,
        denies or near_misses(evaluation),
        ask,
        lambda answer: _helps(answer, count),
    )
    if tagged:
        return tagged
    if denies:
        candidates: Iterable[Change] = (
            change for deny in denies for change in lifted(evidence, request, deny)
        )
    else:
        misses = near_misses(evaluation)
        candidates = [
            change
            for miss in misses
            for change in corrected(evidence, request, miss, TEXT_OPERATORS)
        ]
        candidates = candidates or list(_added(evidence, request, evaluation))
    chosen = _choose(evidence, candidates, ask, count)
    return remedy(evidence, chosen, ask) if chosen else None


def _choose(
    evidence: AccessEvidence, candidates: Iterable[Change], ask: Ask, denies: int
) -> Change | None:
    helping: list[Change] = []
    for change in candidates:
        after = change.applied(evidence)
        if _helps(ask(after), denies):
            if not probe(evidence, after)[0]:
                return change
            helping.append(change)
    return helping[0] if helping else None


def _helps(answer: Answer, denies: int) -> bool:
    if answer.is_allowed or answer.evaluation is None:
        return answer.is_allowed
    return denies == 0 or len(denying(answer.evaluation)) < denies


def lifted(evidence: AccessEvidence, request: Request, deny: StatementResult) -> Iterator[Change]:
    """Yield changes after which a Deny no longer applies to this call.

    First by correcting its values, then by excluding this role or resource, then by removing it.
    """
    try:
        policy = policy_of(evidence, deny)
    except LookupError:
        return
    name = statement_name(deny)
    yield from corrected(evidence, request, deny, NEGATED_TEXT_OPERATORS)
    if policy.layer in (Layer.RESOURCE, Layer.ENDPOINT):
        yield from _exempted(request, policy, deny, name)
    else:
        yield from _spared(evidence, request, policy, deny, name)
    yield without_statement(policy, deny.statement.index, name)


def _exempted(
    request: Request, policy: AttachedPolicy, deny: StatementResult, name: str
) -> Iterator[Change]:
    """Exempt this caller; the Deny stays for everyone else."""
    document, role = _copy(deny), str(request.context.get("aws:PrincipalArn", ""))
    principal = document.get("Principal")
    listed = as_list(principal.get("AWS", [])) if isinstance(principal, dict) else []
    ours = [item for item in listed if item in (role, request.principal)]
    operator, key, value = "ArnNotEquals", "aws:PrincipalArn", role
    if role.endswith(f"/{ANY_ROLE}"):
        operator, key, value = "StringNotEquals", "aws:PrincipalAccount", role.split(":")[4]
    if ours and len(ours) < len(listed):
        document["Principal"]["AWS"] = [item for item in listed if item not in ours]
    elif not ours and value:
        values = document.setdefault("Condition", {}).setdefault(operator, {})
        values[key] = [*as_list(values.get(key, [])), value]
    else:
        # The Deny names this role alone, so the statement is removed.
        return
    yield with_statement(
        policy,
        deny.statement.index,
        document,
        f"Exclude {value.rpartition('/')[2]} from {name} of {policy.title}.",
    )


def _spared(
    evidence: AccessEvidence,
    request: Request,
    policy: AttachedPolicy,
    deny: StatementResult,
    name: str,
) -> Iterator[Change]:
    """Exempt this resource in a policy of the role itself; the Deny stays for all else."""
    arn = _resource(evidence, request)
    document = None if is_placeholder(arn) else _with_exception(_copy(deny), arn)
    if document:
        yield with_statement(
            policy, deny.statement.index, document, f"Exclude {arn} from {name} of {policy.title}."
        )
    if change := without_action(policy, deny.statement.index, request.action, name):
        yield change


def _with_exception(document: dict[str, Any], arn: str) -> dict[str, Any] | None:
    """Return a Deny on everything, or on everything but a list, that excludes one more resource."""
    if "NotResource" in document:
        document["NotResource"] = [*as_list(document["NotResource"]), arn]
        return document
    if document.get("Resource") in ("*", ["*"]):
        document["NotResource"] = arn
        del document["Resource"]
        return document
    return None


def corrected(
    evidence: AccessEvidence, request: Request, result: StatementResult, operators: Collection[str]
) -> Iterator[Change]:
    """Yield changes that give conditions the values of this request.

    A wrong kms:ViaService is replaced, since a call comes from one Region. A version of the secret
    is no condition, since each save makes another. To any other list the value is added.
    """
    try:
        policy, document = policy_of(evidence, result), _copy(result)
    except LookupError:
        return
    corrections = _without_version(document) if result.effect is Effect.ALLOW else []
    for operator, keys in document.get("Condition", {}).items():
        for key, wanted in keys.items() if operator in operators else ():
            if key.casefold() == _VERSION:
                continue
            actual = text_of(request, key)
            if actual and actual not in as_list(wanted):
                is_replaced = len(as_list(wanted)) == 1 and key.casefold() in (
                    "kms:viaservice",
                    "kms:calleraccount",
                )
                keys[key] = actual if is_replaced else [*as_list(wanted), actual]
                corrections.append(f"{key} must {'be' if is_replaced else 'allow'} {actual}")
    if corrections:
        yield with_statement(
            policy,
            result.statement.index,
            document,
            f"In {statement_name(result)} of {policy.title}: {', '.join(corrections)}.",
        )


def _without_version(document: dict[str, Any]) -> list[str]:
    """Take the conditions on the version of the secret out of a statement; say so."""
    conditions = document.pop("Condition", {})
    pairs = [(operator, key) for operator, keys in conditions.items() for key in keys]
    found = [(operator, key) for operator, key in pairs if key.casefold() == _VERSION]
    for operator, key in found:
        del conditions[operator][key]
    if left := {operator: keys for operator, keys in conditions.items() if keys}:
        document["Condition"] = left
    return [f"no condition on {key}, since each save makes a new version" for _, key in found[:1]]


def _added(evidence: AccessEvidence, request: Request, evaluation: Evaluation) -> Iterator[Change]:
    """Yield changes that add the set-up guide's statement."""
    environment, key = evidence.environment, evidence.key
    if not request.is_self_governing:
        read = read_statement(environment, evidence.secret_name)
        yield from _in_secrets_access(
            evidence, batch_statement() if request.action == BATCH else read
        )
    elif isinstance(key, Known):
        # The key policy delegates to IAM.
        if evaluation.layers.get(Layer.RESOURCE) is LayerDecision.ALLOWED_FOR_ACCOUNT:
            yield from _in_secrets_access(evidence, decrypt_statement(environment, key.value.arn))
        role = (
            evidence.role.value.arn if isinstance(evidence.role, Known) else role_arn(environment)
        )
        for policy in list_policies(evidence):
            if policy.location == "key":
                words = (
                    f"In the key policy, allow {environment.lambda_role} to decrypt through "
                    "Secrets Manager."
                )
                yield with_new_statement(policy, key_statement(environment, role), words)


def _in_secrets_access(evidence: AccessEvidence, statement: dict[str, Any]) -> Iterator[Change]:
    """Add a statement to the secrets policy, or else to another policy of the role."""
    own = [
        p
        for p in list_policies(evidence)
        if p.location.startswith("identity:") and not is_managed_by_aws(p.arn)
    ]
    for policy in sorted(own, key=lambda p: p.name != SECRETS_ACCESS)[:1]:
        yield with_new_statement(policy, statement, f"Add the statement to policy {policy.name}.")


def _resource(evidence: AccessEvidence, request: Request) -> str:
    if request.action.startswith("kms:"):
        return request.resource
    is_known = isinstance(evidence.secret, Known)
    return (
        secret_arn(evidence)
        if is_known
        else secret_pattern(evidence.environment, evidence.secret_name)
    )


def _copy(result: StatementResult) -> dict[str, Any]:
    return copy.deepcopy(dict(result.statement.document))
