"""Proposed changes, where an environment asks for a second person."""

import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from secrets_ui.domain.environment import Rules
from secrets_ui.models import AuditRecord, RoleGrant
from testkit.posting import JSON, current_version, edit_url, key_form, save_key
from tests.conftest import Estate, MakeEstate, SignedIn, client_of
from tests.views import reading

pytestmark = pytest.mark.django_db
LIST = "/dev/changes"


@pytest.fixture
def dev(make_estate: MakeEstate) -> Estate:
    return make_estate(only=("dev",), dev=Rules(second_person=True))


@pytest.fixture
def hana(signed_in: SignedIn) -> Client:
    return signed_in("editor", name="hana")


@pytest.fixture
def kenji(signed_in: SignedIn) -> Client:
    return signed_in("approver", name="kenji")


def propose(client: Client, estate: Estate, value: str = "/srv/miyabi") -> int:
    """Saves a change, and returns the number of the proposal that it became."""
    answer = save_key(client, estate, "dev", "config", "MIYABI_ROOT", value)
    return int(answer.json()["saved"].rpartition("=")[2])


def decide(client: Client, number: int, decision: str, reason: str = "OPS-9: not now") -> Any:
    return client.post(f"{LIST}/{number}", {"decision": decision, "reason": reason})


def root(estate: Estate) -> str:
    return str(estate.values("dev", "config")["MIYABI_ROOT"])


def test_it_works(dev: Estate, hana: Client, kenji: Client) -> None:
    before = root(dev)
    number = propose(hana, dev)
    assert root(dev) == before
    shown = kenji.get(LIST).content.decode()
    assert "hana" in shown
    assert "MIYABI_ROOT" in shown
    assert "/srv/miyabi" not in shown

    answer = decide(kenji, number, "approve")

    assert answer["Location"] == f"/dev/secret/miyabi/dev/config?saved={number}"
    assert root(dev) == "/srv/miyabi"
    outcome = AuditRecord.objects.get(action="secret.approve", phase="outcome")
    assert (outcome.outcome, outcome.actor) == ("done", "kenji")
    intent = AuditRecord.objects.get(sequence=outcome.intent)
    assert json.loads(intent.details) == {"proposed_by": "hana"}


def test_it_needs_access(dev: Estate, hana: Client, signed_in: SignedIn, client: Client) -> None:
    number, before = propose(hana, dev), root(dev)
    assert client.get(LIST)["Location"] == f"/sign-in?next={LIST}"
    assert client.post(f"{LIST}/{number}")["Location"] == f"/sign-in?next={LIST}/{number}"
    assert signed_in("nobody").get(LIST).status_code == 403
    for role in ("viewer", "editor", "auditor", "nobody"):
        assert decide(signed_in(role), number, "approve").status_code == 403
    assert decide(signed_in("admin", "staging", "prod"), number, "approve").status_code == 403
    assert root(dev) == before


def test_it_rejects_other_methods(dev: Estate, kenji: Client) -> None:
    for method in ("post", "put", "delete", "patch", "options"):
        assert getattr(kenji, method)(LIST).status_code == 405
    for method in ("get", "head", "put", "delete", "patch", "options"):
        assert getattr(kenji, method)(f"{LIST}/1").status_code == 405


def test_a_missing_id_is_refused(dev: Estate, kenji: Client) -> None:
    assert kenji.get("/nowhere/changes").status_code == 404
    assert decide(kenji, 999, "approve").status_code == 409
    assert decide(kenji, 999, "reject").status_code == 409
    assert kenji.post(f"{LIST}/none", {"decision": "approve"}).status_code == 404
    assert decide(kenji, 10**30, "approve").status_code == 409


def test_a_rejected_proposal_changes_nothing_and_is_gone(
    dev: Estate, hana: Client, kenji: Client
) -> None:
    before, number = root(dev), propose(hana, dev)
    assert decide(kenji, number, "reject")["Location"].startswith(f"{LIST}?done=")
    assert root(dev) == before
    assert kenji.get(LIST).context["proposals"] == []
    assert decide(kenji, number, "approve").status_code == 409


def test_neither_an_unknown_nor_a_missing_decision_rejects(
    dev: Estate, hana: Client, kenji: Client
) -> None:
    number = propose(hana, dev)
    for form in ({}, {"decision": "Approve"}, {"decision": "perhaps"}):
        assert kenji.post(f"{LIST}/{number}", form).status_code == 400
    assert len(kenji.get(LIST).context["proposals"]) == 1


def test_a_proposal_whose_base_has_moved_is_stale_and_cannot_be_approved(
    dev: Estate, hana: Client, kenji: Client
) -> None:
    number = propose(hana, dev)
    name = "miyabi/dev/config"
    dev["dev"].clients.secretsmanager.put_secret_value(
        SecretId=name, SecretString='{"MIYABI_ROOT": "/outside"}'
    )
    assert "Somebody changed the secret" in kenji.get(LIST).content.decode()
    assert decide(kenji, number, "approve").status_code == 409
    assert root(dev) == "/outside"


def test_a_proposal_of_one_environment_is_not_decided_in_another(
    make_estate: MakeEstate, hana: Client, kenji: Client
) -> None:
    estate = make_estate(dev=Rules(second_person=True))
    number, before = propose(hana, estate), root(estate)
    assert kenji.post(f"/staging/changes/{number}", {"decision": "approve"}).status_code == 409
    assert root(estate) == before


def limited(prefix: str, *roles: str) -> Client:
    """A person who has these roles in dev for some names alone."""
    user = get_user_model().objects.create(username="mina")
    for role in roles:
        RoleGrant.objects.create(user=user, environment="dev", role=role, prefix=prefix)
    return client_of(user)


def text_of(client: Client, url: str = LIST) -> str:
    return reading.text_of(client.get(url))


def test_the_last_changes_lead_to_their_history_and_to_their_record_for_who_may_see_it(
    make_estate: MakeEstate, hana: Client, signed_in: SignedIn
) -> None:
    estate = make_estate(only=("dev",))
    assert "A secret that was created outside appears here with its next change." in text_of(hana)
    saved = save_key(hana, estate, "dev", "config", "MIYABI_ROOT", "/srv/miyabi").json()["saved"]
    record = f"/audit/{saved.rpartition('=')[2]}"
    history = "/dev/history/miyabi/dev/config"

    shown, to_a_viewer = text_of(hana), text_of(signed_in("viewer"))
    for page in (shown, to_a_viewer):
        assert f'href="{history}"' in page
        assert "Saved by <bdi>hana</bdi>" in page
        assert "/srv/miyabi" not in page
    assert record in shown
    assert record not in to_a_viewer
    assert limited("api-", "viewer").get(LIST).context["recent"].changes == ()


def test_older_changes_are_a_page_of_their_own_without_what_waits(
    dev: Estate, hana: Client
) -> None:
    number = propose(hana, dev)
    older = text_of(hana, f"{LIST}?below={number}")
    assert "There are no older changes." in older
    assert "Proposed by" not in older
    for below in ("x", "-1", "9" * 30):
        assert hana.get(f"{LIST}?below={below}").status_code == 200


def test_the_bar_counts_what_waits_for_those_who_may_decide_on_it(
    dev: Estate, hana: Client, kenji: Client, signed_in: SignedIn
) -> None:
    propose(hana, dev)
    counted = '1<span class="sr"> to decide</span>'
    assert counted in text_of(kenji)
    assert counted in text_of(kenji, "/dev/secret/miyabi/dev/config")
    author = signed_in("admin", name="author")
    assert "/changes" in propose_and_go(author, dev)
    assert counted in text_of(author)  # one's own does not count
    mina = limited("api-", "approver")
    assert "to decide" not in text_of(mina, "/dev/")
    with CaptureQueriesContext(connection) as queries:
        hana.get("/account")
    assert not [query for query in queries if "secret.propose" in query["sql"]]


def propose_and_go(client: Client, estate: Estate) -> str:
    return str(save_key(client, estate, "dev", "config", "MIYABI_ROOT", "/other").json()["saved"])


@pytest.mark.parametrize("kind", ["secret", "edit", "edit-document"])
def test_a_secret_s_pages_tell_of_the_proposal_that_waits_for_it(
    kind: str, dev: Estate, hana: Client, kenji: Client
) -> None:
    url = f"/dev/{kind}/miyabi/dev/config"
    assert "waits for a decision" not in text_of(hana, url)
    number = propose(hana, dev)
    assert f'<a href="{LIST}#proposal-{number}">See proposal {number}</a>' in text_of(hana, url)
    other = url.replace("config", "api-keys")
    assert "waits for a decision" not in text_of(hana, other)
    decide(kenji, number, "approve")
    assert "waits for a decision" not in text_of(hana, url)


def test_who_decides_sees_what_the_author_saw_at_review(
    dev: Estate, hana: Client, kenji: Client
) -> None:
    url, version = edit_url("dev", "api-keys"), current_version(dev, "dev", "api-keys")
    key = next(iter(dev.values("dev", "api-keys")))
    rows = ("EXTRA", "set", "'quoted'"), ("MORE", "set", "x"), (key, "remove", "")
    hana.get(url)
    review = hana.post(url, key_form(version, *rows, step="review"), **JSON).json()["review"]
    hana.post(url, key_form(version, *rows), **JSON)

    [entry] = kenji.get(LIST).context["proposals"]
    told = {
        row.key: (row.before, row.after, row.level, row.check) for row in entry["proposal"].rows
    }
    seen = {row["key"]: tuple(row[part] for part in PARTS) for row in review["rows"]}
    assert told == seen
    assert {told["EXTRA"][2], told[key][2]} == {"warn", "bad"}


PARTS = ("before", "after", "level", "check")


def test_a_rejection_needs_a_reason_and_its_author_is_told_it(
    dev: Estate, hana: Client, kenji: Client, signed_in: SignedIn
) -> None:
    number = propose(hana, dev)
    refused = decide(kenji, number, "reject", "  ")
    assert (refused.status_code, len(kenji.get(LIST).context["proposals"])) == (400, 1)
    assert decide(kenji, number, "reject", "x" * 501).status_code == 400

    decide(kenji, number, "reject", "OPS-9: wrong host")
    records = AuditRecord.objects.filter(action="secret.reject").order_by("sequence")
    assert [(row.phase, row.reason) for row in records] == [
        ("intent", "OPS-9: wrong host"),
        ("outcome", "OPS-9: wrong host"),
    ]
    [end] = hana.get(LIST).context["ends"]
    assert (end.what, end.by, end.reason) == ("Rejected", "kenji", "OPS-9: wrong host")
    assert "Your last proposals" in text_of(hana)
    assert text_of(hana).count("OPS-9: wrong host") == 2  # and in the list of changes
    assert "Your last proposals" not in text_of(kenji)
    assert "OPS-9" not in text_of(signed_in("viewer"))


def test_one_s_own_proposal_is_taken_back_without_a_reason(dev: Estate, hana: Client) -> None:
    taken_back = decide(hana, propose(hana, dev), "reject", "")
    assert taken_back["Location"].startswith(f"{LIST}?done=")
    page = hana.get(LIST)
    assert (page.context["proposals"], page.context["ends"]) == ([], [])
    assert [change.what for change in page.context["recent"].changes] == ["Taken back", "Proposed"]
