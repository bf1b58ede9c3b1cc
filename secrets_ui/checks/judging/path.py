"""The answer in one sentence, and the state of each step, from the role to the key."""

from collections.abc import Sequence

from ...domain.access.actions import READ
from ...domain.access.evidence import AccessEvidence
from ...domain.access.finding import Finding, Status, Step, verdict
from ...domain.access.path import ask_decrypt, ask_read
from ...domain.access.run import AnswerWord, PathStep

_TITLES: dict[Step, str] = {
    "role": "Role",
    "network": "Network",
    "policies": "IAM policy",
    "secret": "Secret",
    "key": "KMS key",
}
# A step that passes shows the short texts of these checks.
_PASSED: dict[Step, tuple[str, ...]] = {
    "role": ("role_exists",),
    "network": ("function_reaches_secrets_manager",),
    "policies": ("get_secret_value_is_allowed",),
    "secret": ("secret_has_current_version", "secret_holds_its_keys"),
    "key": ("decrypt_is_allowed",),
}


def steps(findings: Sequence[Finding]) -> tuple[PathStep, ...]:
    return tuple(
        _step(step, title, [f for f in findings if f.step == step])
        for step, title in _TITLES.items()
    )


def _step(step: Step, title: str, findings: list[Finding]) -> PathStep:
    """Rate a step by its worst deciding finding; where these are no trouble, by its worst trouble,
    so that its mark is never milder than that of a check below it."""
    decide = [f for f in findings if f.decides]
    status = verdict(decide)
    if status in ("pass", "warn"):
        status = verdict(f for f in findings if f.decides or f.status in ("fail", "warn"))
    if status in ("pass", "warn") and any(
        f.status == "skipped" and f.short != "not checked" for f in decide
    ):
        status = "skipped"
    # Of a step that no check could look at, nothing is known: it has not passed.
    if status == "pass" and decide and all(f.status == "skipped" for f in decide):
        status = "skipped"
    return PathStep(step, title, status, _text(step, status, findings))


def _text(step: Step, status: Status, findings: list[Finding]) -> str:
    # What the answer depends on comes before what only matters.
    same = sorted((f for f in findings if f.status == status), key=lambda f: not f.decides)
    worst = [f.short for f in same if f.short and (f.decides or status in ("fail", "warn"))]
    if status != "pass" and worst:
        return worst[0]
    return ", ".join(
        f.short
        for f in findings
        if f.check in _PASSED[step] and f.short and f.status in ("pass", "warn")
    )


def headline(evidence: AccessEvidence, findings: Sequence[Finding]) -> tuple[AnswerWord, str]:
    """Return whether the Lambda can read the secret now, in a word and in a sentence."""
    role, name = evidence.environment.lambda_role, evidence.secret_name
    failed = [f for f in findings if f.status == "fail" and f.decides]
    unknown = [f for f in findings if f.status == "unknown" and f.decides]
    if failed:
        return "no", f"No. {_claim(failed[0])}"
    if unknown:
        return "unknown", f"Unknown. {_claim(unknown[0])}"
    if not _may_read(evidence):
        return (
            "unknown",
            f"Unknown. The policies together do not let {role} read {name}, and no check says why.",
        )
    others = [f for f in findings if f.status == "fail"] + [
        f for f in findings if f.status == "warn"
    ]
    if not others:
        return "yes", f"Yes. {role} can read {name}."
    return "yes", f"Yes, {role} can read {name}. Warning: {_claim(others[0])}"


def _may_read(evidence: AccessEvidence) -> bool:
    """Whether both hops are allowed with all layers together.

    The checks judge one side at a time, and could miss a refusal between the sides.
    """
    return ask_decrypt(evidence).is_allowed and ask_read(evidence, READ).is_allowed


def _claim(finding: Finding) -> str:
    """Return a finding's statement, without the reason after the colon."""
    return f"{finding.text.partition(': ')[0].rstrip('.')}."
