"""The page that sets one key in several environments, with a script and without."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils.html import escape

from secrets_ui.domain.environment import Rules
from secrets_ui.models import AuditRecord, RoleGrant
from testkit.canary import leaks_in, make_canary
from testkit.posting import JSON, current_version
from tests.conftest import Estate, SignedIn, Watched, client_of
from tests.security.test_leaks import database_dump, whole

pytestmark = pytest.mark.django_db
KEY = "MIYABI_REPO_NAME"
STRICT = Rules(reason_required=True, type_the_name=True)


def url(source: str = "", key: str = KEY, secret: str = "config") -> str:
    query = {"secret": secret, "key": key} | ({"source": source} if source else {})
    return f"/compare/set?{urlencode(query)}"


def form(estate: Estate, *targets: str, **more: Any) -> dict[str, Any]:
    """As the page sends it: typed, unless `more` says otherwise."""
    bases = {f"base-{place}": current_version(estate, place, "config") for place in targets}
    names = {f"typed_name-{place}": f"miyabi/{place}/config" for place in targets}
    known = {"target": list(targets), "reason": "OPS-8", "once": "6f2a" * 8, "step": "save"}
    return {**bases, **names, **known, "form-0-at": "0", "form-0-value": "another", **more}


def value(estate: Estate, place: str, key: str = KEY) -> str:
    return str(estate.values(place, "config")[key])


def test_a_copy_is_reviewed_and_carried_out_without_a_script(
    watched: Watched, signed_in: SignedIn
) -> None:
    estate, _ = watched(prod=STRICT)
    client = signed_in("editor", name="hana")
    client.post(url(), form(estate, "staging", confirmed="on"))
    page = client.get(url("staging"))
    lines = {line["environment"].name: line["target"] for line in page.context["lines"]}
    assert set(lines) == {"dev", "prod"}
    assert (lines["prod"].row.level, lines["dev"].can_be_set) == ("ok", True)
    version = page.context["found"].version
    answer = client.post(url("staging"), form(estate, "prod", version=version))
    assert answer.status_code == 302, answer.content.decode()
    assert value(estate, "prod") == "another"
    told = client.get(answer["Location"]).content.decode()
    assert "Copied in prod." in told
    assert "Copied" in client.get("/prod/changes").content.decode()


def test_a_value_that_all_hold_is_not_copied(estate: Estate, signed_in: SignedIn) -> None:
    client = signed_in("editor")
    client.post(url(), form(estate, "dev", "staging", "prod", confirmed="on"))
    assert "Copy to…" not in client.get(f"/compare?q={KEY}").content.decode()
    page = client.get(url("staging")).content.decode()
    assert "Back to the comparison" in page
    assert 'name="reason"' not in page


def test_a_typed_value_asks_for_a_review_or_a_tick(estate: Estate, signed_in: SignedIn) -> None:
    client = signed_in("editor")
    unticked = client.post(url(), form(estate, "dev"))
    assert unticked.status_code == 400
    assert "Tick the box" in unticked.content.decode()
    review = client.post(url(), form(estate, "dev", "prod", step="review"), **JSON).json()["review"]
    assert [row["key"] for row in review["rows"]] == ["dev", "prod"]
    assert review["fields"] == {
        f"base-{place}": current_version(estate, place, "config") for place in ("dev", "prod")
    }
    assert value(estate, "dev") != "another"
    saved = client.post(url(), form(estate, "dev", "prod"), **JSON).json()["saved"]
    assert saved.startswith(f"/compare?q={KEY}&saved=")
    assert [value(estate, place) for place in ("dev", "prod")] == ["another"] * 2


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"target": []}, "target"),
        ({"target": ["elsewhere"]}, "target"),
        ({"reason": ""}, "reason"),
        ({"typed_name-prod": "miyabi/dev/config"}, "typed_name-prod"),
        ({"base-prod": "short id"}, "base-prod"),
        ({"form-0-value": ""}, ""),
        ({"form-0-action": "burn"}, "form-0-action"),
        ({"form-0-value": "\x00"}, "form-0-value"),
    ],
)
def test_what_cannot_be_right_is_told_at_its_field_and_nothing_is_begun(
    watched: Watched, signed_in: SignedIn, more: dict[str, Any], field: str
) -> None:
    estate, aws = watched(prod=STRICT)
    client = signed_in("editor")
    sent = form(estate, "prod", **more)
    aws.received.clear()
    answer = client.post(url(), sent, **JSON)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert aws.received == []


@pytest.mark.parametrize("forged", [{"form-0-at": "5"}, {"form-0-at": "", "form-0-name": "OTHER"}])
def test_the_key_is_the_address_s_and_each_environment_is_asked_once(
    estate: Estate, signed_in: SignedIn, forged: dict[str, str]
) -> None:
    sent = form(estate, "dev", **forged, target=["dev", "dev"])
    saved = signed_in("editor").post(url(), sent, **JSON).json()["saved"]
    assert "%2C" not in saved
    assert value(estate, "dev") == "another"
    assert "OTHER" not in estate.values("dev", "config")


def test_results_are_told_by_target_and_sent_again_only_what_failed_is_tried(
    watched: Watched, signed_in: SignedIn
) -> None:
    estate, aws = watched()
    client, sent = signed_in("editor"), form(estate, "dev", "prod")
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString='{"THEIRS": "1"}'
    )
    failed = client.post(url(), {**sent, "confirmed": "on"})
    page = failed.content.decode()
    assert failed.status_code == 409
    assert "Saved in 1 of 2 environments." in page
    assert "dev: not saved." in page
    assert "prod: saved as version" in page
    assert page.count(" checked>") == 1
    aws.received.clear()
    sent["base-dev"] = current_version(estate, "dev", "config")
    assert client.post(url(), sent, **JSON).json()["saved"]
    assert aws.operations().count("PutSecretValue") == 1
    assert value(estate, "dev") == value(estate, "prod") == "another"


def test_the_page_after_a_failure_brings_the_same_token_to_the_others(
    watched: Watched, signed_in: SignedIn
) -> None:
    estate, _ = watched()
    client, key = signed_in("editor"), "NEW_TOKEN"
    asked = {"form-0-action": "generate", "form-0-value": "", "confirmed": "on"}
    sent = form(estate, "dev", "prod", **{**asked, "base-prod": "a" * 32})
    failed = client.post(url(key=key), sent)
    page = failed.content.decode()
    assert (failed.status_code, page.count(" checked>")) == (409, 2)
    assert '<option value="generate" selected>' in page
    made = value(estate, "dev", key)
    again = form(estate, "dev", "prod", **asked, once=failed.context["once"])
    assert client.post(url(key=key), again).status_code == 302
    assert [value(estate, place, key) for place in ("dev", "prod")] == [made, made]


def test_s02_no_answer_record_or_row_holds_a_copied_or_a_typed_value(
    estate: Estate, signed_in: SignedIn
) -> None:
    typed, places = make_canary(), ("dev", "staging", "prod")
    for place in places:
        estate[place].clients.secretsmanager.create_secret(
            Name=f"miyabi/{place}/loose", SecretString='{"CANARY": "x"}'
        )
    editor, admin = signed_in("editor", name="hana"), signed_in("admin", name="ken")
    here, copy = url(key="CANARY", secret="loose"), url("staging", "CANARY", "loose")
    bases = {f"base-{place}": current_version(estate, place, "loose") for place in places}
    names = {f"typed_name-{place}": f"miyabi/{place}/loose" for place in places}
    known = {"target": ["staging", "prod"], "once": "1" * 32, "form-0-at": "0", "step": "save"}
    known |= {**names, "reason": "OPS-8"}
    sent = {**bases, **known, "form-0-value": typed}
    answers = [
        editor.post(here, {**sent, "step": "review"}, **JSON),
        editor.post(here, sent, **JSON),
        editor.post(here, {**sent, "base-prod": "a" * 32, "once": "2" * 32, "confirmed": "on"}),
        editor.get(copy),
    ]
    version = answers[-1].context["found"].version
    answers += [
        editor.post(copy, {**sent, "target": ["dev"], "version": version}),
        editor.get("/compare"),
        admin.get("/audit/export.jsonl"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 409, 200, 302, 200, 200]
    assert estate.values("dev", "loose") == {"CANARY": typed}
    texts = [(str(number), whole(answer)) for number, answer in enumerate(answers)]
    assert leaks_in(typed, [*texts, *database_dump()]) == []


@pytest.mark.parametrize(
    ("source", "role", "status"),
    [
        ("prod", "viewer", 403),
        ("prod", "admin", 403),
        ("prod", "approver", 403),
        ("prod", "editor", 200),
        ("", "viewer", 200),
    ],
)
def test_s40_out_of_an_environment_a_value_is_moved_by_those_who_may_have_it_shown_there(
    watched: Watched, person: Callable[..., Any], source: str, role: str, status: int
) -> None:
    """`role` is the one in prod; dev is the person's own to edit."""
    estate, aws = watched()
    user = person("editor", "dev")
    RoleGrant.objects.create(user=user, environment="prod", role=role)
    client = client_of(user)
    before = estate.value("dev", "config")
    version = current_version(estate, "prod", "config")
    aws.received.clear()
    assert client.get(url(source)).status_code == status
    if status == 403:
        sent = form(estate, "dev", version=version)
        aws.received.clear()
        assert client.post(url(source), sent).status_code == 403
        assert aws.received == []
        refused = AuditRecord.objects.filter(action="access.refused", environment="prod")
        assert {json.loads(row.details)["action"] for row in refused} == {"secret.reveal"}
        assert estate.value("dev", "config") == before


@pytest.mark.parametrize("role", ["viewer", "approver", "auditor", "editor", "admin", "nobody"])
def test_s40_a_target_is_for_those_who_may_edit_there_whatever_the_form_says(
    watched: Watched, person: Callable[..., Any], role: str
) -> None:
    estate, aws = watched()
    client, may_edit = client_of(person(role, "dev")), role in ("editor", "admin")
    sent = form(estate, "dev", "prod", confirmed="on")
    before = estate.value("prod", "config")
    aws.received.clear()
    assert client.get(url()).status_code == (200 if may_edit else 403)
    aws.received.clear()
    assert client.post(url(), sent).status_code == 403
    assert aws.received == []
    assert estate.value("prod", "config") == before
    alone = {**sent, "target": ["dev"]}
    assert client.post(url(), alone).status_code == (302 if may_edit else 403)


def test_s30_each_end_asks_for_its_own_fresh_proof(
    watched: Watched, person: Callable[..., Any]
) -> None:
    estate, aws = watched(prod=Rules(step_up=True))
    client = client_of(person("editor"), proved=False)
    page = client.get(url())
    asks = {line["environment"].name: line["asks_for_proof"] for line in page.context["lines"]}
    assert asks == {"dev": False, "staging": False, "prod": True}
    sent = form(estate, "dev", "prod", confirmed="on")
    aws.received.clear()
    assert client.post(url(), sent).status_code == 403
    assert aws.received == []
    assert client.get(url("prod"))["Location"].startswith("/step-up?next=")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("secret=config", 400),
        ("key=A", 400),
        ("secret=config&key=A&source=elsewhere", 404),
        ("secret=../prod/config&key=A", 404),
        ("secret=config&key=no%20such%20key&source=dev", 400),
        ("secret=none-such&key=A&source=dev", 404),
        ("secret=none-such&key=A", 200),
    ],
)
def test_an_odd_address_is_refused_plainly(
    estate: Estate, signed_in: SignedIn, query: str, status: int
) -> None:
    client = signed_in("editor")
    assert client.get(f"/compare/set?{query}").status_code == status
    assert client.get("/compare/set")["Location"] == "/compare"


def test_a_value_is_copied_only_where_its_secret_is_and_another_value(
    estate: Estate, signed_in: SignedIn
) -> None:
    for place, held in (("dev", "x"), ("prod", "x")):
        estate[place].clients.secretsmanager.create_secret(
            Name=f"miyabi/{place}/loose", SecretString=json.dumps({"A": held, "B": place})
        )
    estate["dev"].clients.secretsmanager.create_secret(
        Name="miyabi/dev/alone", SecretString=json.dumps({"A": "x"})
    )
    client = signed_in("editor")
    page = client.get("/compare?q=loose").content.decode()
    assert page.count("Copy to…") == 2  # B, and A is the same in both
    page = client.get("/compare?q=alone").content.decode()
    assert "Copy to…" not in page
    assert "Set in several" not in page


def test_a_key_s_name_comes_back_exactly_from_the_address(
    estate: Estate, signed_in: SignedIn
) -> None:
    name = " odd name&<b>+%20 é "
    for place in ("dev", "prod"):
        estate[place].clients.secretsmanager.create_secret(
            Name=f"miyabi/{place}/loose", SecretString=json.dumps({name: place, "bro\nken": place})
        )
    client = signed_in("editor")
    page = client.get("/compare?q=loose").content.decode()
    # An address with control characters is refused, so nothing leads there.
    assert page.count("Copy to…") == 2
    assert escape(url("dev", name, "loose").partition("&")[2]) in page.replace("%20", "+")
    bases = {f"base-{p}": current_version(estate, p, "loose") for p in ("dev", "prod")}
    names = {f"typed_name-{p}": f"miyabi/{p}/loose" for p in ("dev", "prod")}
    sent = {
        **bases,
        **names,
        "reason": "OPS-8",
        "target": ["dev", "prod"],
        "form-0-at": "0",
        "form-0-value": "y",
    }
    answer = client.post(url(key=name, secret="loose"), {**sent, "confirmed": "on"})
    assert answer.status_code == 302, answer.content.decode()
    for place in ("dev", "prod"):
        assert estate.values(place, "loose") == {name: "y", "bro\nken": place}
