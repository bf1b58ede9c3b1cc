"""Trying a value: on record, at GitHub alone, kept by fingerprint, and shown beside its key."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from deploy.demo.github import GitHub, Token, in_days
from secrets_ui.models import AuditRecord, ValueTrial
from secrets_ui.services.changes.settle import settle_audit
from testkit.canary import leaks_in, make_plain_canary
from testkit.posting import JSON, current_version, edit_url, key_form
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, SignedIn, client_of
from tests.security.test_leaks import database_dump, whole

pytestmark = pytest.mark.django_db
PAGE, PATH = "/dev/secret/miyabi/dev/api-keys", "/dev/try/miyabi/dev/api-keys"
TOKEN, SECRET = "GITHUB_TOKEN", "GITHUB_OAUTH_CLIENT_SECRET"


@pytest.fixture
def dev(watched: Callable[..., Any], github: GitHub) -> tuple[Estate, RecordingAws]:
    found: tuple[Estate, RecordingAws] = watched(only=("dev",))
    return found


def put(estate: Estate, **changed: str) -> None:
    document = json.dumps(estate.values("dev", "api-keys") | changed)
    client = estate["dev"].clients.secretsmanager
    client.put_secret_value(SecretId="miyabi/dev/api-keys", SecretString=document)


def ask(client: Client, estate: Estate, key: str = TOKEN, **more: str) -> Any:
    form = {"key": key, "version": current_version(estate, "dev", "api-keys")} | more
    return client.post(PATH, form)


def known(client: Client, key: str = TOKEN) -> tuple[str, str]:
    """What the page says of a key's trial."""
    verdict = client.get(PAGE).context["trials"][key].verdict
    return verdict.text, verdict.hint


def records(action: str = "secret.try") -> list[AuditRecord]:
    return list(AuditRecord.objects.filter(action=action).order_by("sequence"))


def test_a_value_is_tried_on_record_and_its_page_says_what_came_of_it(
    dev: tuple[Estate, RecordingAws], github: GitHub, signed_in: SignedIn
) -> None:
    estate, aws = dev
    client, token = signed_in("editor", "dev"), estate.values("dev", "api-keys")[TOKEN]
    github.tokens[token] = Token("miyabi-bot", ("repo",), in_days(9))
    assert known(client) == ("Not tried yet", "")

    answer = ask(client, estate)

    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}#keys")
    assert github.log == [f"GET /user Bearer {token}"]
    text, hint = known(client)
    assert text == "Expires in 9 days"
    assert hint.startswith("miyabi-bot, classic personal access token, scopes repo, expires on ")
    intent, outcome = records()
    assert (intent.phase, intent.keys, json.loads(intent.details)) == (
        "intent",
        '["GITHUB_TOKEN"]',
        {"by": "github_token", "asked": "127.0.0.1"},
    )
    assert (outcome.outcome, json.loads(outcome.details)) == (
        "done",
        {"found": "Expires in 9 days"},
    )
    *_, read = [call for call in aws.received if call.operation == "GetSecretValue"]
    statement = read.policy["Statement"][0]
    assert statement["Action"] == ["secretsmanager:GetSecretValue"]
    assert statement["Resource"].endswith(":secret:miyabi/dev/api-keys-??????")


def test_s01_a_value_that_was_tried_is_in_github_s_log_alone(
    dev: tuple[Estate, RecordingAws],
    github: GitHub,
    signed_in: SignedIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    estate, _ = dev
    client, canary, secret = signed_in("editor", "dev"), make_plain_canary(), make_plain_canary()
    caplog.set_level("DEBUG")
    put(estate, GITHUB_TOKEN=canary, GITHUB_OAUTH_CLIENT_SECRET=secret)
    texts: list[tuple[str, bytes | str]] = []
    for wrong in ("", "503", "closed", "redirect"):
        github.wrong = wrong
        for key in (TOKEN, SECRET):
            texts.append((f"{key} {wrong}", whole(ask(client, estate, key))))
        texts.append(("page", whole(client.get(PAGE))))
    texts += [("log", caplog.text), ("audit", whole(client.get("/audit"))), *database_dump()]
    assert leaks_in(canary, texts) + leaks_in(secret, texts) == []
    assert canary in "".join(github.log)
    assert known(client)[0] == known(client, SECRET)[0] == "Refused"


def test_s114_a_refusal_stays_one_while_nobody_answers_and_ends_with_an_answer(
    dev: tuple[Estate, RecordingAws], github: GitHub, signed_in: SignedIn
) -> None:
    estate, _ = dev
    client, token = signed_in("editor", "dev"), estate.values("dev", "api-keys")[TOKEN]
    seen = []
    for wrong, is_known in (("503", False), ("", False), ("garbage", False), ("", True)):
        github.wrong = wrong
        if is_known:
            github.tokens[token] = Token(scopes=None)
        assert ask(client, estate).status_code == 302
        seen.append(known(client)[0])
    assert seen == ["Not known", "Refused", "Refused", "Works"]
    assert ValueTrial.objects.count() == 1


def test_whom_to_ask_stands_beside_a_refused_value_while_aws_answers_and_while_it_does_not(
    dev: tuple[Estate, RecordingAws], signed_in: SignedIn
) -> None:
    estate, aws = dev
    client = signed_in("editor", "dev")

    def row() -> str:
        text = whole(client.get(PAGE)).decode()
        return text[text.index(f'<bdi class="mono">{SECRET}</bdi>') :].partition("</tr>")[0]

    assert "Owner: <bdi>Platform team</bdi>" not in row()
    ask(client, estate, SECRET)
    assert "Refused" in row()
    assert "Owner: <bdi>Platform team</bdi>" in row()
    aws.break_call("DescribeSecret", "AccessDeniedException", "not authorized")
    assert "Refused" in row()
    assert "Owner: <bdi>Platform team</bdi>" in row()


def test_an_oauth_app_is_tried_by_both_its_values_and_anew_when_one_changes(
    dev: tuple[Estate, RecordingAws], github: GitHub, signed_in: SignedIn
) -> None:
    estate, _ = dev
    client, held = signed_in("editor", "dev"), estate.values("dev", "api-keys")
    github.apps[held["GITHUB_OAUTH_CLIENT_ID"]] = held[SECRET]
    ask(client, estate, SECRET)
    assert known(client, SECRET) == ("Works", "secret of an OAuth app")
    put(estate, GITHUB_OAUTH_CLIENT_ID="another-app")
    assert known(client, SECRET)[0] == "Not tried yet"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"key": "MIYABI_ACCESS_TOKEN"}, 400),
        ({"key": "OAUTH_ISSUER"}, 400),  # no host may be asked
        ({"key": "NOT_THERE"}, 400),
        ({"version": "a" * 32}, 404),
        ({"version": "AWSCURRENT"}, 400),
        ({"key": "x" * 300}, 400),
    ],
    ids=str,
)
def test_what_is_not_tried_is_refused_and_nobody_is_asked(
    dev: tuple[Estate, RecordingAws],
    github: GitHub,
    signed_in: SignedIn,
    change: dict[str, str],
    status: int,
) -> None:
    assert ask(signed_in("editor", "dev"), dev[0], **change).status_code == status
    assert github.log == []


def test_an_older_version_and_a_placeholder_are_not_sent(
    dev: tuple[Estate, RecordingAws], github: GitHub, signed_in: SignedIn
) -> None:
    estate, _ = dev
    old, client = current_version(estate, "dev", "api-keys"), signed_in("editor", "dev")
    put(estate, GITHUB_TOKEN="ghp_xxxxxxxxxxxxxxxxxxxxx")
    assert ask(client, estate, version=old).status_code == 409
    assert ask(client, estate).status_code == 400
    assert TOKEN not in client.get(PAGE).context["trials"]
    assert github.log == []
    assert [record.outcome for record in records() if record.phase == "outcome"] == [
        "not_applied"
    ] * 2


def test_off_nothing_is_shown_and_nothing_tried(
    dev: tuple[Estate, RecordingAws], github: GitHub, signed_in: SignedIn, settings: Any
) -> None:
    settings.CREDENTIAL_CHECKS = False
    client = signed_in("editor", "dev")
    page = client.get(PAGE)
    assert page.context["trials"] == {}
    assert "Try it" not in page.content.decode()
    assert ask(client, dev[0]).status_code == 400
    assert github.log == []
    assert records() == []


def test_who_may_not_edit_sees_what_is_known_and_has_no_button(
    dev: tuple[Estate, RecordingAws], github: GitHub, person: Callable[..., Any]
) -> None:
    page = client_of(person("viewer", "dev")).get(PAGE).content.decode()
    assert "Not tried yet" in page
    assert "Try it" not in page
    assert "Try it" in client_of(person("editor", "dev")).get(PAGE).content.decode()


def test_s69_a_person_s_tries_are_limited_and_the_refusal_is_on_record(
    dev: tuple[Estate, RecordingAws], github: GitHub, signed_in: SignedIn, settings: Any
) -> None:
    settings.CREDENTIAL_CHECKS_PER_MINUTE = 2
    client = signed_in("editor", "dev")
    assert [ask(client, dev[0]).status_code for _ in range(3)] == [302, 302, 429]
    assert len(github.log) == 2
    assert records("rate.limited")[0].outcome == "refused"


def test_aws_s_refusal_is_told_and_nobody_is_asked(
    dev: tuple[Estate, RecordingAws], github: GitHub, signed_in: SignedIn
) -> None:
    estate, aws = dev
    aws.break_call("GetSecretValue", "AccessDeniedException", "no")
    assert ask(signed_in("editor", "dev"), estate).status_code == 502
    assert (records()[-1].outcome, github.log) == ("failed", [])


def test_s61_a_try_whose_outcome_could_not_be_kept_is_open_and_settles_as_unknown(
    dev: tuple[Estate, RecordingAws], signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise DatabaseError("disk full")

    client, estate = signed_in("editor", "dev"), dev[0]
    client.get(PAGE)
    monkeypatch.setattr(ValueTrial.objects, "update_or_create", full)
    assert ask(client, estate).status_code == 503
    assert [record.phase for record in records()] == ["intent"]
    assert [(told.action, told.outcome) for told in settle_audit(0)] == [("secret.try", "unknown")]


def test_an_address_is_followed_to_named_hosts_alone(
    dev: tuple[Estate, RecordingAws], github: GitHub, signed_in: SignedIn, settings: Any
) -> None:
    """Its host is asked, its path is not."""
    estate, client = dev[0], signed_in("editor", "dev")
    settings.CREDENTIAL_CHECK_HOSTS = ["127.0.0.1"]
    ask(client, estate, "OAUTH_ISSUER")
    assert known(client, "OAUTH_ISSUER") == (
        "Not known",
        "Its host is not in CREDENTIAL_CHECK_HOSTS.",
    )
    put(estate, OAUTH_ISSUER=f"{github.address}/realms/miyabi")
    ask(client, estate, "OAUTH_ISSUER")
    assert known(client, "OAUTH_ISSUER") == ("Works", "answers 200 over HTTP")
    assert github.log == ["HEAD / "]


# At the review, before anything is saved


def try_typed(client: Client, estate: Estate, *rows: tuple[str, str], row: str = "form-0") -> Any:
    base = current_version(estate, "dev", "api-keys")
    form = key_form(base, *((key, "set", value) for key, value in rows), step="try")
    return client.post(edit_url("dev", "api-keys"), form | {"row": row}, **JSON)


def test_a_typed_value_is_tried_before_it_is_saved_and_its_page_knows_it_afterwards(
    dev: tuple[Estate, RecordingAws], github: GitHub, signed_in: SignedIn
) -> None:
    estate, aws = dev
    client, typed = signed_in("editor", "dev"), github.make_token(9)
    before = estate.values("dev", "api-keys")
    url, base = edit_url("dev", "api-keys"), current_version(estate, "dev", "api-keys")
    rows = ((TOKEN, "set", typed), ("MIYABI_ACCESS_TOKEN", "set", "x" * 40))
    client.get(PAGE)
    review = client.post(url, key_form(base, *rows, step="review"), **JSON).json()["review"]
    assert {row["key"]: row["can_be_tried"] for row in review["rows"]} == {
        TOKEN: True,
        "MIYABI_ACCESS_TOKEN": False,
    }
    calls = len(aws.received)

    answer = try_typed(client, estate, (TOKEN, typed))

    assert answer.json()["verdict"]["text"] == "Expires in 9 days"
    assert [call.operation for call in aws.received[calls:]] == []
    intent, outcome = records()
    assert json.loads(intent.details)["typed"] is True
    assert (intent.base_version_id, outcome.outcome) == (base, "done")
    texts = [("answer", whole(answer)), *database_dump()]
    assert leaks_in(typed[4:], texts) == []
    assert estate.values("dev", "api-keys") == before
    put(estate, GITHUB_TOKEN=typed)
    assert known(client)[0] == "Expires in 9 days"


def test_a_typed_secret_of_an_app_is_tried_with_the_typed_id_or_else_with_the_stored_one(
    dev: tuple[Estate, RecordingAws], github: GitHub, signed_in: SignedIn
) -> None:
    estate, _ = dev
    client, app = signed_in("editor", "dev"), "GITHUB_OAUTH_CLIENT_ID"
    stored, typed = estate.values("dev", "api-keys")[app], "s" * 40
    github.apps |= {stored: typed, "new-app": typed}
    for rows in ([(SECRET, typed)], [(SECRET, typed), (app, "new-app")]):
        assert try_typed(client, estate, *rows).json()["verdict"]["text"] == "Works"
    assert [line.split("/")[2] for line in github.log] == [stored, "new-app"]


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ([(TOKEN, "typed")], "form-7"),
        ([("MIYABI_ACCESS_TOKEN", "typed")], "form-0"),
        ([(TOKEN, "changeme")], "form-0"),
    ],
    ids=["no such row", "not tried", "placeholder"],
)
def test_what_cannot_be_tried_at_the_review_is_refused_and_nobody_is_asked(
    dev: tuple[Estate, RecordingAws],
    github: GitHub,
    signed_in: SignedIn,
    rows: list[tuple[str, str]],
    row: str,
) -> None:
    answer = try_typed(signed_in("editor", "dev"), dev[0], *rows, row=row)
    assert answer.status_code == 400
    assert "problem" in answer.json()
    assert github.log == []
