"""The key that encrypts the secret is in a state in which it can decrypt.

https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from ...domain.access.aws_managed_key import has_aws_managed_key
from ...domain.access.evidence import AccessEvidence, Key, Known, Missing
from ...domain.access.finding import Finding, Remedy
from ..remedies.policy_changes import command
from ..remedies.terraform_addresses import KEY, then_apply
from ..wording.lambda_errors import CANNOT_DECRYPT, key_state
from ..wording.reporter import Reporter

TITLE = "The key can decrypt"
report = Reporter(__name__, "key")
_USABLE = ("Enabled", "Updating")
_WORDS = {
    "Disabled": "disabled",
    "PendingDeletion": "pending deletion",
    "PendingReplicaDeletion": "pending deletion",
    "PendingImport": "pending import",
    "Unavailable": "unavailable: its key store is not connected",
    "Creating": "being created",
}


def check(evidence: AccessEvidence) -> Finding:
    if has_aws_managed_key(evidence):
        return report.passed("The key is the AWS-managed one, which is always enabled.", "enabled")
    found = evidence.key
    if isinstance(found, Missing):
        text = (
            f"The key {found.call.resource} that encrypts {evidence.secret_name} is gone, "
            "and no value under it can be read again."
        )
        remedy = Remedy(
            "Set a new value under another key: what was encrypted with this one is lost."
        )
        return report.fail(text, "gone", error=CANNOT_DECRYPT, remedy=remedy, see=(found.call.cli,))
    if not isinstance(found, Known):
        return report.cannot_tell(evidence, "the key can decrypt", "the key", found)
    key, see = found.value, (found.call.cli,)
    if key.state in _USABLE:
        return report.passed(
            f"Key {key.key_id} is {key.state.lower()}.", key.state.lower(), see=see
        )
    words = _WORDS.get(key.state, key.state or "in a state that AWS did not tell")
    when = f" on {key.deletion:%Y-%m-%d}" if key.deletion else ""
    text = (
        f"Key {key.key_id}, which encrypts {evidence.secret_name}, is {words}{when}, so nothing "
        "under it can be decrypted."
    )
    return report.fail(
        text,
        words.partition(":")[0],
        error=key_state(evidence, words.partition(":")[0]),
        remedy=_remedy(evidence, key),
        see=see,
    )


def can_decrypt(evidence: AccessEvidence) -> bool:
    return has_aws_managed_key(evidence) or (
        isinstance(evidence.key, Known) and evidence.key.value.state in _USABLE
    )


def _remedy(evidence: AccessEvidence, key: Key) -> Remedy | None:
    options = {"key_id": key.key_id, "region": evidence.environment.region}
    enable = command("kms enable-key", **options)
    terraform = f"# {KEY}\nis_enabled = true\n{then_apply(KEY)}"
    if key.state == "Disabled":
        return Remedy("Enable the key.", terraform, enable)
    # A key whose deletion was cancelled is disabled.
    if key.state == "PendingDeletion":
        cancel = command("kms cancel-key-deletion", **options)
        words = "Cancel the deletion of the key, and enable it."
        return Remedy(words, terraform, f"{cancel} && {enable}")
    return None
