"""The pages that show secrets: an environment's list, and one secret."""

import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from secrets_ui.domain.environment import Environment
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.key_age import KeyAge
from secrets_ui.domain.secrets.secret_value import MASK
from secrets_ui.domain.session_scope import Scope
from secrets_ui.domain.status.status import StatusFinding, status_of
from secrets_ui.models import AuditRecord, StatusSnapshot
from secrets_ui.services.aws_access import gateways
from secrets_ui.services.secrets import comparison
from secrets_ui.services.secrets.key_changes import KeyChange
from testkit.posting import JSON, current_version, document_form, edit_url, save_key
from tests.conftest import Estate, MakeEstate, SignedIn, Watched, as_toml, forget_configuration
from tests.services.secrets.test_comparison import RefusedGateway

pytestmark = pytest.mark.django_db
LIST, DETAIL = "/dev/", "/dev/secret/miyabi/dev/config"


def test_it_works(dev: Estate, signed_in: SignedIn) -> None:
    page = signed_in("viewer").get(DETAIL)
    assert page.status_code == 200
    shown = page.content.decode()
    assert "miyabi/dev/config" in shown
    assert "MIYABI_ROOT" in shown
    assert MASK in shown


@pytest.mark.parametrize("levels", [120, 900, 20_000])
def test_a_document_nested_too_deeply_is_told_on_every_page_and_is_no_fault_of_ours(
    dev: Estate, signed_in: SignedIn, levels: int
) -> None:
    text = '{"KEY": ' + "[" * levels + "]" * levels + "}"
    dev["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString=text
    )
    editor = signed_in("editor")
    for page in (LIST, DETAIL, edit_url("dev", "config"), "/dev/troubleshoot/miyabi/dev/config"):
        assert editor.get(page).status_code < 500, page
    base = current_version(dev, "dev", "config")
    url = edit_url("dev", "config", "edit-document")
    refused = editor.post(url, document_form(base, text), **JSON)
    assert refused.status_code == 400
    assert "nested too deeply" in refused.content.decode()


def test_each_key_tells_when_it_was_changed_by_whom_why_and_when_it_is_due(
    dev: Estate, signed_in: SignedIn
) -> None:
    page, key = "/dev/secret/miyabi/dev/api-keys", "MIYABI_ACCESS_TOKEN"
    token, more = secrets.token_urlsafe(32), {"reason": "OPS-7: rotated"}
    saved = save_key(signed_in("editor"), dev, "dev", "api-keys", key, token, **more)
    assert saved.status_code == 200
    opened = signed_in("admin").get(page)
    changes = opened.context["opened"].changes
    assert changes[key].author.name.startswith("editor")
    assert changes[key].due == changes[key].age.since + timedelta(days=180)
    assert changes["OAUTH_CLIENT_ID"].due is None
    shown = opened.content.decode()
    assert "due <time" in shown
    assert "OPS-7: rotated" in shown
    # Reasons are the audit log's.
    assert "OPS-7: rotated" not in signed_in("viewer").get(page).content.decode()


def test_a_key_that_is_past_its_time_says_so_and_one_without_a_version_is_not_known() -> None:
    at = datetime.now(UTC) - timedelta(days=100)
    change = KeyChange(KeyAge(at, True, None, "v"), None, at + timedelta(days=90))
    shown = render_to_string("secrets/_changed.html", {"change": change})
    assert "was due" in shown
    assert "10 days ago" in shown
    assert "outside this console" in shown
    assert "not known" in render_to_string("secrets/_changed.html", {"change": None})


def test_the_list_shows_each_secret_of_the_environment_with_its_place(
    dev: Estate, signed_in: SignedIn
) -> None:
    shown = signed_in("viewer").get(LIST).content.decode()
    assert "miyabi/dev/config" in shown
    assert "miyabi/dev/api-keys" in shown
    assert dev.environments["dev"].account in shown
    assert "us-west-2" in shown


def test_the_start_page_leads_to_the_first_environment_that_one_may_see(
    dev: Estate, signed_in: SignedIn
) -> None:
    assert signed_in("viewer", "staging", "prod").get("/")["Location"] == "/staging/"


@pytest.mark.parametrize("url", ["/", LIST, DETAIL])
def test_it_needs_access(dev: Estate, signed_in: SignedIn, client: Client, url: str) -> None:
    assert client.get(url)["Location"] == f"/sign-in?next={url}"
    assert signed_in("nobody").get(url).status_code == 403
    assert AuditRecord.objects.filter(action="access.refused", outcome="refused").count() == 1


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
@pytest.mark.parametrize("url", ["/", LIST, DETAIL])
def test_it_rejects_other_methods(dev: Estate, signed_in: SignedIn, url: str, method: str) -> None:
    assert getattr(signed_in("admin"), method)(url).status_code == 405


@pytest.mark.parametrize(
    "url",
    [
        "/nowhere/",
        "/nowhere/secret/miyabi/dev/config",
        "/dev/secret/miyabi/dev/unknown",
        "/dev/secret/other",
    ],
)
def test_a_missing_id_is_404(dev: Estate, signed_in: SignedIn, url: str) -> None:
    answer = signed_in("admin").get(url)
    assert answer.status_code == 404
    assert "No such" in answer.content.decode()


def test_a_known_version_is_shown_without_reading_its_value(
    watched: Watched, signed_in: SignedIn
) -> None:
    _, aws = watched(only=("dev",))
    client = signed_in("viewer", "dev")
    client.get(DETAIL)
    assert aws.operations().count("GetSecretValue") == 1  # the first look, on record
    assert (
        AuditRecord.objects.filter(action="value.read", phase="outcome", outcome="done").count()
        == 1
    )
    aws.received.clear()

    client.get(DETAIL)

    assert sorted(aws.operations()) == ["DescribeSecret", "ListSecretVersionIds"]


def test_a_warm_list_asks_aws_once(watched: Watched, signed_in: SignedIn) -> None:
    _, aws = watched(only=("dev",))
    client = signed_in("viewer", "dev")
    client.get(LIST)
    aws.received.clear()
    client.get(LIST)
    assert aws.operations() == ["ListSecrets"]


def test_the_list_is_filtered_by_secret_and_by_key(dev: Estate, signed_in: SignedIn) -> None:
    client = signed_in("viewer")
    by_name = client.get(LIST, {"q": "API"}).content.decode()
    by_key = client.get(LIST, {"q": "miyabi_root"}).content.decode()
    assert ("miyabi/dev/api-keys" in by_name, "miyabi/dev/config" in by_name) == (True, False)
    assert ("miyabi/dev/api-keys" in by_key, "miyabi/dev/config" in by_key) == (False, True)


def test_thousands_of_secrets_come_page_by_page(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    make_estate(only=("dev",), extra_secrets=40)
    client = signed_in("viewer")
    names: set[str] = set()
    page = client.get(LIST)
    names |= {row.name for row in page.context["listing"].rows}
    page = client.get(LIST, {"page": page.context["listing"].next_token})
    names |= {row.name for row in page.context["listing"].rows}
    assert page.context["listing"].next_token == ""
    assert len(names) == 42


def test_what_aws_refuses_is_told_with_its_code_and_request_and_the_missing_permission(
    watched: Watched, signed_in: SignedIn
) -> None:
    _, aws = watched(only=("dev",))
    aws.break_call("DescribeSecret", "AccessDeniedException", "not authorized")
    page = signed_in("viewer").get(DETAIL)
    shown = page.content.decode()
    assert page.status_code == 502
    assert "AccessDeniedException" in shown
    assert "Allow secretsmanager:DescribeSecret" in shown
    assert "aws secretsmanager describe-secret --secret-id miyabi/dev/config" in shown


def test_a_page_that_aws_refused_leads_to_another_try_and_to_the_status(
    watched: Watched, signed_in: SignedIn
) -> None:
    _, aws = watched(only=("dev",))
    aws.break_call("ListSecrets", "InternalServiceError")
    page = signed_in("viewer").get(LIST, {"text": "a&b"})
    shown = page.content.decode()
    assert page.status_code >= 500
    assert f'href="{LIST}?text=a%26b">Ask AWS again' in shown
    assert 'href="/status">Status' in shown


def test_a_version_that_could_not_be_looked_at_is_never_shown_as_healthy(
    watched: Watched, signed_in: SignedIn
) -> None:
    _, aws = watched(only=("dev",))
    aws.break_call("GetSecretValue", "DecryptionFailure")
    for url in (LIST, DETAIL):
        shown = signed_in("viewer").get(url).content.decode()
        assert "DecryptionFailure" in shown
        assert "Healthy" not in shown


def test_a_secret_leads_to_its_audit_records_and_its_troubleshooting(
    dev: Estate, signed_in: SignedIn
) -> None:
    audited = 'href="/audit?environment=dev&amp;secret=miyabi%2Fdev%2Fconfig"'
    troubleshot = 'href="/dev/troubleshoot/miyabi/dev/config"'
    for role, is_audited in (("auditor", True), ("viewer", False)):
        shown = signed_in(role).get(DETAIL).content.decode()
        assert (audited in shown, troubleshot in shown) == (is_audited, True)


def test_the_whole_id_of_a_version_can_be_copied_where_a_short_one_is_shown(
    dev: Estate, signed_in: SignedIn
) -> None:
    page = signed_in("viewer").get(DETAIL)
    version = page.context["secret"].current
    assert page.content.decode().count(f'data-copy="{version}"') == 1


def keep_status(*findings: StatusFinding, name: str = "miyabi/dev/config", age: int = 40) -> None:
    StatusSnapshot.objects.create(
        environment="dev",
        secret=name,
        status=status_of(findings),
        at=datetime.now(UTC) - timedelta(seconds=age),
        findings=json.dumps([finding.to_json() for finding in findings]),
    )


FOUND = (
    StatusFinding("no_placeholders", "warn", "It holds a placeholder."),
    StatusFinding(
        "decrypt_is_allowed",
        "fail",
        "The key policy forbids it.",
        page="troubleshoot",
        anchor="decrypt_is_allowed",
    ),
    StatusFinding("no_open_intents", "warn", "No outcome.", "7", page="audit", anchor="7"),
    StatusFinding("secret_is_there", "pass", "It exists."),
)


def test_a_secret_s_page_tells_what_the_last_pass_found_with_the_next_step(
    dev: Estate, signed_in: SignedIn
) -> None:
    keep_status(*FOUND)
    keep_status(StatusFinding("no_placeholders", "warn", "Another’s."), name="miyabi/dev/other")
    shown = unescape(signed_in("viewer").get(DETAIL).content.decode())
    assert 'id="findings"' in shown
    for text in ("It holds a placeholder.", "Replace the placeholder", "The key policy forbids it"):
        assert text in shown
    assert 'href="/dev/troubleshoot/miyabi/dev/config#decrypt_is_allowed"' in shown
    for text in ("It exists.", "Another’s.", 'href="/audit/7"', "Not checked since"):
        assert text not in shown
    assert 'href="/audit/7"' in signed_in("auditor").get(DETAIL).content.decode()


def test_findings_that_are_old_are_told_as_such_and_none_as_none(
    dev: Estate, signed_in: SignedIn
) -> None:
    assert 'id="findings"' not in signed_in("viewer").get(DETAIL).content.decode()
    keep_status(*FOUND, age=86_400)
    assert "Not checked since" in signed_in("viewer").get(DETAIL).content.decode()


@pytest.mark.parametrize("is_managed", [False, True])
@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_a_deleted_secret_tells_whoever_sees_it_who_can_restore_it(
    dev: Estate, signed_in: SignedIn, settings: Any, role: str, *, is_managed: bool
) -> None:
    place = replace(dev.environments["dev"], manage=is_managed)
    settings.ENVIRONMENTS_FILE.write_text(as_toml({"dev": place}), encoding="utf-8")
    forget_configuration()
    dev["dev"].clients.secretsmanager.delete_secret(SecretId="miyabi/dev/config")
    client = signed_in(role, "dev")
    shown = client.get(DETAIL).content.decode()
    command = "aws secretsmanager restore-secret --secret-id miyabi/dev/config"
    assert (command in shown) is not is_managed
    assert ("secretsmanager:RestoreSecret" in shown) is not is_managed
    assert ("An admin of dev can restore it" in shown) is is_managed
    assert "AWS gives no value of a secret that is scheduled for deletion" in shown
    assert "There is no version" not in shown


@pytest.mark.parametrize("is_enabled", [True, False])
def test_awspending_is_told_as_what_it_is_with_the_command_that_takes_it_off(
    watched: Watched, signed_in: SignedIn, *, is_enabled: bool
) -> None:
    estate, aws = watched(only=("dev",))
    version = estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString="{}", VersionStages=["AWSPENDING"]
    )["VersionId"]
    aws.amend("DescribeSecret", RotationEnabled=is_enabled)
    client = signed_in("editor", "dev")
    page, edit = client.get(DETAIL), client.get("/dev/edit/miyabi/dev/config")
    shown, form = page.content.decode(), edit.content.decode()

    command = f"--version-stage AWSPENDING --remove-from-version-id {version} --region us-west-2"
    assert command in shown
    assert ("A rotation is running" in shown, "A rotation is running" in form) == (
        is_enabled,
        is_enabled,
    )
    assert ("No rotation is running, but an earlier one has left AWSPENDING" in shown) != is_enabled
    assert (command in form) == is_enabled
    assert ("The next change that is made here takes it off" in form) == (not is_enabled)
    assert ('name="base"' in form) == (not is_enabled)


def test_the_comparison_edits_no_secret_that_is_scheduled_for_deletion(
    estate: Estate, signed_in: SignedIn
) -> None:
    estate["dev"].clients.secretsmanager.delete_secret(SecretId="miyabi/dev/config")
    page = signed_in("editor").get("/compare").content.decode()
    assert "/dev/secret/miyabi/dev/config" in page
    assert "/dev/edit/miyabi/dev/api-keys" in page
    assert "/dev/edit/miyabi/dev/config" not in page


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (("dev",), ". Not counted: dev, which could not be asked."),
        (
            ("dev", "staging", "prod"),
            "Nothing was counted.</strong> Not counted: dev, staging and prod, which",
        ),
    ],
)
def test_a_filtered_count_names_what_it_leaves_out(
    signed_in: SignedIn,
    estate: Estate,
    monkeypatch: pytest.MonkeyPatch,
    refused: tuple[str, ...],
    told: str,
) -> None:
    def some_refused(environment: Environment, actor: Actor, scope: Scope) -> Any:
        if environment.name in refused:
            return SimpleNamespace(secrets_manager=RefusedGateway(environment))
        return gateways(environment, actor, scope)

    monkeypatch.setattr(comparison, "gateways", some_refused)
    page = " ".join(signed_in("viewer").get("/compare?q=nowhere").content.decode().split())
    assert told in page
    assert ("Read from AWS at" in page) is (len(refused) < 3)
    assert "No key matches this filter." not in page


def test_an_admin_acknowledges_a_change_made_outside_from_the_secret_s_page(
    dev: Estate, signed_in: SignedIn
) -> None:
    text = "It was changed outside this console."
    finding = StatusFinding("only_this_console_changes", "warn", text, "version 2026 aaaa")
    StatusSnapshot.objects.create(
        environment="dev",
        secret="miyabi/dev/config",
        status=status_of([finding]),
        at=datetime.now(UTC),
        findings=json.dumps([finding.to_json()]),
    )
    url = "/dev/acknowledge/miyabi/dev/config"
    assert url not in signed_in("editor").get(DETAIL).content.decode()
    admin = signed_in("admin")
    assert url in admin.get(DETAIL).content.decode()
    form = {"finding": finding.key, "reason": "OPS-5: meant"}
    page = admin.post(url, form, follow=True).content.decode()
    assert "The finding was acknowledged." in page
    assert url not in page
    assert "Acknowledged by" in page
    assert "OPS-5: meant" in page
    assert "Acknowledged by" in admin.get("/dev/status").content.decode()
    assert admin.post(url, form).status_code == 400
