"""Section D of the security requirements: what the server lets a browser do with pages."""

import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from deploy.demo.local_aws import PROJECT
from secrets_ui.views.secrets import pages as secret_pages
from testkit.canary import whole
from testkit.posting import (
    JSON,
    create_form,
    current_version,
    document_form,
    edit_url,
    import_form,
    key_form,
    save_key,
    tag_form,
)
from testkit.starting import production, run
from tests.conftest import Estate, MakeEstate, SignedIn, Watched, client_of
from tests.security.headers import assert_headers
from tests.urls import every_url

pytestmark = pytest.mark.django_db
# Calls to AWS that change nothing.
READING = ("List", "Get", "Describe", "Simulate", "Lookup", "Filter", "AssumeRole", "GET ")

STATUSES = {
    "unknown host": 400,
    "oversized": 413,
    "length that is none": 413,
    "no page": 404,
    "no static file": 404,
    "session over": 302,
    "session over, JSON": 401,
    "foreign form": 403,
    "nothing changes": 400,
    "conflict": 409,
    "export": 403,
    "locked": 429,
    "AWS refuses": 502,
    "fault": 500,
}


def test_s50_errors_have_the_headers_whoever_answers(
    watched: Watched, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate, aws = watched(only=("dev",))
    client = signed_in("editor")
    client.raise_request_exception = False
    base = current_version(estate, "dev", "config")
    answers = {
        "unknown host": client.get("/sign-in", headers={"host": "evil.example"}),
        "oversized": client.post(edit_url("dev", "config"), {"a": "x" * 600_000}),
        "length that is none": client.post("/sign-in", CONTENT_LENGTH="-1"),
        "no page": client.get("/no/such/page"),
        "no static file": client.get("/static/nothing.js"),
        "session over": _expired(signed_in("viewer")).get("/"),
        "session over, JSON": _expired(signed_in("viewer")).get("/", **JSON),
        "foreign form": _with_csrf(signed_in("viewer")).post("/sign-out"),
        "nothing changes": client.post(edit_url("dev", "config"), key_form(base), **JSON),
        "conflict": client.post(
            edit_url("dev", "config"), key_form("a" * 32, ("MIYABI_ROOT", "set", "/x")), **JSON
        ),
        "export": client_of(client.user).get("/audit/export.csv"),
        "locked": [Client().post("/sign-in", {"username": "x", "password": "y"}) for _ in range(6)][
            -1
        ],
    }
    aws.break_call("DescribeSecret", "AccessDeniedException")
    answers["AWS refuses"] = client.get("/dev/secret/miyabi/dev/config")
    monkeypatch.setattr(secret_pages, "ensure_somewhere", lambda *a: 1 / 0)
    answers["fault"] = client.get("/")
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses == STATUSES
    for name, answer in answers.items():
        assert_headers(answer.headers, name)
        assert answer["Cache-Control"] == "no-store", name


@pytest.mark.slow
def test_s50_static_files_have_the_headers(client: Client) -> None:
    page = client.get("/sign-in").content.decode()
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(files) >= 3
    for path in files:
        with closing(client.get(path)) as answer:
            assert answer.status_code == 200
            assert_headers(answer.headers, path)
            assert b"".join(answer)


# Asked of the settings of a deployment, in a process of its own: what needs no database.
ASK = """
import json, sys, django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("collectstatic", interactive=False, verbosity=0)
client = Client(raise_request_exception=False)
asked = json.loads(sys.argv[1])
answers = [client.get(path, secure=tls, headers={"host": host}) for path, tls, host in asked]
print(json.dumps([[answer.status_code, dict(answer.headers)] for answer in answers]))
"""


@pytest.mark.processes
def test_s50_a_form_may_lead_to_the_provider_and_to_no_other_origin() -> None:
    ask = (
        "import django; django.setup(); from django.conf import settings as s; "
        "print(s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    )
    client = {
        "OIDC_CLIENT_ID": "x",
        "OIDC_CLIENT_SECRET": "y",
        "DJANGO_SETTINGS_MODULE": "miyabi_admin.settings",
    }
    cases = [
        ({}, ["'self'"]),
        (
            {"OIDC_ISSUER": "https://login.example.com/tenant/v2.0"},
            ["'self'", "https://login.example.com"],
        ),
        (
            {
                "OIDC_ISSUER": "https://a.example",
                "OIDC_ORIGINS": "https://b.example,https://c.example",
            },
            ["'self'", "https://b.example", "https://c.example"],
        ),
    ]
    for changes, expected in cases:
        ended = run(production(**client, **changes), "-c", ask)
        assert ended.stdout.strip() == str(expected), ended.stderr


@pytest.mark.processes
def test_s50_under_tls_hsts_is_there_and_without_tls_nothing_but_the_way_to_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "deployed.py").write_text(
        f"from miyabi_admin.settings import *\nSTATIC_ROOT = '{tmp_path}/static'\n"
    )
    host = "console.miyabi-world.com"
    asked = [
        ("/sign-in", True, host),
        ("/", True, host),
        ("/none/at/all", True, host),
        ("/", False, host),
        ("/", True, "evil.example"),
        ("/", False, "evil.example"),
    ]
    settings = production(
        DJANGO_SETTINGS_MODULE="deployed",
        PYTHONPATH=f"{tmp_path}:{PROJECT}",
        DATABASE_URL="sqlite:////nonexistent/db",
    )
    ended = run(settings, "-W", "ignore", "-c", ASK, json.dumps(asked))
    assert ended.returncode == 0, ended.stderr
    answers = json.loads(ended.stdout.splitlines()[-1])
    assert [status for status, _ in answers] == [200, 302, 404, 301, 400, 400]
    for question, (_, headers) in zip(asked, answers, strict=True):
        assert_headers(headers, str(question))
        hsts = "max-age=31536000; includeSubDomains; preload" if question[1] else None
        assert headers.get("Strict-Transport-Security") == hsts, question
    assert answers[3][1]["Location"] == f"https://{host}/"


def _expired(client: Client) -> Client:
    session = client.session
    session["started"] = session["seen"] = 1
    session.save()
    return client


def _with_csrf(client: Client) -> Client:
    client.handler.enforce_csrf_checks = True
    return client


MARKUP = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>"
    "{{ 7|add:7 }}{% now 'Y' %}\u202egnitaer\u2066"
)


def assert_inert(page: str) -> None:
    """The hostile text made no tag, attribute, template or bidirectional mark of effect."""
    for alive in ("<script>alert", "<img src=x", "onerror=alert(2)>\"'"):
        assert alive not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ 7|add:7 }}{% now &#x27;Y&#x27; %}" in page  # shown as it is
    for place in re.finditer("\u202e", page):
        before = page[: place.start()]
        is_isolated = before.rfind("<bdi") > before.rfind("</bdi>")
        is_in_attribute = before.rfind('="') > before.rfind(">")
        assert is_isolated or is_in_attribute, before[-300:]


def test_s52_names_descriptions_and_tags_with_markup_are_shown_inert(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    estate = make_estate(only=("dev",))
    estate["dev"].clients.secretsmanager.create_secret(
        Name="miyabi/dev/hostile",
        Description=MARKUP,
        Tags=[{"Key": MARKUP[:100], "Value": MARKUP}],
        SecretString=json.dumps({MARKUP: "x", "plain": "y"}),
    )
    client = signed_in("admin", "dev", name="hana")
    assert_inert(client.get("/dev/secret/miyabi/dev/hostile").content.decode())
    assert_inert(client.get("/dev/edit/miyabi/dev/hostile").content.decode())
    listed = client.get("/dev/").content.decode()
    assert "<script>alert" not in listed


def test_s52_what_people_type_into_the_record_is_shown_inert(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    estate = make_estate(only=("dev",))
    # A secret that the catalogue knows takes no key that the Lambda could not load.
    estate["dev"].clients.secretsmanager.create_secret(Name="miyabi/dev/loose", SecretString="{}")
    client = signed_in("admin", "dev")
    saved = save_key(client, estate, "dev", "loose", MARKUP, "x", reason=MARKUP)
    number = saved.json()["saved"].rpartition("=")[2]
    assert_inert(client.get("/audit").content.decode())
    assert_inert(client.get(f"/audit/{number}").content.decode())
    assert_inert(client.get("/audit", {"secret": MARKUP, "person": MARKUP}).content.decode())
    assert "<script>alert" not in client.get("/dev/", {"q": MARKUP}).content.decode()


def test_s52_a_hostile_answer_of_aws_is_shown_inert(watched: Watched, signed_in: SignedIn) -> None:
    _, aws = watched(only=("dev",))
    client = signed_in("viewer", "dev")
    aws.break_call("DescribeSecret", "Odd<script>alert(1)</script>\u202e", MARKUP)
    page = client.get("/dev/secret/miyabi/dev/config").content.decode()
    assert "AWS refused the call" in page
    assert "Odd" not in page  # no code has this form
    assert "alert(1)" not in page
    result = client.get("/dev/secret/miyabi/dev/config", **JSON)
    assert result["Content-Type"] == "application/json"


def test_s52_a_hostile_path_is_shown_inert(signed_in: SignedIn) -> None:
    client = signed_in("viewer")
    for path in (
        "/<script>alert(1)</script>",
        "/x/%3Cscript%3Ealert(1)/",
        "/dev/secret/<script>alert(1)</script>",
        "/<b>/changes",
    ):
        page = client.get(path)
        assert page.status_code == 404
        assert "<script>alert" not in page.content.decode()
        assert "<b>/" not in page.content.decode()


def posts(estate: Estate) -> dict[str, dict[str, Any]]:
    """A good form for each URL that takes one."""
    base = current_version(estate, "dev", "config")
    return {
        edit_url("dev", "config"): key_form(base, ("MIYABI_ROOT", "set", "/foreign")),
        edit_url("dev", "config", "edit-document"): document_form(base, '{"A": "1"}'),
        edit_url("dev", "config", "import"): import_form(base, "A=1", take="0"),
        edit_url("dev", "config", "restore"): {"version": base, "base": base, "row": ["0"]},
        edit_url("dev", "config", "create"): create_form({"A": "1"}),
        edit_url("dev", "config", "describe"): {"seen": "a" * 32, **tag_form({"A": "1"})},
        edit_url("dev", "config", "delete"): {
            "days": "7",
            "reason": "r",
            "typed_name": "miyabi/dev/config",
        },
        edit_url("dev", "config", "cancel-deletion"): {"reason": "r"},
        edit_url("dev", "config", "refresh"): {"reason": "r"},
        edit_url("dev", "config", "acknowledge"): {"finding": "a" * 32, "reason": "r"},
        "/dev/acknowledge": {"finding": "a" * 32, "reason": "r"},
        edit_url("dev", "config", "pin"): {"do": "pin", "version": base, "name": "good"},
        edit_url("dev", "config", "rotate"): {"do": "begin"},
        "/dev/changes/1": {"decision": "approve"},
        "/dev/changes/1/emergency": {"reason": "OPS-9: it burns, and nobody is there"},
        "/dev/changes/1/look": {"reason": "OPS-9: it was right"},
        "/dev/changes/1/on-top": {},
        edit_url("dev", "config", "older-reads"): {},
        edit_url("dev", "config", "explain-error"): {"text": "AccessDeniedException"},
        edit_url("dev", "config", "what-if"): {"policy": "key", "text": "{}"},
        edit_url("dev", "config", "who-again"): {},
        edit_url("dev", "config", "reveal"): {
            "key": "MIYABI_ROOT",
            "version": base,
            "to": "screen",
        },
        "/compare/set": {"target": "dev"},
        edit_url("dev", "config", "try"): {"key": "BASE_URL", "version": base},
        "/people/1/give": {"environment": "dev", "role": "viewer"},
        "/people/1/take/1": {},
        "/people/1/account": {"account": "off"},
        "/people/requests/1": {"answer": "give", "hours": "2"},
        "/people/add": {"name": "rin"},
        "/people/1/link": {},
        "/people/1/leaving": {"do": "roles"},
        "/sign-in/link": {
            "code": "x",
            "new_password1": "mountain lamp quiet river",
            "new_password2": "mountain lamp quiet river",
        },
        "/account/ask": {"environment": "dev", "role": "editor", "hours": "2", "reason": "r"},
        "/status/run": {},
        "/metrics": {},
        "/sign-out": {},
        "/sign-in": {"username": "hana", "password": "x"},
        "/sign-in/code": {"code": "000000"},
        "/sso/sign-in": {},
        "/step-up": {"password": "x"},
        "/step-up/sso": {},
        "/account/codes": {"code": "000000"},
        "/account/passkey": {"name": "x", "passkey": "{}"},
        "/account/password": {
            "new_password1": "mountain lamp quiet river",
            "new_password2": "mountain lamp quiet river",
        },
        "/account/recovery-codes": {},
        "/account/remove/1": {},
        "/account/sessions": {},
        "/account/sessions/end/1": {},
        "/account/calendar": {},
        "/account/calendar/end": {},
        "/account/stay": {},
    }


def test_s53_a_form_of_each_url_that_takes_one_is_among_them(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    known = set(posts(make_estate(only=("dev",))))
    client = signed_in("admin")
    paths = {path for _, path in every_url()} - {"/sign-out"}
    taking = {path for path in paths if client.post(path).status_code != 405}
    assert client.post("/sign-out").status_code == 302  # last: nobody was signed out before
    assert taking | {"/sign-out"} == known


FOREIGN = (
    "https://evil.example",
    "null",
    "http://testserver.evil.example",
    "http://testserver:8080",
    "https://testserver",
)
# One view stands for all in how a token is compared and a refusal is written.
ONE = edit_url("dev", "config")


@pytest.mark.slow
@pytest.mark.parametrize("script", [True, False], ids=["with the script", "without"])
@pytest.mark.parametrize("origin", ["none", *FOREIGN])
def test_s53_a_post_without_or_with_a_foreign_token_or_origin_is_403_with_no_aws_call(
    watched: Watched, signed_in: SignedIn, origin: str, script: bool
) -> None:
    """A view that is exempt by mistake would take whichever comes: to each URL goes the form that
    is the nearest to a good one, and to one URL goes every kind of wrong one.
    """
    estate, aws = watched(only=("dev",))
    forms = posts(estate)
    client = _with_csrf(signed_in("admin", "dev"))
    mine, foreign = _token(client, "/dev/"), _token(Client(), "/sign-in")
    aws.received.clear()
    headers = {**(JSON if script else {}), **({} if origin == "none" else {"HTTP_ORIGIN": origin})}
    nearest = {"foreign": foreign} if origin == "none" else {"right": mine}
    tokens = {"none": None, "foreign": foreign, "broken": mine[:-1], **nearest}
    for path, form in forms.items():
        for name, token in (tokens if path == ONE else nearest if script else {}).items():
            sent = form if token is None else form | {"csrfmiddlewaretoken": token}
            answer = client.post(path, sent, **headers)
            assert answer.status_code == 403, (path, name)
            assert ("application/json" in answer["Content-Type"]) is script
    assert aws.received == []
    assert client.get("/dev/").status_code == 200  # nobody was signed out


def test_s53_the_same_forms_from_our_own_page_are_taken(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    estate = make_estate(only=("dev",))
    client = _with_csrf(signed_in("admin", "dev"))
    token = _token(client, "/dev/")
    forms = posts(estate)
    statuses = []
    for path in (edit_url("dev", "config"), "/sign-out"):
        answer = client.post(
            path, forms[path] | {"csrfmiddlewaretoken": token}, HTTP_ORIGIN="http://testserver"
        )
        statuses.append(answer.status_code)
    assert statuses == [302, 302]
    assert estate.values("dev", "config")["MIYABI_ROOT"] == "/foreign"


def _token(client: Client, path: str) -> str:
    found = re.search(
        r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(path).content.decode()
    )
    return found[1]


@pytest.mark.slow
def test_s54_nothing_is_changed_and_no_value_shown_by_get(
    watched: Watched, signed_in: SignedIn, canary: str
) -> None:
    """Whatever the address asks for; test_every_page.py has the addresses that ask for nothing."""
    estate, aws = watched()
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString=json.dumps({"CANARY": canary})
    )
    before = {env: estate.value(env, "config") for env in estate.environments}
    form = dict(posts(estate)[edit_url("dev", "config")]) | {
        "decision": "approve",
        "username": "x",
        "password": "y",
    }
    shown = {"reveal": "1", "step": "reveal", "key": "CANARY", "show": "CANARY"}
    client = signed_in("admin")
    for _, path in every_url():
        for method, extra in (("get", shown | form), ("head", form | shown), ("options", form)):
            answer = getattr(client, method)(path, query_params=extra)
            assert canary.encode() not in whole(answer), (method, path)
            assert_headers(answer.headers, f"{method} {path}")
    assert [call for call in aws.operations() if not call.startswith(READING)] == []
    assert {env: estate.value(env, "config") for env in estate.environments} == before
    assert client.get("/dev/").status_code == 200  # nor was anybody signed out


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "testserver.evil.example",
        "testserver@evil.example",
        "evil.example:80",
        "",
        "127.0.0.1.evil.example",
        "[::1]",
        "testserver, evil.example",
    ],
)
@pytest.mark.parametrize("header", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST"])
def test_s58_an_unknown_host_is_400_and_a_forwarded_one_counts_for_nothing(
    client: Client, host: str, header: str
) -> None:
    for path in ("/sign-in", "/", "/none"):
        answer = client.get(path, **{header: host})
        if header == "HTTP_HOST":
            assert answer.status_code == 400
        else:
            assert answer.status_code == client.get(path).status_code
        assert "evil" not in answer.content.decode() + str(answer.headers)


def test_s58_no_link_or_redirect_is_made_from_the_host(client: Client) -> None:
    assert client.get("/", headers={"host": "127.0.0.1:4444"})["Location"] == "/sign-in?next=/"
