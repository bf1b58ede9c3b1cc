"""The console's AWS calls made bare: the same kind of client, without the console."""

import os
from collections.abc import Sequence
from typing import Any

from deploy.demo.signed_client import SignedClient
from secrets_ui.aws.session import AwsSessions
from testkit.estate import ENVIRONMENTS

ROWS = 25  # on a page of the list
AWS_MS = float(os.environ.get("AWS_MS", "20"))  # what a call within a Region takes
DELAY = AWS_MS / 1000  # seconds


def make_client(sessions: AwsSessions, environment: str) -> Any:
    """A client as the console makes it: boto3's own parses a list's times ten times as slowly."""
    return SignedClient(sessions.caller(ENVIRONMENTS[environment], "bench"), "secretsmanager")


def list_first_page(client: Any, environment: str) -> dict[str, Any]:
    """What the list page asks for."""
    names = {"Key": "name", "Values": [ENVIRONMENTS[environment].prefix]}
    answer: dict[str, Any] = client.list_secrets(
        Filters=[names], IncludePlannedDeletion=True, MaxResults=ROWS
    )
    return answer


def list_named(client: Any, environment: str, names: Sequence[str]) -> dict[str, Any]:
    """What the comparison asks for of an environment with many secrets."""
    named = {"Key": "name", "Values": [ENVIRONMENTS[environment].prefix + name for name in names]}
    answer: dict[str, Any] = client.list_secrets(Filters=[named], IncludePlannedDeletion=True)
    return answer


def current_version(client: Any, name: str) -> str:
    """AWSCURRENT's version id."""
    versions: dict[str, list[str]] = client.describe_secret(SecretId=name)["VersionIdsToStages"]
    return next(version for version, labels in versions.items() if "AWSCURRENT" in labels)
