"""Text that UTF-8 cannot hold, in every place that shows it: no page, export or record fails."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from django.http import HttpResponse
from django.shortcuts import render
from django.test import RequestFactory

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.status.status import StatusFinding
from secrets_ui.models import AuditRecord, CurrentVersion, StatusSnapshot
from secrets_ui.services import audit
from secrets_ui.services.audit.records import search
from secrets_ui.services.audit.verify import verify_audit
from testkit.posting import JSON, current_version, document_form, edit_url
from tests.conftest import Estate, SignedIn

pytestmark = pytest.mark.django_db
HALF = "\ud800"
DOCUMENT = '{"GOOD": "aaa", "\\ud800": "changeme"}'


@pytest.fixture
def saved(dev: Estate, signed_in: SignedIn) -> Estate:
    """In a secret that the catalogue does not know: those that it knows have loadable names."""
    dev["dev"].clients.secretsmanager.create_secret(Name="miyabi/dev/loose", SecretString="{}")
    form = document_form(current_version(dev, "dev", "loose"), DOCUMENT)
    answer = signed_in("editor").post(edit_url("dev", "loose", "edit-document"), form)
    assert answer.status_code == 302
    assert dev.value("dev", "loose") == DOCUMENT
    return dev


@pytest.mark.parametrize(
    "path", ["/dev/", "/dev/secret/miyabi/dev/loose", "/dev/edit/miyabi/dev/loose", "/audit"]
)
def test_a_page_shows_half_of_a_character(saved: Estate, signed_in: SignedIn, path: str) -> None:
    page = signed_in("admin").get(path)
    assert page.status_code == 200
    assert ("\\ud800" in page.content.decode()) is (path != "/dev/")


def test_exports_hold_every_record_and_the_name_as_it_was(
    saved: Estate, signed_in: SignedIn
) -> None:
    client = signed_in("auditor")
    answer = b"".join(client.get("/audit/export.jsonl", {"action": "secret.save"})).decode()
    rows = [json.loads(line) for line in answer.splitlines()]
    assert [row["phase"] for row in rows] == ["intent", "outcome"]
    assert HALF in rows[0]["keys"]
    content = b"".join(client.get("/audit/export.csv")).decode("utf-8-sig")
    assert any("\\ud800" in row["keys"] for row in csv.DictReader(io.StringIO(content)))


def test_a_csv_file_says_that_it_is_utf_8(dev: Estate, signed_in: SignedIn) -> None:
    audit.record(Action.EXPORT_LOG, Actor("花"))
    content = b"".join(signed_in("auditor").get("/audit/export.csv"))
    assert content.startswith(b'\xef\xbb\xbf"sequence",')
    assert "花" in content.decode()


def test_status_pages_and_programs_get_what_was_found(dev: Estate, signed_in: SignedIn) -> None:
    found = StatusFinding("no_placeholders", "warn", f"{HALF} is a placeholder.")
    StatusSnapshot.objects.create(
        environment="dev",
        secret="miyabi/dev/config",
        status="warn",
        at=datetime.now(UTC),
        findings=json.dumps([found.to_json()]),
    )
    client = signed_in("admin")
    for path in ("/status", "/dev/status"):
        assert "\\ud800 is a placeholder" in client.get(path).content.decode()
    assert client.get("/status.json").status_code == 200


def test_a_record_holds_any_text_and_the_chain_still_holds(db: None) -> None:
    odd = f"x{HALF}\x00"
    audit.record(Action.EXPORT_LOG, Actor(odd, odd), secret=odd, reason=odd, keys=[odd])
    kept = AuditRecord.objects.get()
    assert (kept.actor, kept.reason) == ("x\\ud800\\u0000",) * 2
    assert json.loads(kept.keys) == [odd]
    for name in ("person", "secret", "key"):
        assert len(search({name: odd}, []).entries) == 1
    assert verify_audit()[0] == []


def test_a_column_takes_any_text_and_finds_it_again(db: None) -> None:
    odd = f"miyabi/{HALF}\x00"
    CurrentVersion.objects.create(
        environment="dev", name=odd, arn="a", version_id="v", read_at=datetime.now(UTC)
    )
    assert CurrentVersion.objects.filter(name=odd).update(arn=odd) == 1
    assert CurrentVersion.objects.get(name__in=[odd]).arn == "miyabi/\\ud800\\u0000"


def test_what_a_page_escapes_stays_escaped() -> None:
    answer: HttpResponse = render(
        RequestFactory().get("/"), "_command.html", {"text": f"<b>{HALF}"}
    )
    assert "&lt;b&gt;\\ud800" in answer.content.decode()


@pytest.mark.parametrize("key", ["a\r\nb", HALF, "k" * 300], ids=ascii)
def test_a_value_is_revealed_whatever_its_key_is_called(
    dev: Estate, signed_in: SignedIn, key: str
) -> None:
    client = signed_in("editor")
    document = json.dumps({"A": "1", key: "mine"})
    dev["dev"].clients.secretsmanager.create_secret(Name="miyabi/dev/loose", SecretString=document)
    page = client.get("/dev/secret/miyabi/dev/loose")
    version = page.context["opened"].secret.current
    assert b'name="at" value="1"' in page.content
    answer = client.post(
        "/dev/reveal/miyabi/dev/loose",
        {"at": "1", "version": version, "reason": "to see", "to": "screen"},
        **JSON,
    )
    assert answer.json()["revealed"]["value"] == "mine"
