"""Lambda's gateway: a function's configuration, without the values of its variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..domain.access.evidence import FunctionConfiguration, Known
from .base import Gateway


class LambdaGateway(Gateway):
    service = "lambda"
    commands = {"GetFunctionConfiguration": "get-function-configuration --function-name {}"}

    def get_function_configuration(self, name: str) -> Known[FunctionConfiguration]:
        """Raises ThingNotFound where there is no such function."""
        call = self.describe_call("GetFunctionConfiguration", name)
        with self.asking(call):
            answer = self._client.get_function_configuration(FunctionName=name)
            return Known(_configuration(answer), call)


def _configuration(answer: Mapping[str, Any]) -> FunctionConfiguration:
    return FunctionConfiguration(
        answer["FunctionArn"],
        answer["Role"],
        answer.get("LastModified", ""),
        answer.get("State", ""),
        tuple(sorted(answer.get("Environment", {}).get("Variables", {}))),
        # Absent or with an empty id for a function that is connected to no VPC.
        (answer.get("VpcConfig") or {}).get("VpcId") or "",
    )
