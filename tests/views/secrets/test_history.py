"""The history of a secret, the comparison of two versions, and a restore by its pages."""

import json
from typing import Any

import pytest
from django.test import Client

from secrets_ui.models import AuditRecord
from testkit.recording_aws import RecordingAws
from tests.conftest import SignedIn, Watched

pytestmark = pytest.mark.django_db
NAME = "miyabi/dev/storied"
PAGE, RESTORE = f"/dev/history/{NAME}", f"/dev/restore/{NAME}"
Storied = tuple[Client, RecordingAws, list[str]]


@pytest.fixture
def storied(watched: Watched, signed_in: SignedIn) -> Storied:
    """An editor, and a secret whose three versions were made outside the console."""
    estate, aws = watched(only=("dev",))
    aws_client: Any = estate["dev"].clients.secretsmanager
    ids = [aws_client.create_secret(Name=NAME, SecretString='{"A": "canary-1"}')["VersionId"]]
    for text in ('{"A": "canary-2"}', '{"A": "canary-2", "B": "canary-3"}'):
        ids.append(aws_client.put_secret_value(SecretId=NAME, SecretString=text)["VersionId"])
    aws.received.clear()
    return signed_in("editor"), aws, ids


def restore_form(ids: list[str], **changes: Any) -> dict[str, Any]:
    return {"version": ids[1], "base": ids[2], "row": ["0"], "reason": "r"} | changes


def test_it_lists_each_version_with_two_calls_and_reads_no_value(storied: Storied) -> None:
    client, aws, ids = storied
    answer = client.get(PAGE)
    entries = answer.context["history"].entries
    assert {entry.id for entry in entries} == set(ids)
    assert entries[0].is_current
    calls = [name for name in aws.operations() if name != "AssumeRole"]
    assert sorted(calls) == ["DescribeSecret", "ListSecretVersionIds"]


def test_one_version_offers_no_comparison(watched: Watched, signed_in: SignedIn) -> None:
    estate, _ = watched(only=("dev",))
    estate["dev"].clients.secretsmanager.create_secret(Name=NAME, SecretString='{"A": "x"}')
    page = signed_in("editor").get(PAGE).content.decode()
    assert "Compare two" not in page
    assert 'name="before"' not in page


def test_two_versions_are_compared_key_by_key_without_a_value(storied: Storied) -> None:
    client, aws, ids = storied
    page = client.get(PAGE, {"before": ids[0], "after": ids[2]})
    compared = page.context["compared"]
    assert [(item.key, item.kind) for item in compared.changed] == [
        ("A", "changed"),
        ("B", "added"),
    ]
    assert "canary" not in page.content.decode()
    # As in a review: B has no value before.
    marks = [page.content.decode().count(f'class="{mark}"') for mark in ("old", "new")]
    assert marks == [1, 2]
    # Each version was read once; from now on its keys are known.
    aws.received.clear()
    again = client.get(PAGE, {"before": ids[0], "after": ids[2]})
    assert "GetSecretValue" not in aws.operations()
    newest = again.context["history"].entries[0]
    # Nobody has looked at the version before it.
    assert newest.changed is None


def test_a_restore_leads_to_the_secret_and_undoes_with_a_link(storied: Storied) -> None:
    client, _, ids = storied
    review = client.get(RESTORE, {"version": ids[1]})
    assert [row.difference.key for row in review.context["review"].rows] == ["B"]
    assert 'class="old"' in review.content.decode()
    assert 'class="new"' not in review.content.decode()
    answer = client.post(RESTORE, restore_form(ids))
    assert answer.status_code == 302, answer.content.decode()
    page = client.get(answer["Location"])
    assert f"{RESTORE}?version={ids[2]}" in page.content.decode()
    saved = AuditRecord.objects.get(action="secret.save", phase="intent")
    assert json.loads(saved.keys) == ["B"]
    entries = client.get(PAGE).context["history"].entries
    made = next(entry for entry in entries if entry.is_current)
    assert made.author is not None
    assert made.author.reason == "r"
    assert [item.kind for item in made.changed] == ["removed"]


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"base": "f" * 32}, 409, "Somebody else changed this secret first"),
        ({"row": []}, 400, "Choose at least one key"),
        ({"version": "not a version"}, 400, ""),
    ],
)
def test_a_refused_restore_says_why_and_keeps_the_reason(
    storied: Storied, changes: dict[str, Any], status: int, words: str
) -> None:
    client, aws, ids = storied
    answer = client.post(RESTORE, restore_form(ids, reason="because of OPS-7") | changes)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert ("because of OPS-7" in answer.content.decode()) is bool(words)
    assert "PutSecretValue" not in aws.operations()


def test_the_present_version_has_nothing_to_restore(storied: Storied) -> None:
    client, _, ids = storied
    assert "nothing to restore" in client.get(RESTORE, {"version": ids[2]}).content.decode()


PIN = f"/dev/pin/{NAME}"


def test_a_version_is_pinned_from_the_history_and_the_pin_is_taken_off_again(
    storied: Storied,
) -> None:
    client, aws, ids = storied
    history = client.get(PAGE).content.decode()
    assert f"{PIN}?version={ids[0]}" in history
    assert "Without any label" not in client.get(PIN, {"version": ids[0]}).content.decode()
    form = {"do": "pin", "version": ids[0], "name": "before-2.0", "reason": "OPS-9: kept"}
    done = client.post(PIN, form)["Location"]
    assert "was pinned as before-2.0." in client.get(done).content.decode()
    aws.received.clear()
    shown = client.get(PAGE)
    calls = [name for name in aws.operations() if name != "AssumeRole"]
    assert sorted(calls) == ["DescribeSecret", "ListSecretVersionIds"]
    [entry] = [entry for entry in shown.context["history"].entries if entry.pins]
    assert (entry.id, entry.pins[0].name, entry.pins[0].by.reason) == (
        *(ids[0], "before-2.0", "OPS-9: kept"),
    )
    assert "OPS-9: kept" in shown.content.decode()
    assert "Without any label" in client.get(PIN, {"version": ids[0]}).content.decode()
    done = client.post(PIN, form | {"do": "unpin"})["Location"]
    assert "The pin before-2.0 was taken off version" in client.get(done).content.decode()
    assert not [entry for entry in client.get(PAGE).context["history"].entries if entry.pins]


def test_what_cannot_be_pinned_is_told_and_nothing_typed_is_lost(storied: Storied) -> None:
    client, _, ids = storied
    form = {"do": "pin", "version": ids[0], "name": "good", "reason": "OPS-9: kept"}
    assert client.post(PIN, form).status_code == 302
    taken = client.post(PIN, form | {"version": ids[2]})
    shown = taken.content.decode()
    assert taken.status_code == 409
    assert f'name="moves_from" value="{ids[0]}"' in shown
    assert 'value="OPS-9: kept"' in shown
    moved = client.post(PIN, form | {"version": ids[2], "moves_from": ids[0]})
    assert moved.status_code == 302
    for name in ("AWSCURRENT", "a b", "", "x" * 300):
        refused = client.post(PIN, form | {"name": name})
        assert refused.status_code == 400
        assert 'value="OPS-9: kept"' in refused.content.decode()
    assert client.get(PIN).status_code == 400
    assert client.post(PIN, form | {"version": "short"}).status_code == 400
    gone = client.get(PIN, {"version": "e" * 32}).content.decode()
    assert "not among the versions" in gone


def test_a_thousand_versions_are_shown_by_the_page_with_two_calls_each(
    storied: Storied, django_assert_max_num_queries: Any
) -> None:
    """The local AWS has no pages of versions, so AWS's answers stand here."""
    client, aws, ids = storied
    listed = [
        {"VersionId": f"{number:032x}", "CreatedDate": 1.7e9 + number} for number in range(100)
    ]
    first = {"ARN": "arn:aws:x", "Name": NAME, "Versions": listed, "NextToken": "next/token"}
    aws.answer("ListSecretVersionIds", 200, json.dumps(first).encode())
    client.get(PAGE)  # the AWS session is kept from here on
    aws.received.clear()
    with django_assert_max_num_queries(20):
        page = client.get(PAGE)
    assert sorted(aws.operations()) == ["DescribeSecret", "ListSecretVersionIds"]
    history, shown = page.context["history"], page.content.decode()
    # AWS lists the oldest first: the current and the previous one stand on the first page as well.
    assert {entry.id for entry in history.entries} == {*ids[1:], *(v["VersionId"] for v in listed)}
    assert [entry.id for entry in history.entries if entry.is_current] == [ids[2]]
    assert history.labels == 2
    assert "?page=next%2Ftoken" in shown
    assert "no longer in AWS" not in shown
    rows = client.get(f"/dev/secret/{NAME}").context["opened"].last_versions
    assert {row.version.version_id for row in rows[:2]} == {*ids[1:]}
    assert len(rows) == 10
    last = first | {"Versions": listed[:3], "NextToken": ""}
    aws.answer("ListSecretVersionIds", 200, json.dumps(last).encode())
    aws.received.clear()
    page = client.get(PAGE, {"page": "next/token"})
    assert sorted(aws.operations()) == ["DescribeSecret", "ListSecretVersionIds"]
    assert len(page.context["history"].entries) == 3
    assert {entry.changed for entry in page.context["history"].entries} == {None}
    shown = page.content.decode()
    assert "First page" in shown
    assert "More versions" not in shown
    assert f"{PIN}?version={listed[0]['VersionId']}" in shown
    aws.mend()
