"""The organization's service and resource control policies (SCPs, RCPs) allow the calls.

Where AWS does not let them be read, an answer goes without them, and says so.
"""

from collections.abc import Mapping

from ...domain.access.actions import DECRYPT, DESCRIBE
from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.finding import Finding, Remedy
from ...domain.access.organization import describe_control, is_seen, missing_control
from ...domain.access.path import Answer
from ...domain.access.sides import CONTROL
from ...domain.iam import Effect, Evaluation, Layer, LayerDecision, StatementResult
from ..wording import lambda_errors
from ..wording.explain import CONTROL_POLICIES, nearest, shown, why
from ..wording.explain import names as joined
from ..wording.missing_statements import missing_statements
from ..wording.reporter import Reporter
from .boundary_allows import questions

TITLE = "The organization's policies allow the calls"
report = Reporter(__name__, "policies")
_DENIED = LayerDecision.EXPLICITLY_DENIED
_REFUSED = (_DENIED, LayerDecision.IMPLICITLY_DENIED)


def check(evidence: AccessEvidence) -> Finding:
    found = evidence.organization
    see = (found.call.cli,) if found.call.cli else ()
    if not is_seen(evidence):
        levels = found.value.levels if isinstance(found, Known) else None
        return report.unknown(
            describe_control(evidence),
            weight="decides" if missing_control(evidence) else "second opinion",
            missing=missing_statements(evidence, found, levels),
            see=see,
        )
    answers = {action: ask(evidence) for action, ask in questions(evidence).items()}
    for layer in CONTROL:
        refused = {
            action: answer.evaluation
            for action, answer in answers.items()
            if answer.evaluation and answer.evaluation.layers.get(layer) in _REFUSED
        }
        if refused:
            return _fail(evidence, layer, refused, see)
    for action, answer in answers.items():
        if doubt := " ".join(dict.fromkeys(_doubts(answer))):
            role = evidence.environment.lambda_role
            return report.unknown(
                f"Whether the organization's policies allow {action} to {role} is not known: "
                f"{doubt}",
                weight="matters" if action == DESCRIBE else "decides",
                see=see,
            )
    return report.passed(describe_control(evidence), "organization allows", see=see)


def _fail(
    evidence: AccessEvidence, layer: Layer, refused: Mapping[str, Evaluation], see: tuple[str, ...]
) -> Finding:
    action, evaluation = next(iter(refused.items()))
    is_denied = evaluation.layers[layer] is _DENIED
    role, kind = evidence.environment.lambda_role, CONTROL_POLICIES[layer]
    results = _deciding(evaluation, layer, is_denied)
    said = [f"{why(r, action).rstrip('.')} (policy {r.policy})" for r in results]
    reasons = "; ".join(f"{text[:1].lower()}{text[1:]}" for text in said)
    how = f"deny {joined(refused)} to" if is_denied else f"do not allow {joined(refused)} to"
    error = lambda_errors.refused(evidence, action, f"{layer} deny" if is_denied else str(layer))
    return report.fail(
        f"The organization's {kind.replace('policy', 'policies')} {how} {role}: "
        f"{reasons or 'at one level, from the account up to the root, no statement does'}.",
        f"{kind} refuses",
        weight="matters" if list(refused) == [DESCRIBE] else "decides",
        shown=shown(evidence, results, action),
        error=lambda_errors.KMS_NOT_ALLOWED if action == DECRYPT else error,
        remedy=Remedy(
            f"Ask whoever runs the organization to let its policies allow {joined(refused)} to "
            f"{role}. Nothing in this account can."
        ),
        see=see,
    )


def _deciding(evaluation: Evaluation, layer: Layer, is_denied: bool) -> list[StatementResult]:
    """The Denies that apply, or the Allows that come closest."""
    if is_denied:
        found = [r for r in evaluation.statements if r.matches and r.effect is Effect.DENY]
    else:
        found = nearest(evaluation)
    return [result for result in found if result.layer is layer]


def _doubts(answer: Answer) -> list[str]:
    """Why the decision of these layers is uncertain: malformed, or with an unknown condition."""
    evaluation = answer.evaluation
    if evaluation is None:
        return []
    layers = [layer for layer in CONTROL if evaluation.layers.get(layer) == "Undetermined"]
    found = [d for r in evaluation.statements if r.layer in layers for d in r.doubts]
    malformed = answer.malformed and answer.malformed.message
    return [*found, *([f"{malformed.rstrip('.')}."] if layers and malformed else [])]
