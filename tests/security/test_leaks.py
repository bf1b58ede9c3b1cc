"""Section A of the security requirements: a value goes to AWS, and nowhere else."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.cache.backends.locmem import LocMemCache
from django.db import connection
from django.http import JsonResponse
from django.test import Client

from secrets_ui.aws import session as aws_session
from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.secret_value import MASK, SecretValue
from secrets_ui.models import AuditRecord
from secrets_ui.services import audit, aws_access
from secrets_ui.services.configuration import get_environment
from testkit.canary import leaks, leaks_in, make_canary, make_plain_canary, whole
from testkit.posting import (
    JSON,
    current_version,
    document_form,
    edit_url,
    key_form,
    prod_rules,
    save_key,
)
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, MakeEstate, SignedIn, Watched, with_its_own_clients

pytestmark = pytest.mark.django_db
SECRETS = ("object", "text", "list")


def plant(estate: Estate, canary: str) -> None:
    """Secrets that hold the canary: as a value, nested, as plain text, in a list, twice."""
    client = estate["dev"].clients.secretsmanager
    documents = {
        "object": json.dumps({"CANARY": canary, "nested": {"inner": [canary]}, "twin": canary}),
        "text": f"plain text with {canary} in it",
        "list": json.dumps([canary]),
    }
    for name, text in documents.items():
        client.create_secret(Name=f"miyabi/dev/{name}", SecretString=text)


def database_dump() -> Iterator[tuple[str, str]]:
    """Every row of every table, sessions decoded."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            yield table, repr(cursor.fetchall())
    for session in Session.objects.all():
        yield "a session", repr(session.get_decoded())


def test_s02_neither_review_nor_conflict_holds_a_stored_or_a_typed_value(
    make_estate: MakeEstate, signed_in: SignedIn, canary: str
) -> None:
    estate, typed = make_estate(only=("dev",)), make_canary()
    plant(estate, canary)
    client, url = signed_in("editor", "dev"), edit_url("dev", "object")
    base = current_version(estate, "dev", "object")
    rows = [("CANARY", "set", typed), ("new", "set", typed), ("twin", "remove", "")]
    answers = {
        "review": client.post(url, key_form(base, *rows, step="review"), **JSON),
        "save": client.post(url, key_form(base, *rows), **JSON),
        "conflict": client.post(url, key_form(base, *rows), **JSON),
        "conflict, as a page": client.post(url, key_form(base, *rows)),
        "its page": client.get("/dev/secret/miyabi/dev/object"),
        "the log": client.get("/audit"),
        "the export": signed_in("admin", "dev").get("/audit/export.jsonl"),
    }
    assert [answer.status_code for answer in answers.values()] == [
        200,
        200,
        409,
        409,
        200,
        200,
        200,
    ]
    texts = [(name, whole(answer)) for name, answer in answers.items()]
    assert leaks_in(canary, texts) + leaks_in(typed, texts) == []


@pytest.mark.parametrize("page", ["secret", "edit"])
def test_s03_the_masked_page_is_the_same_for_every_length(
    make_estate: MakeEstate, signed_in: SignedIn, page: str
) -> None:
    estate = make_estate(only=("dev",))
    cells, lengths = set(), set()
    for number, size in enumerate((1, 1024, 60 * 1024)):
        estate["dev"].clients.secretsmanager.create_secret(
            Name=f"miyabi/dev/size-{number}", SecretString=json.dumps({"K": "q" * size})
        )
        answer = signed_in("editor", "dev", name=f"person-{number}").get(
            f"/dev/{page}/miyabi/dev/size-{number}"
        )
        shown = re.sub(r"[0-9a-f]{4}·[0-9a-f]{4}", "FINGERPRINT", answer.content.decode())
        # What differs from form to form, at the same length: its token, the secret and the version.
        shown = re.sub(
            r'(name="(csrfmiddlewaretoken|version)" value)="[^"]+"', r"\1", shown
        ).replace(f"size-{number}", "NAME")
        cells.add(
            tuple(
                re.findall(
                    r'<td data-label="Value">.*?</td>|<div class="row".*?</textarea>',
                    shown,
                    re.DOTALL,
                )
            )
        )
        lengths.add(answer["Content-Length"])
    assert len(lengths) == 1
    assert len(cells) == 1
    assert "FINGERPRINT" in str(cells)


def test_s04_a_view_can_neither_answer_nor_store_nor_cache_a_value(
    client: Client, canary: str
) -> None:
    value = SecretValue(canary)
    with pytest.raises(TypeError):
        JsonResponse({"value": value})
    with pytest.raises(TypeError):
        LocMemCache("a test's", {}).set("key", value)
    session = client.session
    session["value"] = value
    with pytest.raises(TypeError):
        session.save()
    audit.record(Action.SIGN_IN, Actor("hana"), reason=value)
    assert AuditRecord.objects.get().reason == MASK
    assert leaks_in(canary, database_dump()) == []


# Errors


@pytest.fixture
def planted(
    watched: Watched, signed_in: SignedIn, canary: str
) -> tuple[Estate, RecordingAws, Client]:
    """A stored canary, and an editor who will type another."""
    estate, aws = watched(only=("dev",))
    plant(estate, canary)
    client = signed_in("editor", "dev")
    assert client.get(edit_url("dev", "object")).status_code == 200
    return estate, aws, client


def fail_at(aws: RecordingAws, monkeypatch: pytest.MonkeyPatch, what: str, typed: str) -> None:
    """Makes PutSecretValue fail in one of the ways that AWS, the network or boto3 have."""
    if what == "ClientError":
        aws.break_call(
            "PutSecretValue", "InvalidParameterException", f"The value {typed} is not to our taste."
        )
    elif what == "KMS":
        aws.break_call(
            "PutSecretValue", "AccessDeniedException", f"Access to KMS is not allowed for {typed}"
        )
    elif what == "closed connection":
        aws.drop_call("PutSecretValue")
    elif what == "time-out":
        monkeypatch.setattr(
            aws_session,
            "_CONFIG",
            aws_session._CONFIG.merge(Config(read_timeout=1, retries={"total_max_attempts": 1})),
        )
        with_its_own_clients(monkeypatch)  # kept ones have the old time-out
        aws.drop_call("PutSecretValue", seconds=10)
    elif what == "not AWS's answer":
        aws.answer("PutSecretValue", 200, f"<html>{typed}</html>".encode())


@pytest.mark.parametrize("script", [True, False], ids=["with the script", "without"])
@pytest.mark.parametrize(
    "what", ["ClientError", "KMS", "closed connection", "time-out", "not AWS's answer"]
)
def test_s07_no_failure_of_a_call_puts_a_value_on_a_page_or_into_a_log(
    planted: tuple[Estate, RecordingAws, Client],
    logged: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    script: bool,
    canary: str,
) -> None:
    estate, aws, client = planted
    typed = make_canary()
    base = current_version(estate, "dev", "object")
    fail_at(aws, monkeypatch, what, typed)
    answer = client.post(
        edit_url("dev", "object"), key_form(base, ("new", "set", typed)), **(JSON if script else {})
    )
    assert answer.status_code in (502, 503)
    texts = [("page", whole(answer)), ("log", logged()), *database_dump()]
    assert leaks_in(typed, texts) + leaks_in(canary, texts) == []
    assert "PutSecretValue" in answer.content.decode() or "not known" in answer.content.decode()


def test_s07_a_value_of_the_wrong_type_is_refused_by_boto3_without_a_word_of_it(
    planted: tuple[Estate, RecordingAws, Client],
    logged: Callable[[], str],
    canary: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """ParamValidationError repeats the value in its text."""
    with_its_own_clients(monkeypatch)
    estate, _, client = planted
    boto = aws_access.sessions().client("secretsmanager", get_environment("dev").region)
    boto.meta.events.register(
        "provide-client-params.secrets-manager.PutSecretValue",
        lambda params, **_: params | {"SecretString": [params["SecretString"]]},
    )
    typed = make_canary()
    answer = save_key(client, estate, "dev", "object", "new", typed)
    assert answer.status_code == 503
    assert "ParamValidationError" in answer.json()["problem"]["text"]
    texts = [("page", whole(answer)), ("log", logged()), *database_dump()]
    assert leaks_in(typed, texts) + leaks_in(canary, texts) == []


def wrong_forms(typed: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Forms that are refused, each with a typed value; by what is wrong with them."""
    keys, document, base = (
        edit_url("prod", "config"),
        edit_url("prod", "config", "edit-document"),
        "a" * 32,
    )
    rules = prod_rules("miyabi/prod/config")
    row = ("MIYABI_ROOT", "set", typed)
    return {
        "no reason": (keys, key_form(base, row, typed_name=rules["typed_name"])),
        "no name typed": (keys, key_form(base, row, reason="why")),
        "not confirmed": (keys, key_form(base, row, **rules, confirmed="")),
        "a base that is none": (keys, key_form("../..", row, **rules)),
        "a sending that is none": (keys, key_form(base, row, **rules, once="x")),
        "an unknown choice": (keys, key_form(base, ("MIYABI_ROOT", "sett", typed), **rules)),
        "typed and removed": (keys, key_form(base, ("MIYABI_ROOT", "remove", typed), **rules)),
        "no key": (keys, key_form(base, ("", "set", typed), **rules)),
        "a key twice": (keys, key_form(base, row, row, **rules)),
        "no rows": (keys, {"base": base, "form-0-value": typed}),
        "wrong format": (keys, key_form(base, ("BASE_URL", "set", typed), **rules)),
        "too large": (keys, key_form(base, ("MIYABI_ROOT", "set", typed * 4000), **rules)),
        "a conflict": (keys, key_form(base, row, **rules)),
        "broken JSON": (document, document_form(base, f'{{"A": "{typed}', **rules)),
        "a key of it twice": (
            document,
            document_form(base, json.dumps({"A": typed})[:-1] + ', "A": "1"}', **rules),
        ),
        "not an object": (document, document_form(base, json.dumps([typed]), **rules)),
        "a document in conflict": (
            document,
            document_form(base, json.dumps({"A": typed}), **rules),
        ),
        "a line break in the reason": (keys, key_form(base, row, **rules | {"reason": "x" * 600})),
    }


@pytest.mark.parametrize("script", [True, False], ids=["with the script", "without"])
@pytest.mark.parametrize("what", wrong_forms(""))
def test_s09_what_was_typed_never_comes_back(
    make_estate: MakeEstate,
    signed_in: SignedIn,
    logged: Callable[[], str],
    canary: str,
    what: str,
    script: bool,
) -> None:
    make_estate(only=("prod",))
    path, form = wrong_forms(canary)[what]
    answer = signed_in("editor", "prod").post(path, form, **(JSON if script else {}))
    assert answer.status_code in (400, 409)
    assert leaks_in(canary, [("page", whole(answer)), ("log", logged()), *database_dump()]) == []


@pytest.mark.parametrize("step", ["review", "save"])
def test_s09_a_wrong_token_is_told_without_it(
    make_estate: MakeEstate, signed_in: SignedIn, step: str
) -> None:
    estate, typed = make_estate(only=("dev",)), f"ghp_{make_plain_canary(36)}"
    base = current_version(estate, "dev", "api-keys")
    answer = signed_in("editor", "dev").post(
        edit_url("dev", "api-keys"),
        key_form(base, ("GITHUB_TOKEN", "set", typed), step=step),
        **JSON,
    )
    assert "GitHub token" in answer.content.decode()
    assert leaks(typed[4:], whole(answer)) == []


@pytest.mark.parametrize(
    "who", ["nobody signed in", "a session that has ended", "a viewer", "a foreign form"]
)
def test_s14_a_post_that_is_not_let_in_leaves_nothing_of_its_body_behind(
    make_estate: MakeEstate, signed_in: SignedIn, logged: Callable[[], str], canary: str, who: str
) -> None:
    make_estate(only=("dev",))
    client = (
        Client()
        if who == "nobody signed in"
        else signed_in("viewer" if who == "a viewer" else "editor", "dev")
    )
    if who == "a session that has ended":
        session = client.session
        session["started"] = session["seen"] = 1
        session.save()
    client.handler.enforce_csrf_checks = who == "a foreign form"
    answer = client.post(
        edit_url("dev", "config"), key_form("a" * 32, ("MIYABI_ROOT", "set", canary))
    )
    assert answer.status_code in (302, 403)
    assert leaks_in(canary, [("answer", whole(answer)), ("log", logged()), *database_dump()]) == []
    followed = client.get("/sign-in", {"next": edit_url("dev", "config")})
    assert leaks(canary, whole(followed)) == []


def test_s14_a_password_that_was_typed_as_a_name_is_kept_nowhere(
    client: Client, logged: Callable[[], str], canary: str
) -> None:
    for number in range(7):
        answer = client.post(
            "/sign-in",
            {"username": canary, "password": f"x{number}"},
            query_params={"next": "/dev/"},
        )
        assert answer.status_code == (403 if number < 5 else 429)
        assert leaks(canary, whole(answer)) == []
    assert leaks_in(canary, [("log", logged()), *database_dump()]) == []


class Unreadable:
    """A body that must not be read."""

    def read(self, *args: Any) -> bytes:
        raise AssertionError("the body was read")

    readline = readlines = __iter__ = read


@pytest.mark.parametrize("length", ["524289", "10000000000", "-1", "1e3", "0x10", "٣٣٣٣٣٣٣"])
@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"],
)
@pytest.mark.parametrize("path", ["/sign-in", "/dev/edit/miyabi/dev/config", "/none"])
def test_s15_an_oversized_body_is_refused_before_anything_reads_it(
    signed_in: SignedIn, path: str, kind: str, length: str
) -> None:
    environ = {
        "PATH_INFO": path,
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": length,
        "wsgi.input": Unreadable(),
    }
    assert signed_in("editor").request(**environ).status_code == 413


def test_s15_the_largest_secret_fits_in_whatever_encoding(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    estate = make_estate(only=("dev",))
    # 64,009 bytes, three times as many in a form.
    text = json.dumps({"K": "é" * 32_000}, ensure_ascii=False)
    form = document_form(current_version(estate, "dev", "config"), text)
    assert (
        signed_in("editor", "dev")
        .post(edit_url("dev", "config", "edit-document"), form, **JSON)
        .status_code
        == 200
    )
    assert estate.value("dev", "config") == text


def test_s16_a_save_leaves_nothing_in_messages_caches_or_the_session(
    make_estate: MakeEstate, signed_in: SignedIn, settings: Any, canary: str
) -> None:
    estate = make_estate(only=("dev",))
    client = signed_in("editor", "dev")
    before = dict(client.session)
    assert save_key(client, estate, "dev", "config", "NEW", canary).status_code == 200
    assert dict(client.session) == before
    assert leaks_in(canary, database_dump()) == []
    assert not apps.is_installed("django.contrib.messages")
    assert settings.CACHES["default"]["BACKEND"] == "django.core.cache.backends.dummy.DummyCache"
    assert "messages" not in client.cookies


def test_s16_a_line_of_the_log_stream_holds_no_value_for_any_step_of_a_save(
    make_estate: MakeEstate, signed_in: SignedIn, logged: Callable[[], str], canary: str
) -> None:
    estate, typed = make_estate(only=("dev",)), make_canary()
    plant(estate, canary)
    client = signed_in("editor", "dev")
    save_key(client, estate, "dev", "object", "new", typed, step="review")
    save_key(client, estate, "dev", "object", "new", typed)
    client.get("/dev/secret/miyabi/dev/object")
    assert "secret.save" in logged()
    assert leaks(canary, logged()) + leaks(typed, logged()) == []


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    " =1",
    "\n=1",
]


def test_s17_an_export_neutralises_cells_that_a_spreadsheet_would_run(signed_in: SignedIn) -> None:
    for text in FORMULAS:
        audit.record(Action.SIGN_IN, Actor(text, text), environment="", secret=text, reason=text)
    answer = signed_in("auditor").get("/audit/export.csv", {"action": "sign_in"})
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"), newline="")))
    assert len(rows) == len(FORMULAS) + 1
    for row, text in zip(rows[1:], FORMULAS, strict=True):
        inert = text.replace("\t=", "\t'=").replace("\r=", "\r'=").replace("\n=", "\n'=")
        assert row.count(f"'{inert}") == 4
        signs = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
        assert not [cell for cell in row if cell.lstrip(" ").startswith(signs)]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_s17_no_formula_begins_after_another_separator_in_a_quoted_cell(
    signed_in: SignedIn, separator: str
) -> None:
    audit.record(
        Action.SIGN_IN, Actor("a", "b"), environment="", secret="", reason=f"x{separator} =1+1"
    )
    answer = signed_in("auditor").get("/audit/export.csv", {"action": "sign_in"})
    text = b"".join(answer).decode("utf-8-sig")
    assert f'"x{separator}\' =1+1"' in text
    assert all(line.startswith('"') and line.endswith('"') for line in text.split("\r\n")[:-1])


def test_s18_what_an_error_tells_is_fit_to_be_handed_on(
    planted: tuple[Estate, RecordingAws, Client], canary: str
) -> None:
    estate, aws, client = planted
    aws.break_call("UpdateSecretVersionStage", "InternalServiceError", status=500)
    aws.break_call("PutSecretValue", "AccessDeniedException", "no")
    typed = make_canary()
    answer = save_key(client, estate, "dev", "object", "new", typed)
    result = json.dumps(answer.json())
    assert (
        "aws secretsmanager list-secret-version-ids "
        "--secret-id miyabi/dev/object --region us-west-2" in result
    )
    assert "broken-by-a-test" in result  # the request id
    session_id = client.cookies["__Host-session"].value
    credentials = {call.session for call in aws.received} | {"testing"}
    for word in (session_id, *credentials - {""}):
        assert word not in result
    assert leaks(typed, result) + leaks(canary, result) == []


# Without the right to reveal


def test_s45_no_stored_value_by_prefill(
    make_estate: MakeEstate, signed_in: SignedIn, canary: str
) -> None:
    plant(make_estate(only=("dev",)), canary)
    for role in ("editor", "admin"):
        client = signed_in(role, "dev")
        for name in SECRETS:
            for page in ("edit", "edit-document", "import"):
                answer = client.get(edit_url("dev", name, page), follow=True)
                assert answer.status_code == 200
                assert leaks(canary, whole(answer)) == []
                assert not re.search(r"<textarea[^>]*>[^<]", answer.content.decode())


def test_s45_a_review_against_a_stored_value_tells_that_it_is_equal_and_nothing_more(
    make_estate: MakeEstate, signed_in: SignedIn, canary: str
) -> None:
    """A right guess is no change, as any editor must see; a wrong one shows nothing more."""
    estate = make_estate(only=("dev",))
    plant(estate, canary)
    client, base = signed_in("editor", "dev"), current_version(estate, "dev", "object")

    def review(guess: str) -> dict[str, Any]:
        form = key_form(base, ("CANARY", "set", guess), step="review")
        return dict(client.post(edit_url("dev", "object"), form, **JSON).json())

    near, far = (
        review(canary[:-1])["review"]["rows"][0],
        review("something else")["review"]["rows"][0],
    )
    assert near["before"] == far["before"]
    assert (near["level"], near["check"], near["problems"]) == (
        far["level"],
        far["check"],
        far["problems"],
    )
    assert near["after"][: len(MASK)] == MASK
    assert review(canary)["problem"]["title"] == "Nothing changes"
