"""A secret's pages while AWS does not tell of it: its error, and below it what is on record."""

import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from secrets_ui.domain.secrets.due import Why
from secrets_ui.domain.status.status import StatusFinding
from secrets_ui.models import KeyDue, StatusSnapshot, VersionRecord
from testkit.posting import JSON, save_key
from testkit.recording_aws import RecordingAws
from tests.conftest import SignedIn, Watched, finish_calls
from tests.views.reading import text_of

pytestmark = pytest.mark.django_db
NAME = "miyabi/dev/config"
DETAIL, HISTORY, PIN = f"/dev/secret/{NAME}", f"/dev/history/{NAME}", f"/dev/pin/{NAME}"
ROLLOUT = f"/dev/rollout/{NAME}"
PAGES = (DETAIL, HISTORY, ROLLOUT)


@pytest.fixture
def broken(watched: Watched, signed_in: SignedIn) -> tuple[Client, RecordingAws, list[str]]:
    """An editor, who saved and pinned; and AWS, which tells of no secret from now on."""
    estate, aws = watched(only=("dev",))
    client = signed_in("editor")
    ids = [client.get(DETAIL).context["secret"].current]
    saved = save_key(client, estate, "dev", "config", "BASE_URL", "https://x.test")
    assert saved.status_code == 200
    ids.append(client.get(DETAIL).context["secret"].current)
    for name in ("kept", "gone"):
        form = {"do": "pin", "version": ids[0], "name": name, "reason": "OPS-1"}
        assert client.post(PIN, form).status_code == 302
    assert client.post(PIN, form | {"do": "unpin"}).status_code == 302
    aws.break_call("DescribeSecret", "AccessDeniedException", "not authorized")
    return client, aws, ids


def test_the_error_stands_above_what_is_on_record(
    broken: tuple[Client, RecordingAws, list[str]],
) -> None:
    client, _, ids = broken
    for page in PAGES:
        text = text_of(client.get(page), 502)
        assert "Allow secretsmanager:DescribeSecret" in text
        assert text.index("AccessDeniedException") < text.index("own records, and may be old")
        known = client.get(page).context["known"]
        assert {entry.id for entry in known.versions} == set(ids)
        assert [entry.id for entry in known.versions if entry.is_current] == [ids[1]]
        [change] = next(e for e in known.versions if e.id == ids[1]).changed
        assert (change.key, change.kind) == ("BASE_URL", "changed")
        # What an earlier version changed is known to AWS's list alone.
        [other] = [entry for entry in known.versions if entry.id == ids[0]]
        assert other.changed is None
        assert [pin.name for pin in other.pins] == ["kept"]
        assert "by <bdi>editor" in text
        assert "https://x.test" not in text


def keep_key_due_and_finding(findings: str) -> None:
    now = datetime.now(UTC)
    about = {"environment": "dev", "secret": NAME}
    KeyDue.objects.create(**about, key="BASE_URL", why=Why.AGE, at=now, text="Old.", read_at=now)
    StatusSnapshot.objects.create(**about, status="fail", at=now, findings=findings)


def test_keys_due_dates_and_findings_are_told_with_their_age(
    broken: tuple[Client, RecordingAws, list[str]],
) -> None:
    client, _, _ = broken
    keep_key_due_and_finding(
        '[{"check": "c", "status": "fail", "text": "Something is wrong.", "since": ""}]'
    )
    text = text_of(client.get(DETAIL), 502)
    assert "MIYABI_ROOT" in text
    assert "When keys are due" in text
    assert "1 date, as of " in text
    assert "Something is wrong." in text
    assert "Checked <time" in text


def test_a_finding_names_owner_runbook_and_next_step_and_nothing_leads_to_the_page_itself(
    broken: tuple[Client, RecordingAws, list[str]],
) -> None:
    client, _, _ = broken
    whom = {"owner": "team-core", "runbook": "https://runbooks.test/rotate"}
    found = StatusFinding("keys_are_young_enough", "fail", "Too old.", "BASE_URL", **whom)
    keep_key_due_and_finding(json.dumps([found.to_json()]))
    text = text_of(client.get(DETAIL), 502)
    assert "Owner: <bdi>team-core</bdi>" in text
    assert 'href="https://runbooks.test/rotate"' in text
    assert "Rotate it: get a new value" in text
    due = text[text.index("When keys are due") : text.index("Versions on record")]
    assert DETAIL not in due


def test_keys_that_were_looked_at_under_earlier_rules_are_not_shown_as_never_looked_at(
    broken: tuple[Client, RecordingAws, list[str]],
) -> None:
    client, _, _ = broken
    VersionRecord.objects.update(digest="earlier")
    text = text_of(client.get(DETAIL), 502)
    assert "Nobody has looked at its keys here under today’s rules of the catalogue." in text


def test_nothing_is_offered_that_needs_aws(broken: tuple[Client, RecordingAws, list[str]]) -> None:
    client, _, _ = broken
    for page in PAGES:
        text = text_of(client.get(page), 502)
        for act in ("edit", "import", "restore", "pin", "reveal", "rotate", "troubleshoot"):
            assert f"/dev/{act}/" not in text


def test_a_throttled_or_silent_aws_has_its_own_status(
    broken: tuple[Client, RecordingAws, list[str]],
) -> None:
    client, aws, _ = broken
    aws.break_call("DescribeSecret", "ThrottlingException", "slow")
    for page in PAGES:
        assert "AWS asked us to slow down" in text_of(client.get(page), 503)


def test_versions_that_cannot_be_listed_leave_the_history_on_record(
    broken: tuple[Client, RecordingAws, list[str]],
) -> None:
    client, aws, _ = broken
    aws.mend()
    aws.break_call("ListSecretVersionIds", "AccessDeniedException", "not authorized")
    assert "Versions on record" in text_of(client.get(HISTORY), 502)


def test_what_aws_does_not_have_is_told_alone(
    broken: tuple[Client, RecordingAws, list[str]],
) -> None:
    client, aws, _ = broken
    aws.break_call("DescribeSecret", "ResourceNotFoundException", "no")
    for page in PAGES:
        assert "own records" not in text_of(client.get(page), 404)
    finish_calls()
    assert "FilterLogEvents" not in aws.operations()  # dozens of them for one secret


def test_a_secret_without_records_says_so(watched: Watched, signed_in: SignedIn) -> None:
    _, aws = watched(only=("dev",))
    aws.break_call("DescribeSecret", "AccessDeniedException", "not authorized")
    text = text_of(signed_in("viewer").get(DETAIL), 502)
    assert "It has not seen which version is AWSCURRENT." in text
    assert "no version of it on record" in text


def test_a_script_is_told_the_error_alone(broken: tuple[Client, RecordingAws, list[str]]) -> None:
    client, _, _ = broken
    for page in PAGES:
        answer = client.get(page, **JSON)
        assert answer.status_code == 502
        assert answer.json()["problem"]["code"] == "AccessDeniedException"
    assert "own records" not in text_of(client.get(f"{ROLLOUT}?as=json"), 502)
