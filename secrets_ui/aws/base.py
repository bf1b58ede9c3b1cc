"""What every gateway shares: its client, its environment, and how a call is told."""

from __future__ import annotations

import shlex
from typing import Any

from botocore.client import BaseClient

from ..domain.environment import Environment
from ..domain.errors import AwsCall


class Gateway:
    """`service` is the prefix of its IAM actions and the name of its AWS CLI command."""

    service = ""
    is_global = False  # IAM has no Region

    def __init__(self, client: BaseClient, environment: Environment) -> None:
        self._client: Any = client
        self.environment = environment

    def told(self, operation: str, resource: str, *cli: str) -> AwsCall:
        """A call, with the AWS CLI command that shows the same: safe to paste into a shell whatever the names hold."""
        region = () if self.is_global else ("--region", self.environment.region)
        return AwsCall(
            f"{self.service}:{operation}",
            resource,
            self.environment.region,
            cli=shlex.join(("aws", self.service, *cli, *region)),
        )
