"""Stands in for the Lambda function of the demo: reads the secrets now and then, and reports it.

Some instances in each environment, whose loader is the real one (deploy/lambda/core), so what they
report is what it writes. Each writes into a log stream of its own, as Lambda does.

`python -m deploy.demo.function ENDPOINT` runs until it is ended, or its parent is.
"""

import os
import secrets
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout, suppress
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from deploy.demo.account import Clients, assume
from deploy.demo.estate import read_catalog, read_environments
from deploy.demo.local_aws import PROJECT
from secrets_ui.domain.environment import Environment

sys.path.append(str(PROJECT / "deploy" / "lambda"))  # where Lambda has it

EVERY = 10.0  # seconds between two invocations
# How old what an instance holds may get, in seconds: one follows a save soon, one a while later.
MAX_AGES = (15, 60)
# The key policy of staging denies its function, so none of its instances gets as far as reporting.
SILENT = ("staging",)


class Instance:
    """One execution environment of the function: a loader, and a log stream."""

    def __init__(self, clients: Clients, group: str, names: Iterable[str], max_age: float) -> None:
        from core.secrets import Loader

        self._loader = Loader(clients.secretsmanager)
        self._names, self._max_age = tuple(names), max_age
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{secrets.token_hex(16)}"
        self._logs: Any = clients.logs
        self._stream = {"logGroupName": group, "logStreamName": stream}
        self._logs.create_log_stream(**self._stream)

    def invoke(self) -> None:
        """As one request: what the loader writes goes to the log, and Lambda's own line after it.

        A read that fails is told by the loader, in words on standard error.
        """
        from core.secrets import SecretsError

        written = StringIO()
        with redirect_stdout(written):
            for name in self._names:
                with suppress(SecretsError):
                    self._loader.get_secret(name, max_age=self._max_age)
        lines = [*written.getvalue().splitlines(), f"REPORT RequestId: {secrets.token_hex(16)}"]
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines]
        self._logs.put_log_events(**self._stream, logEvents=events)


class Function:
    """The function of one environment: a change of its configuration ends its instances, and the
    next request begins new ones."""

    def __init__(self, clients: Clients, environment: Environment, names: Iterable[str]) -> None:
        self._clients, self._environment, self._names = clients, environment, tuple(names)
        self._changed, self._instances = "", list[Instance]()

    def invoke(self) -> None:
        """One request to each instance."""
        lambda_, group = self._clients.lambda_, self._environment.log_group
        found = lambda_.get_function_configuration(FunctionName=self._environment.lambda_function)
        if found["LastModified"] != self._changed:
            self._changed = found["LastModified"]
            self._instances = [
                Instance(self._clients, group, self._names, max_age) for max_age in MAX_AGES
            ]
        for instance in self._instances:
            instance.invoke()


def functions(endpoint: str, environments: Iterable[Environment]) -> Iterator[Function]:
    """Those of every environment whose function can read."""
    catalog = read_catalog()
    for environment in environments:
        if environment.name in SILENT:
            continue
        # The loader reports in Lambda alone, and says which function it is in.
        os.environ["AWS_LAMBDA_FUNCTION_NAME"] = environment.lambda_function
        os.environ["AWS_LAMBDA_FUNCTION_VERSION"] = "$LATEST"
        os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand"
        names = [environment.prefix + name for name in catalog.secrets]
        yield Function(assume(endpoint, environment), environment, names)


def main() -> None:
    parent = os.getppid()
    every = list(functions(sys.argv[1], read_environments().values()))
    while os.getppid() == parent:
        for function in every:
            function.invoke()
        time.sleep(EVERY)


if __name__ == "__main__":
    main()
