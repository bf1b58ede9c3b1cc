"""The local AWS of the tests. It copies accounts: a whole estate for the price of one call.

Building one takes some sixty calls and half a second of the processor, and most tests want one.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any

from deploy.demo.account import Account, assume
from deploy.demo.estate import build_estate
from deploy.demo.local_aws import LocalAws, main
from secrets_ui.domain.environment import Environment
from testkit.environments import fresh_environments

COPY = "/copy-accounts"


Kind = tuple[tuple[str, ...], bool, int]  # names of environments, clean, extra secrets


@dataclass
class CopyingAws(LocalAws):
    """`build_estate` takes a copy of an estate of the same kind that it built before."""

    module = __spec__.name

    _built: dict[Kind, dict[str, Account]] = field(default_factory=dict, repr=False)

    def build_estate(
        self, environments: Mapping[str, Environment], *, clean: bool = True, extra_secrets: int = 0
    ) -> dict[str, Account]:
        """As deploy.demo.estate.build_estate, in accounts that hold nothing yet.

        Two such estates share their values, and the ids of keys and versions.
        """
        return self.copy(self._patterns((tuple(environments), clean, extra_secrets)), environments)

    def copy(
        self, patterns: Mapping[str, Account], environments: Mapping[str, Environment]
    ) -> dict[str, Account]:
        """What the patterns held when they were first copied, in other accounts."""
        self._copy(
            {patterns[name].environment.account: environments[name].account for name in patterns}
        )
        return {
            name: _moved(pattern, environments[name], self.endpoint)
            for name, pattern in patterns.items()
        }

    def _patterns(self, kind: Kind) -> dict[str, Account]:
        """An estate of this kind that no test is given, built when the first one asks."""
        if kind not in self._built:
            (names, clean, extra), fresh = kind, fresh_environments()
            self._built[kind] = build_estate(
                self.endpoint,
                environments={name: fresh[name] for name in names},
                clean=clean,
                extra_secrets=extra,
            )
        return self._built[kind]

    def _copy(self, pairs: Mapping[str, str]) -> None:
        with closing(HTTPConnection(self.endpoint.removeprefix("http://"))) as connection:
            connection.request("POST", COPY, json.dumps(pairs))
            status = connection.getresponse().status
            assert status == HTTPStatus.NO_CONTENT, status


def _moved(pattern: Account, environment: Environment, endpoint: str) -> Account:
    old, new = pattern.environment.account, environment.account
    return replace(
        pattern,
        environment=environment,
        clients=assume(endpoint, environment),
        key_arn=pattern.key_arn.replace(old, new),
        lambda_role_arn=pattern.lambda_role_arn.replace(old, new),
        secret_arns={name: arn.replace(old, new) for name, arn in pattern.secret_arns.items()},
    )


def with_copies(application: Any) -> Any:
    """Answers a POST to COPY with the pairs of accounts, from each to a new one, as JSON."""
    from testkit.account_copies import Copies  # loads moto, which only the server's process needs

    copies = Copies()

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != COPY:
            answered: Iterable[bytes] = application(environ, start_response)
            return answered
        copies.copy(json.loads(environ["wsgi.input"].read()))
        start_response("204 No Content", [])
        return []

    return answer


if __name__ == "__main__":
    sys.exit(main(with_copies))
