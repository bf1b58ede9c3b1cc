"""CloudTrail's latest events show no denied read of this secret by this role."""

from ...domain.access.actions import BATCH
from ...domain.access.context import role_name_of
from ...domain.access.error_reading import read_error
from ...domain.access.evidence import AccessEvidence, Denial, Known
from ...domain.access.finding import Finding
from ...domain.errors.wording import plural
from ...domain.secrets.dates import as_moment
from ..wording.reporter import Reporter

TITLE = "CloudTrail shows no recent denials"
report = Reporter(__name__, "secret", "second opinion")


def check(evidence: AccessEvidence) -> Finding:
    role, name, found = evidence.environment.lambda_role, evidence.secret_name, evidence.denials
    if not isinstance(found, Known):
        return report.cannot_tell(evidence, f"AWS refused {role} recently", "CloudTrail", found)
    see, ours = (
        (found.call.cli,),
        [denial for denial in found.value if is_ours(denial, role, name)],
    )
    if not ours:
        return report.passed(
            f"CloudTrail shows no refused read of {name} by {role} among the latest events.",
            "no refusals",
            see=see,
        )
    last = ours[0]
    when = as_moment(last.at) if last.at else "a time that is not known"
    checks = read_error(last.message).checks
    about = (
        (
            f" That is what {' and '.join(checks[:2])} would say; "
            "where they pass, it was put right since."
        )
        if checks
        else ""
    )
    text = (
        f"CloudTrail saw AWS refuse {role} {plural(len(ours), 'time')}, "
        f"last at {when}: {last.message}.{about}"
    )
    return report.warn(text, "refused recently", see=see)


def is_ours(denial: Denial, role: str, name: str) -> bool:
    if role_name_of(denial.principal) != role:
        return False
    # A batch by filters names no secret.
    is_batch = denial.event == BATCH.partition(":")[2]
    return (is_batch and not denial.secret) or name in (denial.secret or denial.message)
