"""Fills CloudTrail of the local AWS: three months of reads in the demo's accounts, most of them by
the Lambda, some by people, one by a job that nobody named, one from another account.
"""

import http.client
import json
import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from secrets_ui.domain.environment import Environment

DAYS = 88  # back from today, within CloudTrail's 90
PUT_PATH = "/local-aws/trail"  # moto_trail.py's, which loads moto
_OUTSIDE = "444444444444"
_READS = {"dev": 1, "staging": 2, "prod": 4}  # by the Lambda, of each secret on a day


def fill_trail(endpoint: str, environments: Iterable[Environment]) -> None:
    """Put events into each environment's account and Region."""
    for environment in environments:
        put_events(endpoint, environment, list(_events(environment)))


def put_events(endpoint: str, environment: Environment, events: list[dict[str, Any]]) -> None:
    """In place of those that are there. From then on the local AWS records calls as well."""
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=30)
    body = {"account": environment.account, "region": environment.region, "events": events}
    connection.request("POST", PUT_PATH, json.dumps(body))
    connection.getresponse().read()
    connection.close()


def trail_event(
    environment: Environment,
    at: datetime,
    name: str,
    secret: str,
    *,
    role: str = "",
    session: str = "",
    account: str = "",
    **more: Any,
) -> dict[str, Any]:
    """An event in CloudTrail's form, by a session of a role, with the members of `more`."""
    account = account or environment.account
    arn = f"arn:aws:sts::{account}:assumed-role/{role}/{session}"
    return {
        "eventID": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{at} {name} {secret} {arn}")),
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventName": name,
        "userIdentity": {"type": "AssumedRole", "arn": arn, "accountId": account},
        "sourceIPAddress": "203.0.113.7",
        "requestParameters": {"secretId": secret},
        **more,
    }


def _events(environment: Environment) -> Iterator[dict[str, Any]]:
    """The same at every start of a day."""
    chance = random.Random(environment.name)  # noqa: S311  nothing secret
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(1, DAYS):
        day = midnight - timedelta(days=back)
        for secret in ("api-keys", "config"):
            for _ in range(_READS.get(environment.name, 1)):
                yield _read(environment, day, chance, secret, environment.lambda_role, "miyabi-app")
        if back % 9 == 4:
            role = "AWSReservedSSO_Operator_0a1b2c3d4e5f6071"
            yield _read(environment, day, chance, "config", role, "yuki@miyabi-world.com")
        if back <= 3 and environment.name == "staging":
            yield _read(environment, day, chance, "api-keys", "ci-deploy", f"build-{1200 - back}")
        if back == 2 and environment.name == "prod":
            yield _read(environment, day, chance, "api-keys", "backup", "nightly", _OUTSIDE)
            refused = {"errorCode": "AccessDenied"}
            yield _read(
                environment, day, chance, "config", "backup", "nightly", _OUTSIDE, **refused
            )


def _read(
    environment: Environment,
    day: datetime,
    chance: random.Random,
    secret: str,
    role: str,
    session: str,
    account: str = "",
    **more: Any,
) -> dict[str, Any]:
    at = day + timedelta(seconds=chance.randrange(86_400))
    name = environment.prefix + secret
    return trail_event(
        environment, at, "GetSecretValue", name, role=role, session=session, account=account, **more
    )
