"""Statements that give one principal one action, or deny it: each as narrow as it can be."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...domain.access.evidence import AccessEvidence, Document, Known
from ...domain.access.expected_policies import is_managed_by_aws
from ...domain.access.path import Answer
from ...domain.access.policies import AttachedPolicy, list_policies, policy_of
from ...domain.access.question import Question
from ...domain.errors import AwsCall
from ...domain.iam import (
    Effect,
    Evaluation,
    Layer,
    LayerDecision,
    PolicyKind,
    PrincipalMatch,
    Request,
    StatementResult,
    as_list,
)
from ..wording.explain import statement_name
from .policy_changes import Change, holder, with_new_statement, with_statement

_TRIED = AwsCall("tried")
_NOT_IN_A_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)


@dataclass(frozen=True)
class InlineChange(Change):
    """An inline policy of the principal's own, which may be new."""

    def applied(self, evidence: AccessEvidence) -> AccessEvidence:
        typed = Known(Document(self.policy.name, self.text), _TRIED)
        return replace(evidence, documents={**evidence.documents, self.policy.name: typed})


def give_to_identity(
    question: Question, evidence: AccessEvidence, answer: Answer
) -> Iterator[Change]:
    """A statement in an inline policy of the role or the user."""
    if question.has_policies and answer.request:
        statement = _statement("Allow", answer.request)
        words = f"Allow {_what(answer.request)} in an inline policy of {_owner(evidence)}."
        yield _inline(with_new_statement(_own_inline(evidence), statement, words))


def give_to_resource(
    question: Question, evidence: AccessEvidence, answer: Answer
) -> Iterator[Change]:
    """The principal in a statement that is there; or a statement of its own, in the policy of the
    secret or the key.
    """
    policy = _of_resource(evidence, answer.request)
    if policy is None or answer.request is None:
        return
    if answer.evaluation:
        yield from _added_to_statement(question, evidence, answer.evaluation)
    statement = _statement("Allow", answer.request, question.named)
    words = f"Let {policy.title} allow {answer.request.action} to {question.named}."
    yield with_new_statement(policy, statement, words)


def give_to_boundary(
    question: Question, evidence: AccessEvidence, answer: Answer
) -> Iterator[Change]:
    """A statement in a permissions boundary that does not allow it."""
    found = answer.evaluation.layers.get(Layer.BOUNDARY) if answer.evaluation else None
    if found is not LayerDecision.IMPLICITLY_DENIED or answer.request is None:
        return
    for policy in list_policies(evidence):
        if policy.location == "boundary" and not is_managed_by_aws(policy.arn):
            words = f"Let the permissions boundary {policy.name} allow {_what(answer.request)}."
            yield with_new_statement(policy, _statement("Allow", answer.request), words)


def deny(question: Question, evidence: AccessEvidence) -> Iterator[Change]:
    """Deny the first call of each way that is open: in an inline policy of the principal's own, or
    else in the policies of the secret and the key.
    """
    requests = [way[0].request for way in question.answers(evidence) if way[0].truth is not False]
    policy = _own_inline(evidence)
    for request in requests:
        if request is None or not question.named:
            return
        if question.has_policies:
            words = f"Deny {_what(request)} in an inline policy of {_owner(evidence)}."
            change: Change = _inline(with_new_statement(policy, _statement("Deny", request), words))
        elif resource := _of_resource(evidence, request):
            words = f"Let {resource.title} deny {request.action} to {question.named}."
            statement = _statement("Deny", request, question.named)
            change = with_new_statement(resource, statement, words)
        else:
            return
        yield change
        evidence = change.applied(evidence)
        policy = _own_inline(evidence)


def _added_to_statement(
    question: Question, evidence: AccessEvidence, evaluation: Evaluation
) -> Iterator[Change]:
    """Name the principal in a statement that allows this, and little else, to others."""
    for result in evaluation.statements:
        if not _names_others(result):
            continue
        try:
            policy = policy_of(evidence, result)
        except LookupError:
            continue
        document = dict(result.statement.document)
        named: Any = document["Principal"]
        document["Principal"] = {**named, "AWS": [*as_list(named["AWS"]), question.named]}
        words = f"Add {question.named} to {statement_name(result)} of {policy.title}."
        yield with_statement(policy, result.statement.index, document, words)


def _names_others(result: StatementResult) -> bool:
    """Whether an Allow lacks nothing but the principal, and its actions are written out."""
    document = result.statement.document
    principal, actions = document.get("Principal"), as_list(document.get("Action", "*"))
    return (
        result.layer is Layer.RESOURCE
        and result.effect is Effect.ALLOW
        and result.principal is PrincipalMatch.NOBODY
        and bool(result.action and result.resource and result.condition)
        and isinstance(principal, Mapping)
        and "AWS" in principal
        and not any("*" in str(action) or "?" in str(action) for action in actions)
    )


def _statement(effect: str, request: Request, principal: str = "") -> dict[str, Any]:
    """Of this call alone: a key is used through Secrets Manager alone, if it is so used."""
    _, _, action = request.action.partition(":")
    via = request.context.get("kms:ViaService")
    condition = {"StringEquals": {"kms:ViaService": via}} if via and effect == "Allow" else {}
    return {
        "Sid": f"{effect}{action}",
        "Effect": effect,
        **({"Principal": {"AWS": principal}} if principal else {}),
        "Action": request.action,
        "Resource": "*" if principal else _resource(request),
        **({"Condition": condition} if condition else {}),
    }


def _resource(request: Request) -> str:
    """With any six characters for the end of a secret: a new one of its name has others."""
    if request.action.startswith("secretsmanager:"):
        return f"{request.resource.rpartition('-')[0]}-??????"
    return request.resource


def _what(request: Request) -> str:
    return f"{request.action} on {_resource(request)}"


def _owner(evidence: AccessEvidence) -> str:
    return " ".join(holder(evidence))


def _inline(change: Change) -> InlineChange:
    return InlineChange(change.policy, change.statements, change.words, change.shown)


def _own_inline(evidence: AccessEvidence) -> AttachedPolicy:
    """The inline policy named after the secret, as it is; or an empty one."""
    name = _NOT_IN_A_NAME.sub("-", evidence.secret_name)[:128]
    empty = AttachedPolicy(f"identity:{name}", PolicyKind.IDENTITY, Layer.IDENTITY, name, "")
    found = (p for p in list_policies(evidence) if p.location == empty.location)
    return next(found, empty)


def _of_resource(evidence: AccessEvidence, request: Request | None) -> AttachedPolicy | None:
    """The policy of the secret, or of the key, if it is known and such a policy decides."""
    service = request.action.partition(":")[0] if request else ""
    location = {"secretsmanager": "secret", "kms": "key"}.get(service)
    return next((p for p in list_policies(evidence) if p.location == location), None)
