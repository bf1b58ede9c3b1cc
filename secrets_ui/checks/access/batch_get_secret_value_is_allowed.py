"""The role is allowed secretsmanager:BatchGetSecretValue, where the function is known to call it.

That is where the loader is set to it, or where CloudTrail saw AWS refuse the role such a call. Each
secret takes GetSecretValue besides, which has a check of its own.
"""

from ...domain.access.actions import BATCH
from ...domain.access.evidence import AccessEvidence, Known, why_unavailable
from ...domain.access.finding import Finding, Weight
from ...domain.access.path import ask_batch
from ...domain.access.sides import by_identity, denying, near_misses
from ..judging.judgement import Judgement, explanation
from ..judging.reading import commands, lacking, reasons
from ..remedies.fixes import find_remedy
from ..wording import lambda_errors
from ..wording.explain import deciding, doubts, shown
from ..wording.missing_statements import missing_statements
from ..wording.reporter import Reporter
from .boundary_allows import reads_in_batches
from .no_recent_denials import is_ours

TITLE = "BatchGetSecretValue is allowed, where used"
report = Reporter(__name__, "policies")


def check(evidence: AccessEvidence) -> Finding:
    role, function = evidence.environment.lambda_role, evidence.environment.lambda_function
    judgement = Judgement(evidence, ask_batch, by_identity)
    used, weight = _used(evidence)
    if judgement.outcome == "allowed" and judgement.evaluation:
        return report.passed(
            f"{role} is allowed {BATCH}.",
            shown=shown(evidence, judgement.evaluation.deciding, BATCH),
        )
    if not used and not isinstance(evidence.function, Known):
        why = why_unavailable(evidence.function)
        return report.skipped(f"Whether {function} calls {BATCH} is not known: {why}.")
    if not used:
        return report.passed(
            f"{function} is not known to call {BATCH}, and to read by GetSecretValue its role does "
            "not need it."
        )
    if judgement.evaluation is None or judgement.outcome == "unknown":
        text = f"{used}. Whether {role} may call it is not known: "
        return report.unknown(
            text + doubts(judgement.answer, judgement.evaluation),
            weight=weight,
            missing=missing_statements(evidence, *lacking(evidence)[:-1]),
            see=commands(evidence),
        )
    if judgement.outcome == "explained":
        return report.skipped(f"{role} is not allowed {BATCH}: {explanation(evidence)}.")
    denies = denying(judgement.evaluation)
    found = denies or near_misses(judgement.evaluation)
    why = reasons(found, BATCH) if found else "no statement of its policies allows it on *."
    return report.fail(
        f"{used}, which {role} is not allowed: {why}",
        "BatchGetSecretValue denied",
        weight=weight,
        shown=deciding(evidence, judgement.evaluation, BATCH),
        error=lambda_errors.refused(evidence, BATCH, "identity deny" if denies else "identity"),
        remedy=find_remedy(evidence, judgement.evaluation, ask_batch),
        see=commands(evidence),
    )


def _used(evidence: AccessEvidence) -> tuple[str, Weight]:
    """What tells that the function calls it, "" where nothing does; and how much hangs on it."""
    environment, found = evidence.environment, evidence.denials
    if reads_in_batches(evidence):
        return f"The loader of {environment.lambda_function} is set to call {BATCH}", "decides"
    for denial in found.value if isinstance(found, Known) else ():
        is_batch = denial.event == BATCH.partition(":")[2]
        if is_batch and is_ours(denial, environment.lambda_role, evidence.secret_name):
            return f"CloudTrail saw AWS refuse a call of {BATCH}", "matters"
    return "", "decides"
