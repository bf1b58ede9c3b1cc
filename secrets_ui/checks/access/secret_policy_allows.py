"""The secret's own policy denies nothing that the Lambda needs."""

from ...domain.access.actions import DESCRIBE, READ
from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.finding import Finding
from ...domain.access.path import Answer, ask_read
from ...domain.access.sides import denying
from ...domain.iam import Layer, StatementResult
from ..judging.reading import reasons
from ..remedies.fixes import find_remedy
from ..traps.find import repaired
from ..wording import lambda_errors
from ..wording.explain import shown
from ..wording.reporter import Reporter

TITLE = "The secret's policy denies nothing needed"
report = Reporter(__name__, "secret")


def check(evidence: AccessEvidence) -> Finding:
    role, name, found = (
        evidence.environment.lambda_role,
        evidence.secret_name,
        evidence.resource_policy,
    )
    if not isinstance(found, Known):
        is_deleted = isinstance(evidence.secret, Known) and evidence.secret.value.deleted
        # AWS shows no policy of a secret that is scheduled for deletion.
        if is_deleted:
            return report.skipped(
                f"The policy of {name} was not read: the secret is scheduled for deletion."
            )
        return report.cannot_tell(
            evidence, f"the policy of {name} lets {role} through", "the secret's own policy", found
        )
    see = (found.call.cli,)
    answer = ask_read(evidence, READ)
    if answer.malformed and answer.malformed.policy == name:
        return report.unknown(
            (
                f"Whether the policy of {name} lets {role} through is not known: "
                f"{answer.malformed.message.rstrip('.')}."
            ),
            see=see,
        )
    if not found.value:
        return report.passed(
            f"{name} has no policy of its own, and needs none in its own account.",
            "no policy of its own",
            see=see,
        )
    mended = repaired(evidence)
    for action in (READ, DESCRIBE):
        if denies := _denies(ask_read(mended, action)):
            return _fail(evidence, action, denies, see)
    if doubtful := _doubtful(answer):
        return report.unknown(
            f"Whether the policy of {name} lets {role} through is not known: {doubtful}", see=see
        )
    return report.passed(
        f"The policy of {name} denies nothing that {role} needs.",
        "its policy denies nothing",
        see=see,
    )


def _denies(answer: Answer) -> list[StatementResult]:
    return denying(answer.evaluation, [Layer.RESOURCE]) if answer.evaluation else []


def _doubtful(answer: Answer) -> str:
    """Return why Deny statements may apply: their conditions depend on something unknown."""
    if answer.evaluation is None:
        return ""
    doubtful = [
        r
        for r in answer.evaluation.statements
        if r.matches is None and r.layer is Layer.RESOURCE and r.effect == "Deny"
    ]
    return " ".join(doubt for result in doubtful for doubt in result.doubts)


def _fail(
    evidence: AccessEvidence, action: str, denies: list[StatementResult], see: tuple[str, ...]
) -> Finding:
    name, evaluation = evidence.secret_name, ask_read(evidence, action).evaluation
    text = (
        f"The policy of {name} refuses {action} to {evidence.environment.lambda_role}: "
        f"{reasons(denies, action)}"
    )
    assert evaluation is not None
    return report.fail(
        text,
        "denied by its policy",
        weight="decides" if action == READ else "matters",
        shown=shown(evidence, denies, action),
        error=lambda_errors.refused(evidence, action, "resource deny"),
        remedy=find_remedy(
            evidence, evaluation, lambda changed: ask_read(changed, action), [Layer.RESOURCE]
        ),
        see=see,
    )
