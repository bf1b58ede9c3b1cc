"""What a pass learnt of a healthy secret and of a healthy environment; tests change one thing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.demo.estate import read_catalog
from secrets_ui.checks.access import run_checks
from secrets_ui.domain.access.evidence import FunctionConfiguration, Known, Unreachable
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsCall
from secrets_ui.domain.secrets.facts import KeyFacts, VersionFacts
from secrets_ui.domain.secrets.key_age import KeyAge
from secrets_ui.domain.secrets.secret import Secret
from secrets_ui.domain.status.status import StatusFinding
from secrets_ui.domain.status.watched import Records, Surroundings, WatchedSecret
from secrets_ui.domain.usage.alarm import Alarm
from tests.checks.building import evidence

NOW = datetime(2026, 11, 25, 2, 14, tzinfo=UTC)
DEV = Environment("dev", "us-west-2", "111111111111", "miyabi/dev/")
CATALOG = read_catalog()
NAME = "miyabi/dev/api-keys"
ARN = f"arn:aws:secretsmanager:us-west-2:111111111111:secret:{NAME}-AbCdEf"
CURRENT, PREVIOUS = "a" * 32, "b" * 32
CALL = AwsCall("secretsmanager:DescribeSecret", NAME)
AWAY = Unreachable(AwsCall("cloudtrail:LookupEvents"), "AWS could not answer just now.")


def secret(**changes: Any) -> Secret:
    labels = {CURRENT: ("AWSCURRENT",), PREVIOUS: ("AWSPREVIOUS",)}
    return replace(
        Secret(ARN, NAME, "us-west-2", versions=labels, created=NOW - timedelta(days=30)), **changes
    )


def facts(environment: str = "dev", **changes: KeyFacts | None) -> VersionFacts:
    """Of every key that the catalogue knows; a change of None takes a key away."""
    spec = CATALOG.secrets["api-keys"]
    keys = {name: KeyFacts(name, f"{environment}-{name}") for name in spec.keys} | changes
    return VersionFacts(
        CURRENT, "object", tuple(key for key in keys.values() if key), digest=spec.digest
    )


def watched(**changes: Any) -> WatchedSecret:
    spec = CATALOG.secrets["api-keys"]
    function = FunctionConfiguration(
        "arn:aws:lambda:us-west-2:111111111111:function:miyabi-app",
        "",
        f"{NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%S.000+0000}",
    )
    healthy = WatchedSecret(
        environment=DEV,
        name=NAME,
        spec=spec,
        in_catalog=True,
        now=NOW,
        secret=Known(secret(), CALL),
        facts=facts(),
        others={"staging": facts("staging"), "prod": facts("prod")},
        ages={name: KeyAge(NOW - timedelta(days=3), True) for name in spec.keys},
        access=run_checks(evidence()),
        current_since=NOW - timedelta(days=2),
        function=Known(function, CALL),
        decrypts=Known((), CALL),
        new_readers=(),
    )
    return replace(healthy, **changes)


def around(**changes: Any) -> Surroundings:
    shared = tuple(f for f in run_checks(evidence()) if f.check in ("role_exists", "key_rotates"))
    return replace(
        Surroundings(
            DEV, NOW, Known(2, CALL), shared, Known((Alarm("miyabi-dev-errors", "OK"),), CALL)
        ),
        **changes,
    )


def records(**changes: Any) -> Records:
    return replace(Records(42, "c" * 64, (), "2026-11-25T02:00:00+00:00"), **changes)


def only(findings: Any, check: str) -> StatusFinding:
    """The one finding of a check."""
    [found] = [finding for finding in findings if finding.check == check]
    assert isinstance(found, StatusFinding)
    return found
