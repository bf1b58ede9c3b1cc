"""A version of the secret holds AWSCURRENT, which a plain read asks for."""

from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.finding import Finding, Remedy
from ...domain.secrets.secret import AWSCURRENT, AWSPREVIOUS, Secret
from ..remedies.policy_changes import command
from ..wording.lambda_errors import NO_CURRENT
from ..wording.reporter import Reporter

TITLE = "The secret has a current version"
report = Reporter(__name__, "secret")
_VALUE_FILE = "file://value.json"


def check(evidence: AccessEvidence) -> Finding:
    name, found = evidence.secret_name, evidence.secret
    if not isinstance(found, Known):
        return report.cannot_tell(evidence, f"{name} has a current version", "the secret", found)
    see = (found.call.cli,)
    if found.value.current:
        return report.passed(
            f"Version {found.value.current} of {name} holds AWSCURRENT.", "AWSCURRENT", see=see
        )
    remedy = _remedy(evidence, found.value, _last(evidence, found.value))
    return report.fail(
        f"No version of {name} holds AWSCURRENT.",
        "no AWSCURRENT",
        error=NO_CURRENT,
        remedy=remedy,
        see=see,
    )


def _last(evidence: AccessEvidence, secret: Secret) -> str:
    """Return the version that was current last, or else the newest; "" if there is none."""
    listed = evidence.versions.value if isinstance(evidence.versions, Known) else ()
    return secret.version_with(AWSPREVIOUS) or next((version.version_id for version in listed), "")


def _remedy(evidence: AccessEvidence, secret: Secret, last: str) -> Remedy:
    region = evidence.environment.region
    if not last:
        return Remedy(
            "It has no version: set a value, in this console or with Terraform.",
            cli=command(
                "secretsmanager put-secret-value",
                secret_id=secret.name,
                secret_string=_VALUE_FILE,
                region=region,
            ),
        )
    return Remedy(
        f"Move AWSCURRENT to version {last}, or set a new value.",
        cli=command(
            "secretsmanager update-secret-version-stage",
            secret_id=secret.name,
            version_stage=AWSCURRENT,
            move_to_version_id=last,
            region=region,
        ),
    )
