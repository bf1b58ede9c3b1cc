"""Lambda's gateway: a function's configuration, without the values of its variables."""

from __future__ import annotations

from ..domain.access.evidence import FunctionConfiguration, Known
from .base import Gateway
from .translate import told_as_ours


class LambdaGateway(Gateway):
    """Raises AwsError and its kinds; ThingNotFound where there is no such function."""

    service = "lambda"

    def get_function_configuration(self, name: str) -> Known[FunctionConfiguration]:
        call = self.told(
            "GetFunctionConfiguration", name, "get-function-configuration", "--function-name", name
        )
        with told_as_ours(call):
            found = self._client.get_function_configuration(FunctionName=name)
            names = tuple(sorted(found.get("Environment", {}).get("Variables", {})))
            return Known(
                FunctionConfiguration(
                    found["FunctionArn"],
                    found["Role"],
                    found.get("LastModified", ""),
                    found.get("State", ""),
                    names,
                ),
                call,
            )
