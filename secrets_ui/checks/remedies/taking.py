"""Takes out what allows one principal something: the smallest piece of a statement that does."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ...domain.access.context import account_of
from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.expected_policies import is_managed_by_aws
from ...domain.access.path import Answer
from ...domain.access.policies import AttachedPolicy, policy_of
from ...domain.access.question import Question
from ...domain.access.reach import ASSUMED
from ...domain.iam import Effect, Grant, Layer, PrincipalMatch, Request, StatementResult, as_list
from ..wording.explain import statement_name
from .policy_changes import Change, holder, with_statement, without_action, without_statement


@dataclass(frozen=True)
class RevokedGrant:
    """A grant of the key that is revoked. Its id is not kept, so there is no command."""

    grant: Grant
    cli: str = ""
    shown: tuple[Any, ...] = ()

    @property
    def words(self) -> str:
        return f"Revoke grant {self.grant.name} of the key."

    def applied(self, evidence: AccessEvidence) -> AccessEvidence:
        if not isinstance(evidence.grants, Known):
            return evidence
        left = tuple(grant for grant in evidence.grants.value if grant != self.grant)
        return replace(evidence, grants=replace(evidence.grants, value=left))


Taken = Change | RevokedGrant


def take_out(question: Question, evidence: AccessEvidence) -> Taken | None:
    """The next change, of the call that the fewest statements allow; None if there is none."""
    for way in question.answers(evidence):
        if all(answer.truth is not False for answer in way):
            hops = [list(_taken(evidence, answer)) for answer in way]
            return next((changes[0] for changes in sorted(hops, key=len) if changes), None)
    return None


def _taken(evidence: AccessEvidence, answer: Answer) -> Iterator[Taken]:
    if answer.evaluation is None or answer.request is None:
        return
    for result in answer.evaluation.statements:
        if _gives(result, answer.request):
            try:
                policy = policy_of(evidence, result)
            except LookupError:
                continue
            yield _without(evidence, policy, result, answer.request)
    for granted in answer.evaluation.grants:
        if granted.matches is not False:
            yield RevokedGrant(granted.grant)


def _gives(result: StatementResult, request: Request) -> bool:
    """Whether an Allow lets the caller in. What leaves it to IAM does so for the whole account, and
    without it nobody could look after the key.
    """
    leaves_it_to_iam = (
        result.principal is PrincipalMatch.ACCOUNT
        and account_of(request.principal) == request.resource_account
    )
    return (
        result.effect is Effect.ALLOW
        and result.matches is not False
        and result.layer in (Layer.IDENTITY, Layer.RESOURCE)
        and result.policy != ASSUMED
        and not leaves_it_to_iam
    )


def _names(result: StatementResult, request: Request) -> set[object]:
    """How the statement may name the caller."""
    account = account_of(request.principal)
    if result.principal is PrincipalMatch.ACCOUNT:
        return {account, f"arn:{request.principal.split(':')[1]}:iam::{account}:root"}
    return {request.principal, request.context.get("aws:PrincipalArn")}


def _without(
    evidence: AccessEvidence, policy: AttachedPolicy, result: StatementResult, request: Request
) -> Change:
    """Without the caller among others, or the action among others, or the whole statement."""
    name, index = statement_name(result), result.statement.index
    if is_managed_by_aws(policy.arn):
        return Change(policy, (), f"Detach {policy.name} from {_holder(evidence, policy.arn)}.")
    document: dict[str, Any] = dict(result.statement.document)
    principal = document.get("Principal")
    listed = as_list(principal.get("AWS", [])) if isinstance(principal, dict) else []
    ours = [item for item in listed if item in _names(result, request)]
    if ours and len(ours) < len(listed):
        document["Principal"] = {**principal, "AWS": [item for item in listed if item not in ours]}  # type: ignore[dict-item]
        words = f"Remove {ours[0]} from {name} of {policy.title}."
        return with_statement(policy, index, document, words)
    fewer = without_action(policy, index, request.action, name)
    return fewer or without_statement(policy, index, name)


def _holder(evidence: AccessEvidence, arn: str) -> str:
    """Who has a managed policy: the role or the user, or a group of the user."""
    whom = " ".join(holder(evidence))
    is_direct = not isinstance(evidence.attached, Known) or arn in evidence.attached.value
    return whom if is_direct else f"the group by which {whom} has it"
