"""The console's AWS calls made bare: by the same kind of client, without the console around them."""

from __future__ import annotations

from typing import Any

from secrets_ui.aws.session import AwsSessions
from secrets_ui.services import estate, list_secrets


def make_client(environment: str, endpoint: str = "") -> Any:
    """A client as the console makes it; boto3's own would parse a list's times in ten times as long."""
    from django.conf import settings

    sessions = AwsSessions(endpoint or settings.LOCAL_AWS_ENDPOINT)
    return sessions.client(estate.environments()[environment], "secretsmanager", "bench")


def list_first_page(client: Any, environment: str) -> dict[str, Any]:
    """What the list page asks for."""
    names = {"Key": "name", "Values": [estate.environments()[environment].prefix]}
    answer: dict[str, Any] = client.list_secrets(
        Filters=[names], IncludePlannedDeletion=True, MaxResults=list_secrets.ROWS
    )
    return answer


def current_version(client: Any, name: str) -> str:
    """AWSCURRENT's version id."""
    versions = client.describe_secret(SecretId=name)["VersionIdsToStages"]
    return next(version for version, labels in versions.items() if "AWSCURRENT" in labels)
