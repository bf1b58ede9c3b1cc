"""The environment's alias points at the key that encrypts the secret: the next version will be encrypted with what it points at."""

from __future__ import annotations

from ..domain.access_path import has_aws_managed_key
from ..domain.evidence import AccessEvidence, Known, Missing
from ..domain.finding import Finding, Remedy
from .key_is_the_expected_one import is_as_expected
from .policy_changes import command
from .says import Says

say = Says(__name__, "key", "matters")


def check(evidence: AccessEvidence) -> Finding:
    alias, region, found = evidence.environment.kms_alias, evidence.environment.region, evidence.alias
    if isinstance(found, Missing):
        text = f"There is no key behind {alias} in {region} of account {evidence.environment.account}."
        return say.fail(text, "no such alias", remedy=_remedy(evidence, "create-alias"), see=(found.call.cli,))
    if not isinstance(found, Known):
        return say.cannot_tell(evidence, f"{alias} points at the key", "the alias", found)
    if not isinstance(evidence.secret, Known) or has_aws_managed_key(evidence):
        return say.skipped(f"{alias} is key {found.value.key_id}, and there is no secret under a customer key to compare it with.")
    if not isinstance(evidence.key, Known):
        return say.cannot_tell(evidence, f"{alias} points at the key", "the key of the current version", evidence.key)
    key, see = evidence.key.value, (found.call.cli, evidence.secret.call.cli)
    if key.arn == found.value.arn:
        return say.passed(f"{alias} points at key {key.key_id}, which encrypts {evidence.secret_name}.", "alias right", see=see)
    if not is_as_expected(evidence):
        return say.skipped(f"{alias} is key {found.value.key_id}, and {evidence.secret_name} is encrypted with another: see key_is_the_expected_one.")
    text = (
        f"{alias} points at key {found.value.key_id}, and {evidence.secret_name} is encrypted with key {key.key_id}, to which the policies "
        "belong: the alias was moved."
    )
    return say.fail(text, "alias moved", remedy=_remedy(evidence, "update-alias"), see=see)


def _remedy(evidence: AccessEvidence, operation: str) -> Remedy:
    environment = evidence.environment
    key = evidence.key.value.key_id if isinstance(evidence.key, Known) else ""
    cli = command("kms", operation, "--alias-name", environment.kms_alias, "--target-key-id", key, "--region", environment.region) if key else ""
    return Remedy(
        f"Point {environment.kms_alias} at {f'key {key}' if key else 'the key'}.",
        f'# aws_kms_alias.secrets\nname          = "{environment.kms_alias}"\ntarget_key_id = aws_kms_key.secrets.key_id\n'
        "# then: terraform apply -target=aws_kms_alias.secrets",
        cli,
    )
