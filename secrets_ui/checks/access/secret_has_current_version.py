"""A version of the secret holds AWSCURRENT, which is what a plain read asks for."""

from __future__ import annotations

from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.finding import Finding, Remedy
from ...domain.secrets.secret import AWSCURRENT, AWSPREVIOUS, Secret
from ..remedies.policy_changes import command
from ..wording.lambda_errors import NO_CURRENT
from ..wording.says import Says

say = Says(__name__, "secret")


def check(evidence: AccessEvidence) -> Finding:
    name, found = evidence.secret_name, evidence.secret
    if not isinstance(found, Known):
        return say.cannot_tell(evidence, f"{name} has a current version", "the secret", found)
    see = (found.call.cli,)
    if found.value.current:
        return say.passed(
            f"Version {found.value.current} of {name} holds AWSCURRENT.", "AWSCURRENT", see=see
        )
    remedy = _remedy(evidence, found.value, _last(evidence, found.value))
    return say.fail(
        f"No version of {name} holds AWSCURRENT.",
        "no AWSCURRENT",
        error=NO_CURRENT,
        remedy=remedy,
        see=see,
    )


def _last(evidence: AccessEvidence, secret: Secret) -> str:
    """The version that was current last, or the newest one; "" when there is none."""
    listed = evidence.versions.value if isinstance(evidence.versions, Known) else ()
    return secret.version_with(AWSPREVIOUS) or next((version.version_id for version in listed), "")


def _remedy(evidence: AccessEvidence, secret: Secret, last: str) -> Remedy:
    region = ("--region", evidence.environment.region)
    if not last:
        return Remedy(
            "It has no version: set a value, in this console or with Terraform.",
            cli=command(
                "secretsmanager",
                "put-secret-value",
                "--secret-id",
                secret.name,
                "--secret-string",
                "file://value.json",
                *region,
            ),
        )
    move = ("--version-stage", AWSCURRENT, "--move-to-version-id", last)
    return Remedy(
        f"Move AWSCURRENT to version {last}, or set a new value.",
        cli=command(
            "secretsmanager",
            "update-secret-version-stage",
            "--secret-id",
            secret.name,
            *move,
            *region,
        ),
    )
