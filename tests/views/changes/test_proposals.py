"""Proposed changes, where an environment asks for a second person."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from secrets_ui.domain.environment import Rules
from secrets_ui.models import AuditRecord
from testkit.posting import save_key
from tests.conftest import Estate

pytestmark = pytest.mark.django_db
SignedIn = Callable[..., Client]
LIST = "/dev/changes"


@pytest.fixture
def dev(make_estate: Callable[..., Estate]) -> Estate:
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


def decide(client: Client, number: int, decision: str) -> Any:
    return client.post(f"{LIST}/{number}", {"decision": decision})


def root(estate: Estate) -> str:
    return str(json.loads(estate.value("dev", "config"))["MIYABI_ROOT"])


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
    assert (outcome.outcome, outcome.actor, json.loads(outcome.details)) == (
        "done",
        "kenji",
        {"proposed_by": "hana"},
    )


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
    assert decide(kenji, number, "reject")["Location"] == LIST
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
    make_estate: Callable[..., Estate], hana: Client, kenji: Client
) -> None:
    estate = make_estate(dev=Rules(second_person=True))
    number, before = propose(hana, estate), root(estate)
    assert kenji.post(f"/staging/changes/{number}", {"decision": "approve"}).status_code == 409
    assert root(estate) == before
