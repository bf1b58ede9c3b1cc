"""The Lambda's role can read the secret and decrypt it.

Runs every check of the access path that is about this one secret.
"""

from collections.abc import Iterator

from ...domain.access.evidence import Known
from ...domain.access.finding import Finding
from ...domain.errors.wording import plural
from ...domain.status.status import StatusFinding
from ...domain.status.watched import WatchedSecret
from .saying import Saying

TITLE = "The Lambda can read the secret"
NEXT = "Troubleshoot shows what decides, and the change that fixes it."
_JUDGED = "this console's check of the policies"
say = Saying(
    __name__, "troubleshoot", "policies, key policy and grants, as this console judges them"
)
# What has status checks of its own, with what it knows of other environments and of the past.
_TOLD_ELSEWHERE = (
    "secret_exists",
    "secret_is_not_deleted",
    "secret_has_current_version",
    "secret_holds_its_keys",
)


def check(watched: WatchedSecret) -> Iterator[StatusFinding]:
    if watched.access is None:
        yield _judged(watched)
        return
    findings = [finding for finding in watched.access if finding.check not in _TOLD_ELSEWHERE]
    for finding in findings:
        if finding.status != "pass":
            yield of_path(finding)
    if all(
        finding.status in ("pass", "skipped") or finding.weight == "second opinion"
        for finding in findings
    ):
        number = sum(finding.status == "pass" for finding in findings)
        role = watched.environment.lambda_role
        if number:
            yield say(
                "pass",
                f"{role} can read {watched.name}: "
                f"{plural(number, 'check')} of the access path hold.",
            )
        else:
            yield say(
                "unknown",
                f"Whether {role} can read {watched.name} is not known: "
                "no check of the access path could be done.",
            )


def of_path(finding: Finding) -> StatusFinding:
    """A finding of the access path as one of the status page, under its own name."""
    proof = "; ".join(command.partition(" --")[0] for command in finding.see[:2]) or _JUDGED
    return StatusFinding(
        finding.check,
        finding.status,
        finding.text,
        proof=proof,
        page="troubleshoot",
        anchor=finding.check,
        weight=finding.weight,
    )


def _judged(watched: WatchedSecret) -> StatusFinding:
    """For a secret that the Lambda need not read: either answer is fine, not knowing is not."""
    role = watched.environment.lambda_role
    if not isinstance(watched.secret, Known):
        return say(
            "skipped",
            f"Whether {role} can read {watched.name} was not checked: no evidence was gathered.",
        )
    if watched.may_read is None:
        why = watched.access_problem or "what decides could not be read"
        return say(
            "unknown",
            f"Whether {role} may read {watched.name} is not known: {why.rstrip('.')}.",
            weight="second opinion",
        )
    word = "may" if watched.may_read else "may not"
    return say("pass", f"{role} {word} read {watched.name}, which the catalogue does not ask for.")
