"""Rotation of the key is on. This does not affect who can read the secret."""

from ...domain.access.aws_managed_key import has_aws_managed_key
from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.finding import Finding, Remedy
from ..remedies.policy_changes import command
from ..remedies.terraform_addresses import KEY, then_apply
from ..wording.reporter import Reporter
from .key_is_usable import can_decrypt

TITLE = "Key rotation is on"
report = Reporter(__name__, "key", "matters")


def check(evidence: AccessEvidence) -> Finding:
    if has_aws_managed_key(evidence):
        return report.passed("AWS rotates the AWS-managed key itself, once a year.", "rotates")
    if not isinstance(evidence.key, Known):
        return report.cannot_tell(evidence, "the key rotates", "the key", evidence.key)
    key, found = evidence.key.value, evidence.rotation
    # A key pending deletion reports rotation off, which is no fault of its own.
    if not can_decrypt(evidence):
        return report.skipped(
            f"Whether key {key.key_id} rotates was not checked: it is not enabled."
        )
    if not isinstance(found, Known):
        return report.cannot_tell(evidence, f"key {key.key_id} rotates", "its rotation", found)
    see = (found.call.cli,)
    if found.value:
        return report.passed(f"Key {key.key_id} rotates by itself.", "rotates", see=see)
    remedy = Remedy(
        "Turn rotation on. What is encrypted stays readable.",
        f"# {KEY}\nenable_key_rotation = true\n{then_apply(KEY)}",
        command("kms enable-key-rotation", key_id=key.key_id, region=evidence.environment.region),
    )
    return report.warn(
        f"Rotation of key {key.key_id} is off.", "does not rotate", remedy=remedy, see=see
    )
