"""Who can read each secret: looked at once a day by the pass, and when somebody asks."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from secrets_ui.domain.status.events import Event
from secrets_ui.models import SecretReaders, StatusRunner, StatusSnapshot
from secrets_ui.services.configuration import environments
from secrets_ui.services.status_pass import rights
from secrets_ui.services.status_pass.judge import judge
from secrets_ui.services.status_pass.keep import keep_judged
from secrets_ui.services.status_pass.run import watch_environment
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate
from tests.views.access.test_who import READ, add_role, allow, let_the_key_go_by_iam

pytestmark = pytest.mark.django_db
KEYS, CONFIG = "miyabi/prod/api-keys", "miyabi/prod/config"
LIST = "GetAccountAuthorizationDetails"


@pytest.fixture
def prod(watched: Callable[..., tuple[Estate, RecordingAws]]) -> tuple[Estate, RecordingAws]:
    estate, aws = watched(only=("prod",))
    let_the_key_go_by_iam(estate)
    for operation in ("LookupEvents", "SimulatePrincipalPolicy"):  # which the local AWS lacks
        aws.break_call(operation, "AccessDeniedException", "no")
    return estate, aws


def one_pass() -> list[Event]:
    return keep_judged(judge(watch_environment(environments()["prod"]), {}))


def about_readers(events: list[Event]) -> list[Event]:
    return [event for event in events if event.check == "nobody_new_can_read"]


def a_day_later() -> None:
    SecretReaders.objects.update(looked_at=datetime.now(UTC) - timedelta(days=1, minutes=1))


def test_a_role_that_has_come_to_read_is_an_event_once_and_said_on_the_page(
    prod: tuple[Estate, RecordingAws], signed_in: Callable[..., Client]
) -> None:
    estate, aws = prod
    assert about_readers(one_pass()) == []
    add_role(estate, "ci-deploy", allow(READ, "kms:Decrypt"))
    aws.received.clear()
    assert about_readers(one_pass()) == []
    assert LIST not in aws.operations()  # not a day has passed
    a_day_later()
    [event] = about_readers(one_pass())
    assert (event.kind, event.status) == ("began", "warn")
    assert f"role/ci-deploy can read {event.secrets[0]} since" in event.text
    assert "by secretsmanager:GetSecretValue: policy stray, statement Stray;" in event.text
    assert about_readers(one_pass()) == []
    text = signed_in("auditor").get(f"/prod/who/{KEYS}").content.decode()
    assert f"role/ci-deploy can read {KEYS} since" in text
    assert "2 of 2 secrets in prod had their look" in text
    assert "Condition" not in SecretReaders.objects.get(secret=KEYS).found


def test_a_look_that_somebody_asked_for_is_made_by_the_next_pass(
    prod: tuple[Estate, RecordingAws], signed_in: Callable[..., Client]
) -> None:
    one_pass()
    StatusRunner.objects.update_or_create(
        pk=1, defaults={"alive_at": datetime.now(UTC), "every": 300}
    )
    client = signed_in("auditor")
    assert client.post(f"/prod/who-again/{CONFIG}")["Location"] == f"/prod/who/{CONFIG}"
    assert "A new look was asked for" in client.get(f"/prod/who/{CONFIG}").content.decode()
    assert StatusRunner.objects.get().wanted_at
    before = dict(SecretReaders.objects.values_list("secret", "looked_at"))
    one_pass()
    after = dict(SecretReaders.objects.values_list("secret", "looked_at"))
    assert {name for name in after if after[name] != before[name]} == {CONFIG}
    assert not SecretReaders.objects.filter(wanted_at__isnull=False)


def kept_rights() -> dict[str, object]:
    rows = SecretReaders.objects.values_list("secret", "found")
    return {secret: json.loads(found)["rights"] for secret, found in rows}


def test_what_one_pass_has_no_time_for_is_left_to_the_next(
    prod: tuple[Estate, RecordingAws], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "PATIENCE", 0)
    one_pass()
    assert list(SecretReaders.objects.values_list("looked_at", flat=True)) == [None, None]
    monkeypatch.undo()
    one_pass()
    assert not SecretReaders.objects.filter(looked_at=None)


def test_a_list_that_aws_refuses_changes_no_right_that_is_kept_and_is_told(
    prod: tuple[Estate, RecordingAws],
) -> None:
    _, aws = prod
    one_pass()
    a_day_later()
    before = list(SecretReaders.objects.values("secret", "looked_at", "wanted_at"))
    rights_before = kept_rights()
    refused = b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
    aws.answer(LIST, 403, refused)
    assert about_readers(one_pass()) == []
    assert list(SecretReaders.objects.values("secret", "looked_at", "wanted_at")) == before
    assert kept_rights() == rights_before
    assert all(rights_before.values())
    text = StatusSnapshot.objects.get(secret=KEYS).findings
    assert "could not be told at the last look" in text
    assert "iam:GetAccountAuthorizationDetails" in text
