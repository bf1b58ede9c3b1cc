"""The policy of the VPC endpoint that the function's calls come through allows them.

Secrets Manager calls AWS KMS itself, so the policy of an endpoint for AWS KMS decides nothing here.
https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ...domain.access.actions import DESCRIBE, READ
from ...domain.access.context import lambda_caller
from ...domain.access.evidence import AccessEvidence
from ...domain.access.expected_policies import endpoint_statement
from ...domain.access.finding import Finding, Remedy
from ...domain.access.path import Answer, ask_read
from ...domain.access.policies import list_policies
from ...domain.access.sides import denying
from ...domain.access.way import find_way
from ...domain.iam import Evaluation, Layer, LayerDecision, StatementResult
from ..judging.judgement import explanation
from ..remedies.fixes import find_remedy
from ..remedies.policy_changes import with_new_statement
from ..remedies.trials import remedy
from ..traps.find import repaired
from ..wording import lambda_errors
from ..wording.explain import names, nearest, shown
from ..wording.reporter import Reporter

TITLE = "The VPC endpoint policy allows the calls"
report = Reporter(__name__, "network")
_REFUSING = (LayerDecision.EXPLICITLY_DENIED, LayerDecision.IMPLICITLY_DENIED)


def check(evidence: AccessEvidence) -> Finding:
    name, way = evidence.environment.lambda_function, find_way(evidence)
    if not way.is_seen:
        text = f"Whether a VPC endpoint policy lets {name} through was not checked"
        return report.skipped(f"{text}: see function_reaches_secrets_manager.")
    if way.endpoint is None:
        return report.passed(f"{name} calls Secrets Manager through no VPC endpoint.")
    endpoint, see = way.endpoint.id, (evidence.network.endpoints.call.cli,)
    answers = {action: ask_read(evidence, action) for action in (READ, DESCRIBE)}
    refused = [action for action, answer in answers.items() if _decision(answer) in _REFUSING]
    if not refused:
        if doubt := _doubt(answers[READ], endpoint):
            text = f"Whether the policy of {endpoint} lets {name} through is not known: {doubt}"
            return report.unknown(text, see=see)
        return report.passed(f"The policy of {endpoint} lets {name} through.", see=see)
    left = [each for each in refused if _decision(ask_read(repaired(evidence), each)) in _REFUSING]
    if not left:
        text = f"The policy of {endpoint} does not allow {names(refused)}"
        return report.skipped(f"{text}: {explanation(evidence)}.", "endpoint policy refuses")
    return _fail(evidence, endpoint, left, see)


def _decision(answer: Answer) -> LayerDecision | None:
    return answer.evaluation.layers.get(Layer.ENDPOINT) if answer.evaluation else None


def _doubt(answer: Answer, endpoint: str) -> str:
    """Return why the policy's decision is uncertain: malformed, or with an unknown condition."""
    if answer.malformed and answer.malformed.policy == endpoint:
        return f"{answer.malformed.message.rstrip('.')}."
    if _decision(answer) is not LayerDecision.UNDETERMINED or answer.evaluation is None:
        return ""
    results = _statements(answer.evaluation)
    return " ".join(doubt for result in results for doubt in result.doubts)


def _fail(
    evidence: AccessEvidence, endpoint: str, refused: list[str], see: tuple[str, ...]
) -> Finding:
    action, role = refused[0], evidence.environment.lambda_role
    evaluation = ask_read(evidence, action).evaluation
    assert evaluation is not None
    denies = denying(evaluation, [Layer.ENDPOINT])
    how = "denies" if denies else "does not allow"
    layer = "endpoint deny" if denies else "endpoint"
    alone = replace(evaluation, statements=tuple(_statements(evaluation)))
    return report.fail(
        f"The policy of {endpoint} {how} {names(refused)} to {role}.",
        "endpoint policy refuses",
        weight="decides" if action == READ else "matters",
        shown=shown(evidence, denies or nearest(alone), action),
        error=lambda_errors.refused(evidence, action, layer),
        remedy=_remedy(evidence, evaluation, action),
        see=see,
    )


def _statements(evaluation: Evaluation) -> Iterator[StatementResult]:
    return (result for result in evaluation.statements if result.layer is Layer.ENDPOINT)


def _remedy(evidence: AccessEvidence, evaluation: Evaluation, action: str) -> Remedy | None:
    ask = partial(ask_read, action=action)
    if denying(evaluation, [Layer.ENDPOINT]):
        return find_remedy(evidence, evaluation, ask, [Layer.ENDPOINT])
    policy = next(item for item in list_policies(evidence) if item.location == "endpoint")
    role = lambda_caller(evidence).role_arn
    added = endpoint_statement(evidence.environment, evidence.secret_name, role)
    words = f"Let the policy of {policy.name} allow {evidence.environment.lambda_role} to read."
    return remedy(evidence, with_new_statement(policy, added, words), ask)
