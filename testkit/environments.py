"""Environments for tests: accounts that no other test has, and the file that a console reads."""

import json
import secrets
from typing import Any

from deploy.demo.account import Account
from secrets_ui.domain.environment import Environment, Rules


def fresh_environments(**rules: Rules) -> dict[str, Environment]:
    """dev, staging and prod, each in an account that no other test has, in whatever process."""
    environments = {}
    for name in ("dev", "staging", "prod"):
        account = f"{secrets.randbelow(10**12):012d}"
        default = Rules(reason_required=True, type_the_name=True) if name == "prod" else Rules()
        environments[name] = Environment(
            name,
            "us-west-2",
            account,
            f"miyabi/{name}/",
            f"arn:aws:iam::{account}:role/miyabi-console",
            rules=rules.get(name, default),
            manage=True,
            refresh=True,
            who_can_read=True,
        )
    return environments


def as_toml(environments: dict[str, Environment]) -> str:
    lines = []
    for name, environment in environments.items():
        lines += [f"[environments.{name}]"]
        lines += [
            f'{key} = "{getattr(environment, key)}"'
            for key in (
                "region",
                "account",
                "prefix",
                "assume_role",
                "kms_alias",
                "trail_log_group",
            )
        ]
        lines += [f"manage = {str(environment.manage).lower()}"]
        lines += [f"refresh = {str(environment.refresh).lower()}"]
        lines += [f"who_can_read = {str(environment.who_can_read).lower()}"]
        lines += [
            f"{key} = {json.dumps(list(getattr(environment, key)))}"
            for key in ("readers", "tell", "email_to")
        ]
        lines += [f"[environments.{name}.rules]"]
        lines += [f"{key} = {str(value).lower()}" for key, value in vars(environment.rules).items()]
        lines += [f"[environments.{name}.groups]"]
        lines += [
            f"{json.dumps(group)} = {json.dumps(list(roles))}"
            for group, roles in environment.groups
        ]
    return "\n".join(lines)


class Estate:
    """Environments that were built in the local AWS, and the console set up to look at them."""

    def __init__(
        self, endpoint: str, environments: dict[str, Environment], accounts: dict[str, Account]
    ) -> None:
        self.endpoint, self.environments, self.accounts = endpoint, environments, accounts

    def __getitem__(self, name: str) -> Account:
        return self.accounts[name]

    def value(self, environment: str, secret: str) -> str:
        """The current value, as AWS has it."""
        name = self.environments[environment].prefix + secret
        return self.accounts[environment].clients.secretsmanager.get_secret_value(SecretId=name)[
            "SecretString"
        ]

    def values(self, environment: str, secret: str) -> dict[str, Any]:
        """The same, by key."""
        return dict(json.loads(self.value(environment, secret)))
