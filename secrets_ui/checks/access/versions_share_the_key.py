"""All versions with a label are encrypted with the key of the current one.

When a secret's key changes, AWS re-encrypts only AWSCURRENT, AWSPENDING and AWSPREVIOUS.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html
"""

from ...domain.access.encrypting_key import is_aws_managed
from ...domain.access.evidence import AccessEvidence, Known
from ...domain.access.finding import Finding, Remedy
from ...domain.secrets.secret import AWSCURRENT, SecretVersion
from ..wording.explain import names
from ..wording.reporter import Reporter

TITLE = "Labelled versions share one key"
report = Reporter(__name__, "key", "matters")


def check(evidence: AccessEvidence) -> Finding:
    name, found = evidence.secret_name, evidence.versions
    if not isinstance(evidence.secret, Known):
        return report.cannot_tell(
            evidence, f"the versions of {name} share a key", "the secret", evidence.secret
        )
    if not isinstance(found, Known):
        return report.cannot_tell(
            evidence, f"the versions of {name} share a key", "the list of its versions", found
        )
    labelled = [version for version in found.value if version.labels]
    current = next((_key(version) for version in labelled if AWSCURRENT in version.labels), "")
    others = [version for version in labelled if current and _key(version) not in ("", current)]
    if not others:
        return report.passed(
            f"Every labelled version of {name} is under the same key.", see=(found.call.cli,)
        )
    listed = names(f"{version.version_id} ({', '.join(version.labels)})" for version in others)
    one = len(others) == 1
    text = (
        f"{'Version' if one else 'Versions'} {listed} of {name} {'is' if one else 'are'} still "
        f"under key {_key(others[0])}, "
    )
    text += "not under that of the current version."
    remedy = Remedy(
        "Keep the old key and the right to use it until nobody needs these versions; "
        "set their values anew, or take the labels off."
    )
    return report.warn(text, "versions under an old key", remedy=remedy, see=(found.call.cli,))


def _key(version: SecretVersion) -> str:
    """Return the key's id, "" if AWS does not give it. An ARN and an id name the same key."""
    key = next(iter(version.kms_key_ids), "")
    return "aws/secretsmanager" if key and is_aws_managed(key) else key.rpartition("/")[2]
