"""The environment's alias points at the key that encrypts the secret.

The next version will be encrypted with the key behind the alias.
"""

from ...domain.access.aws_managed_key import has_aws_managed_key
from ...domain.access.evidence import AccessEvidence, Key, Known, Missing
from ...domain.access.finding import Finding, Remedy
from ...domain.access.policies import list_policies
from ..remedies.policy_changes import command
from ..remedies.terraform_addresses import ALIAS, then_apply
from ..wording.reporter import Reporter
from .key_is_the_expected_one import is_as_expected

TITLE = "The alias points at the secret's key"
report = Reporter(__name__, "key", "matters")


def check(evidence: AccessEvidence) -> Finding:
    alias, region, found = (
        evidence.environment.kms_alias,
        evidence.environment.region,
        evidence.alias,
    )
    if isinstance(found, Missing):
        text = (
            f"There is no key behind {alias} in {region} of account {evidence.environment.account}."
        )
        return report.fail(
            text, "no such alias", remedy=_remedy(evidence, "create-alias"), see=(found.call.cli,)
        )
    if not isinstance(found, Known):
        return report.cannot_tell(evidence, f"{alias} points at the key", "the alias", found)
    if not isinstance(evidence.secret, Known) and names_another_key(evidence):
        text = (
            f"{alias} points at key {found.value.key_id}, and the policies of "
            f"{evidence.environment.lambda_role} name another: it was moved."
        )
        return report.fail(
            text, "alias moved", remedy=_remedy(evidence, "update-alias"), see=(found.call.cli,)
        )
    if not isinstance(evidence.secret, Known) or has_aws_managed_key(evidence):
        return report.skipped(
            f"{alias} is key {found.value.key_id}, and there is no secret under a customer key "
            "to compare it with."
        )
    if not isinstance(evidence.key, Known):
        return report.cannot_tell(
            evidence, f"{alias} points at the key", "the key of the current version", evidence.key
        )
    return _compare(evidence, found, evidence.key.value)


def _compare(evidence: AccessEvidence, found: Known[Key], key: Key) -> Finding:
    """Compare the key behind the alias with the one that encrypts the secret."""
    alias, see = evidence.environment.kms_alias, (found.call.cli, evidence.secret.call.cli)
    if key.arn == found.value.arn:
        return report.passed(
            f"{alias} points at key {key.key_id}, which encrypts {evidence.secret_name}.",
            "alias right",
            see=see,
        )
    if not is_as_expected(evidence):
        return report.skipped(
            f"{alias} is key {found.value.key_id}, and {evidence.secret_name} is encrypted "
            "with another: see key_is_the_expected_one."
        )
    text = (
        f"{alias} points at key {found.value.key_id}, and {evidence.secret_name} is encrypted with "
        f"key {key.key_id}, to which the policies belong: the alias was moved."
    )
    return report.fail(text, "alias moved", remedy=_remedy(evidence, "update-alias"), see=see)


def explains_key(evidence: AccessEvidence) -> str:
    """Return the check that explains why this is the wrong key, "" if it is the right one, or the
    AWS-managed one, which serves its whole account.
    """
    if has_aws_managed_key(evidence):
        return ""
    if not is_as_expected(evidence):
        return "key_is_the_expected_one"
    return (
        "alias_points_at_the_key"
        if not isinstance(evidence.secret, Known) and names_another_key(evidence)
        else ""
    )


def names_another_key(evidence: AccessEvidence) -> bool:
    """Whether the Lambda's policies name keys, none of which is the one behind the alias.

    For use when there is no secret to compare with.
    """
    keys = _named_keys(evidence)
    return bool(keys) and isinstance(evidence.alias, Known) and evidence.alias.value.arn not in keys


def _named_keys(evidence: AccessEvidence) -> set[str]:
    own = (
        policy
        for policy in list_policies(evidence)
        if policy.location.startswith(("identity:", "console:"))
    )
    return {
        arn
        for policy in own
        for item in policy.statements
        for arn in item.resources.literals
        if ":kms:" in arn and ":key/" in arn
    }


def _remedy(evidence: AccessEvidence, operation: str) -> Remedy:
    environment, keys = evidence.environment, _named_keys(evidence)
    key = (
        evidence.key.value.key_id
        if isinstance(evidence.key, Known) and isinstance(evidence.secret, Known)
        else ""
    )
    key = key or (keys.pop().rpartition("/")[2] if len(keys) == 1 else "")
    region = environment.region
    cli = (
        command(
            f"kms {operation}", alias_name=environment.kms_alias, target_key_id=key, region=region
        )
        if key
        else ""
    )
    return Remedy(
        f"Point {environment.kms_alias} at {f'key {key}' if key else 'the key'}.",
        f'# {ALIAS}\nname          = "{environment.kms_alias}"\ntarget_key_id = '
        "aws_kms_key.secrets.key_id\n"
        f"{then_apply(ALIAS)}",
        cli,
    )
