"""AWS seen from outside the console, with plain boto3."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from deploy.demo.account import Clients
from secrets_ui.domain.environment import Environment


def make_key(clients: Clients, place: Environment) -> str:
    """A key under the environment's alias, for new secrets; its ARN."""
    key = clients.kms.create_key()["KeyMetadata"]
    clients.kms.create_alias(AliasName=place.kms_alias, TargetKeyId=key["KeyId"])
    return str(key["Arn"])


@dataclass(frozen=True)
class Aws:
    """An environment's account in the local AWS, seen from outside the console."""

    environment: Environment
    client: Any

    def make_secret(self, value: str | None = '{"A": "1", "B": "2"}') -> tuple[str, str]:
        """A fresh secret; its name and its version, "" for one without any."""
        name = f"{self.environment.prefix}{secrets.token_hex(6)}"
        if value is None:
            self.client.create_secret(Name=name)
            return name, ""
        return name, str(self.client.create_secret(Name=name, SecretString=value)["VersionId"])

    def labels(self, name: str) -> dict[str, list[str]]:
        """Staging labels by version id."""
        versions = self.client.describe_secret(SecretId=name).get("VersionIdsToStages", {})
        return {version: sorted(labels) for version, labels in versions.items() if labels}

    def current(self, name: str) -> str:
        return next(
            version for version, labels in self.labels(name).items() if "AWSCURRENT" in labels
        )

    def value(self, name: str, version: str = "") -> str:
        which = {"VersionId": version} if version else {}
        return str(self.client.get_secret_value(SecretId=name, **which)["SecretString"])

    def values(self, name: str, version: str = "") -> dict[str, Any]:
        """The same, by key."""
        return dict(json.loads(self.value(name, version)))

    def versions(self, name: str) -> list[str]:
        listed = self.client.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)[
            "Versions"
        ]
        return [entry["VersionId"] for entry in listed]

    def put(self, name: str, value: str) -> str:
        """A version made outside the console, current at once; its id."""
        return str(self.client.put_secret_value(SecretId=name, SecretString=value)["VersionId"])
