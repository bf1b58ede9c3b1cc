"""The Terraform addresses in deploy/terraform that remedies name, and the command to apply them."""

import shlex

from ...domain.secrets.export import terraform_address

_SECRETS, _CONSOLE = "module.miyabi_secrets", "module.console_access"
KEY = f"{_SECRETS}.aws_kms_key.secrets"
ALIAS = f"{_SECRETS}.aws_kms_alias.secrets"
LAMBDA_ROLE = f"{_SECRETS}.aws_iam_role.lambda_execution"
SECRETS_ACCESS = f"{_SECRETS}.aws_iam_policy.secrets_access"
GITHUB_ACCESS = f"{_SECRETS}.aws_iam_policy.github_access"
FUNCTION = "module.function[0].aws_lambda_function.app"
CONSOLE_ACCESS = f"{_CONSOLE}.aws_iam_policy.console_access"


def secret(name: str) -> str:
    """Return the address of a secret by its full name; the catalogue has it by the last part."""
    return terraform_address(name.rpartition("/")[2])


def attachment(policy: str) -> str:
    """Return the address of `basic_execution`, `secrets_access` or `github_access` on the role."""
    return f"{_SECRETS}.aws_iam_role_policy_attachment.{policy}"


def then_apply(*addresses: str) -> str:
    """Return the last line of a remedy, quoted for a shell since an address may hold quotes."""
    targets = " ".join(shlex.quote(f"-target={address}") for address in addresses)
    return f"# then: terraform apply {targets}"
