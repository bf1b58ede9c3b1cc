"""Showing a value: one key, a reason, a fresh proof, its own record; and what is never shown."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from secrets_ui.domain.environment import Rules
from secrets_ui.models import AuditRecord
from testkit.canary import leaks_in, make_canary
from testkit.posting import JSON, current_version, save_key
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, SignedIn, Watched, client_of
from tests.security.test_leaks import database_dump

pytestmark = pytest.mark.django_db
PATH = "/dev/reveal/miyabi/dev/config"


@pytest.fixture
def secret(watched: Watched) -> tuple[Estate, RecordingAws, str]:
    """dev, with a canary in the secret config."""
    return planted(watched)


def planted(watched: Watched, **rules: Rules) -> tuple[Estate, RecordingAws, str]:
    estate, aws = watched(only=("dev",), **rules)
    canary = make_canary()
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config",
        SecretString=json.dumps({"CANARY": canary, "N": 1.10, "OTHER": "not asked for"}),
    )
    return estate, aws, canary


def ask(client: Client, estate: Estate, key: str = "CANARY", **more: Any) -> Any:
    form = {
        "key": key,
        "version": current_version(estate, "dev", "config"),
        "reason": "OPS-9",
        "to": "screen",
    } | more
    return client.post(PATH, form, **JSON)


def records(action: str = "secret.reveal") -> list[AuditRecord]:
    return list(AuditRecord.objects.filter(action=action).order_by("sequence"))


def test_one_key_is_shown_with_its_record_before_and_after(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn
) -> None:
    estate, aws, canary = secret
    answer = ask(signed_in("editor", "dev", name="hana"), estate)

    intent, outcome = records()
    assert answer.json() == {
        "revealed": {"value": canary, "kind": "text", "seconds": 30, "record": intent.sequence}
    }
    assert answer["Cache-Control"] == "no-store"
    assert (intent.phase, intent.actor, intent.keys, intent.reason) == (
        "intent",
        "hana",
        '["CANARY"]',
        "OPS-9",
    )
    assert (outcome.phase, outcome.outcome, outcome.intent) == (
        "outcome",
        "done",
        str(intent.sequence),
    )
    assert [call.operation for call in aws.received if call.operation != "AssumeRole"] == [
        "GetSecretValue"
    ]
    assert leaks_in(canary, database_dump()) == []


def test_s02_the_answer_holds_nothing_else_of_the_document(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn
) -> None:
    estate, _, canary = secret
    client = signed_in("editor", "dev")
    for headers in (JSON, {}):
        form = {
            "key": "OTHER",
            "version": current_version(estate, "dev", "config"),
            "reason": "r",
            "to": "screen",
        }
        answer = client.post(PATH, form, **headers)
        assert b"not asked for" in answer.content
        assert leaks_in(canary, [("answer", answer.content)]) == []


def test_how_long_a_value_is_shown_is_told_by_the_setting_alone(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn, settings: Any
) -> None:
    settings.REVEAL_SECONDS = 45
    estate, _, _ = secret
    client = signed_in("editor", "dev")
    assert ask(client, estate).json()["revealed"]["seconds"] == 45
    assert "Show for 45 seconds" in client.get("/dev/secret/miyabi/dev/config").content.decode()
    form = {"key": "CANARY", "version": current_version(estate, "dev", "config"), "reason": "x"}
    page = client.post(PATH, form | {"to": "screen"})
    assert page["Refresh"].startswith("45; url=")
    assert "leaves by itself after 45 seconds" in page.content.decode()


def test_what_is_no_text_is_shown_as_it_is_written(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn
) -> None:
    estate, _, _ = secret
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString='{"N": 1.10}'
    )
    result = ask(signed_in("editor", "dev"), estate, "N").json()["revealed"]
    assert (result["value"], result["kind"]) == ("1.10", "JSON")


def test_a_text_that_is_no_object_is_shown_as_a_whole(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn
) -> None:
    estate, _, canary = secret
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString=f" {canary}\r\n"
    )
    assert (
        ask(signed_in("editor", "dev"), estate, "").json()["revealed"]["value"] == f" {canary}\r\n"
    )


def test_s54_a_get_shows_nothing(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn
) -> None:
    estate, aws, _ = secret
    client, form = signed_in("editor", "dev"), {"key": "CANARY", "reason": "r", "to": "screen"}
    version = current_version(estate, "dev", "config")
    for answer in (
        client.get(PATH, form | {"version": version}),
        client.head(PATH),
        client.put(PATH),
    ):
        assert answer.status_code == 405
    assert aws.received == []


def test_s30_s14_without_a_fresh_proof_it_is_403_and_nothing_is_asked_or_kept(
    secret: tuple[Estate, RecordingAws, str], person: Callable[..., Any]
) -> None:
    estate, aws, canary = secret
    client = client_of(person("editor", "dev"), proved=False)
    answer = ask(client, estate, reason=canary)
    assert answer.status_code == 403
    assert "/step-up" in answer.json()["problem"]["step_up"]
    assert aws.received == []
    assert [record.action for record in AuditRecord.objects.all()] == ["access.refused"]
    assert leaks_in(canary, database_dump()) == []


def test_s30_the_page_asks_for_the_proof_first(
    secret: tuple[Estate, RecordingAws, str], person: Callable[..., Any]
) -> None:
    user = person("editor", "dev")
    page = "/dev/secret/miyabi/dev/config"
    assert (
        "Why do you need to see it?" not in client_of(user, proved=False).get(page).content.decode()
    )
    assert f"/step-up?next={page}" in client_of(user, proved=False).get(page).content.decode()
    assert "Why do you need to see it?" in client_of(user).get(page).content.decode()


@pytest.mark.parametrize("reason", ["", "   ", "\t"])
def test_a_secret_value_asks_for_a_reason(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn, reason: str
) -> None:
    estate, aws, _ = secret
    answer = ask(signed_in("editor", "dev"), estate, reason=reason)
    assert (answer.status_code, answer.json()["problem"]["key"]) == (400, "reason")
    assert aws.received == []


def test_a_key_that_is_not_secret_shows_with_one_click_on_record(
    watched: Watched, person: Callable[..., Any]
) -> None:
    estate, _ = watched(only=("dev",))
    client = client_of(person("editor", "dev"), proved=False)
    assert ask(client, estate, "MIYABI_ROOT", reason="").status_code == 200
    assert [record.outcome for record in records()] == ["", "done"]


def test_s45_a_write_only_environment_shows_nothing_to_anybody(
    watched: Watched, signed_in: SignedIn
) -> None:
    estate, aws, canary = planted(watched, dev=Rules(reveal=False))
    client = signed_in("editor", "dev")
    assert "Reveal" not in client.get("/dev/secret/miyabi/dev/config").content.decode()
    aws.received.clear()
    for key in ("CANARY", "MIYABI_ROOT", ""):
        answer = ask(client, estate, key)
        assert answer.status_code == 403
        assert leaks_in(canary, [("answer", answer.content)]) == []
    assert aws.received == []
    assert {record.outcome for record in records()} == {"refused"}


@pytest.mark.parametrize("role", ["viewer", "approver", "auditor", "admin", "nobody"])
def test_s45_without_the_right_no_value_is_shown_and_none_offered(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn, role: str
) -> None:
    estate, aws, canary = secret
    client = signed_in(role, "dev")
    answers = [ask(client, estate, to=to) for to in ("screen", "clipboard")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert aws.received == []
    page = client.get("/dev/secret/miyabi/dev/config").content
    assert b"/dev/reveal/" not in page
    assert (
        leaks_in(canary, [("page", page), *[("answer", answer.content) for answer in answers]])
        == []
    )


def test_s45_a_version_that_is_not_the_current_one_is_not_shown(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn
) -> None:
    estate, _, canary = secret
    client, old = signed_in("editor", "dev"), current_version(estate, "dev", "config")
    save_key(client, estate, "dev", "config", "CANARY", "another")
    answer = ask(client, estate, version=old)
    assert answer.status_code == 409
    assert leaks_in(canary, [("answer", answer.content)]) == []
    assert records()[-1].outcome == "not_applied"


def test_s46_fields_that_the_form_does_not_have_are_ignored(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn
) -> None:
    estate, aws, canary = secret
    more = {
        "environment": "prod",
        "name": "miyabi/dev/api-keys",
        "SecretId": "miyabi/prod/config",
        "actor": "x",
        "stage": "AWSPREVIOUS",
    }
    assert ask(signed_in("editor", "dev"), estate, **more).json()["revealed"]["value"] == canary
    assert {call.body["SecretId"] for call in aws.received if "SecretId" in call.body} == {
        "miyabi/dev/config"
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": ""},
        {"version": "../../x"},
        {"version": "AWSCURRENT"},
        {"to": "mail"},
        {"reason": "x" * 501},
        {"key": "x" * 257},
    ],
    ids=str,
)
def test_a_form_that_is_not_the_console_s_is_refused_without_a_call(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn, wrong: dict[str, str]
) -> None:
    estate, aws, _ = secret
    assert ask(signed_in("editor", "dev"), estate, **wrong).status_code == 400
    assert aws.received == []


def test_a_key_that_is_not_there_is_told_and_no_other_shown(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn
) -> None:
    estate, _, canary = secret
    answer = ask(signed_in("editor", "dev"), estate, "CANARy")
    assert answer.status_code == 400
    assert leaks_in(canary, [("answer", answer.content)]) == []


def test_s69_a_person_s_reveals_are_limited_and_the_refusal_is_on_record(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn, settings: Any
) -> None:
    estate, aws, _ = secret
    settings.REVEALS_PER_MINUTE = 2
    client = signed_in("editor", "dev")
    assert [ask(client, estate, to=to).status_code for to in ("screen", "clipboard", "screen")] == [
        200,
        200,
        429,
    ]
    assert len([call for call in aws.received if call.operation == "GetSecretValue"]) == 2
    assert records("rate.limited")[0].outcome == "refused"
    assert ask(signed_in("editor", "dev"), estate).status_code == 200  # another person's count


def test_aws_s_refusal_is_told_and_ends_the_record(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn
) -> None:
    estate, aws, canary = secret
    aws.break_call("GetSecretValue", "AccessDeniedException", f"no {canary}")
    answer = ask(signed_in("editor", "dev"), estate)
    assert answer.status_code == 502
    assert leaks_in(canary, [("answer", answer.content)]) == []
    assert (records()[-1].outcome, json.loads(records()[-1].details)["code"]) == (
        "failed",
        "AccessDeniedException",
    )


def test_s48_the_session_of_a_reveal_may_read_this_one_secret_and_do_nothing_else(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn
) -> None:
    estate, aws, _ = secret
    ask(signed_in("editor", "dev", name="hana"), estate)
    (call,) = [call for call in aws.received if call.operation == "GetSecretValue"]
    assert call.person == "hana"
    first, *rest = call.policy["Statement"]
    assert first["Action"] == ["secretsmanager:GetSecretValue"]
    assert first["Resource"].endswith(":secret:miyabi/dev/config-??????")
    assert [statement["Action"] for statement in rest] == [["kms:Decrypt"]]


# Without a script

ODD = "\n first\r\nline \t<b>&amp;{{ x }}</b>\u202egnp\u200b\u00a0 end "


def test_without_a_script_the_value_has_a_page_of_its_own_that_leaves_by_itself(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn
) -> None:
    estate, _, _ = secret
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString=json.dumps({"ODD": ODD})
    )
    form = {
        "key": "ODD",
        "version": current_version(estate, "dev", "config"),
        "reason": "r",
        "to": "screen",
    }
    answer = signed_in("editor", "dev").post(PATH, form)
    assert answer["Cache-Control"] == "no-store"
    assert answer["Refresh"] == "30; url=/dev/secret/miyabi/dev/config"
    text = answer.content.decode()
    assert "&lt;b&gt;&amp;amp;{{ x }}&lt;/b&gt;" in text
    assert '<span class="odd" data-code="U+202E">&#8238;</span>' in text
    assert "<b>" not in text


def test_s60_while_nothing_can_be_recorded_nothing_is_shown_or_asked(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    estate, aws, _ = secret
    client = signed_in("editor", "dev")

    def full(self: AuditRecord, *args: Any, **kwargs: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(AuditRecord, "save", full)
    answer = ask(client, estate)
    assert answer.status_code == 503
    assert aws.received == []


def test_s60_a_value_whose_outcome_cannot_be_recorded_is_not_handed_out(
    secret: tuple[Estate, RecordingAws, str], signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    estate, aws, canary = secret
    client, save = signed_in("editor", "dev"), AuditRecord.save

    def full(self: AuditRecord, *args: Any, **kwargs: Any) -> None:
        if self.phase == "outcome":
            raise OperationalError("database or disk is full")
        save(self, *args, **kwargs)

    monkeypatch.setattr(AuditRecord, "save", full)
    answer = ask(client, estate)
    assert answer.status_code == 503
    assert leaks_in(canary, [("answer", answer.content)]) == []
    assert "GetSecretValue" in aws.operations()
