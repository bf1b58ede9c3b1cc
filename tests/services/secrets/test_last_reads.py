"""When a secret was last read, as far as calls of it are kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from secrets_ui.domain.environment import Environment
from secrets_ui.models import CurrentVersion, TrailCall
from secrets_ui.services.secrets.last_reads import last_of, recorded_reads

pytestmark = pytest.mark.django_db
DEV = Environment("dev", "us-west-2", "111111111111", "miyabi/dev/")
READ_AT = datetime(2026, 11, 23, 14, 5, 9, tzinfo=UTC)


def keep(secret: str, days: int, **more: Any) -> None:
    call = {"environment": "dev", "event": "GetSecretValue", "reader": "role/x"} | more
    event_id = f"{TrailCall.objects.count()}"
    TrailCall.objects.create(
        secret=secret, at=READ_AT + timedelta(days=days), event_id=event_id, **call
    )


def test_it_is_the_last_read_that_aws_answered_of_somebody_else_than_this_console() -> None:
    for name in ("a", "b"):
        at = {"arn": f"arn:{name}", "version_id": "1" * 32, "read_at": READ_AT}
        CurrentVersion.objects.create(environment="dev", name=name, **at)
    keep("a", -1)
    keep("a", 0)
    keep("a", 1, is_ours=True)
    keep("a", 2, error="AccessDenied")
    keep("a", 3, event="PutSecretValue")
    keep("a", 4, environment="prod")
    keep("b", 5, is_ours=True)
    assert recorded_reads(DEV, ["a", "b", "c"]) == {"a": READ_AT}


def test_of_a_day_and_a_time_within_it_the_time_is_told() -> None:
    day = READ_AT.replace(hour=0, minute=0, second=0)
    assert last_of(day, None, READ_AT) == READ_AT
    assert last_of(day + timedelta(days=1), READ_AT) == day + timedelta(days=1)
    assert last_of(None, None) is None
