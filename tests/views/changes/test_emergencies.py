"""Changes without a second person, the look at them, and proposals put on top, by their pages."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from secrets_ui.domain.environment import Rules
from secrets_ui.models import AuditRecord, StatusDelivery, StatusRunner
from secrets_ui.services.status.tell_changes import tell_changes
from tests.conftest import Estate, MakeEstate, SignedIn, client_of
from tests.urls import every_url
from tests.views.changes.test_proposals import propose, root, text_of

pytestmark = pytest.mark.django_db
LIST, SECRET = "/dev/changes", "/dev/secret/miyabi/dev/config"
REASON = "OPS-9: payments are down, nobody else is awake"


@pytest.fixture
def dev(make_estate: MakeEstate) -> Estate:
    return make_estate(only=("dev",), dev=Rules(second_person=True, emergency=True))


@pytest.fixture
def hana(signed_in: SignedIn) -> Client:
    return signed_in("editor", name="hana")


@pytest.fixture
def kenji(signed_in: SignedIn) -> Client:
    return signed_in("approver", name="kenji")


def begin(client: Client, number: int, reason: str = REASON) -> Any:
    return client.post(f"{LIST}/{number}/emergency", {"reason": reason})


def look(client: Client, reason: str = "OPS-9: it was right") -> Any:
    [emergency] = [e["emergency"] for e in client.get(LIST).context["emergencies"]]
    return client.post(f"{LIST}/{emergency.sequence}/look", {"reason": reason})


def test_an_editor_makes_a_change_current_alone_and_a_second_person_looks_at_it(
    dev: Estate, hana: Client, kenji: Client, signed_in: SignedIn
) -> None:
    number = propose(hana, dev)
    assert begin(hana, number)["Location"] == f"{SECRET}?saved={number}"
    assert root(dev) == "/srv/miyabi"
    assert StatusRunner.objects.get().wanted_at is not None  # the status tells of it at once

    for url in (LIST, SECRET, "/dev/edit/miyabi/dev/config"):
        assert "second person" in text_of(hana, url)
    assert "It is your own change" in text_of(hana)
    assert "I have looked at it" not in text_of(signed_in("viewer"))
    assert '1<span class="sr"> to decide</span>' in text_of(kenji)
    assert look(hana).status_code == 403  # an editor decides on nothing
    assert look(kenji, " ").status_code == 400
    done = look(kenji)["Location"]
    assert "The emergency change by hana was looked at, and has ended." in text_of(kenji, done)
    assert "has ended." not in text_of(hana, done)  # it is not hers

    assert kenji.get(LIST).context["emergencies"] == []
    assert "Looked at by kenji." in text_of(hana)
    assert "emergency change" not in text_of(hana, SECRET)
    assert "to decide</span>" not in text_of(kenji)


def test_it_takes_a_fresh_proof_whatever_the_rules_say_and_the_page_asks_for_it(
    dev: Estate, hana: Client, person: Callable[..., Any]
) -> None:
    number = propose(hana, dev)
    assert "Make it current now" in text_of(hana)
    stale = client_of(hana.user, proved=False)
    page = text_of(stale)
    assert "Make it current now" not in page
    assert "to make it current alone" in page
    assert begin(stale, number).status_code in (302, 403)
    assert root(dev) != "/srv/miyabi"
    refused = AuditRecord.objects.filter(action="access.refused").latest("sequence")
    assert json.loads(refused.details)["why"] == "no fresh proof of who it is"


def test_a_reason_that_says_too_little_changes_nothing(dev: Estate, hana: Client) -> None:
    number = propose(hana, dev)
    for reason in ("", "it burns", " " * 30, "x" * 501):
        assert begin(hana, number, reason).status_code == 400
    assert root(dev) != "/srv/miyabi"


def test_where_the_rules_have_no_emergency_none_is_offered(
    make_estate: MakeEstate, hana: Client
) -> None:
    estate = make_estate(only=("dev",), dev=Rules(second_person=True))
    number = propose(hana, estate)
    assert "Make it current alone" not in text_of(hana)
    assert begin(hana, number).status_code == 403
    assert root(estate) != "/srv/miyabi"


@pytest.mark.parametrize("page", ["emergency", "look", "on-top"])
def test_they_take_a_post_of_somebody_who_may_for_a_change_that_is_there(
    page: str, dev: Estate, hana: Client, signed_in: SignedIn, client: Client
) -> None:
    url = f"{LIST}/{propose(hana, dev)}/{page}"
    form = {"reason": REASON}
    assert client.post(url, form)["Location"] == f"/sign-in?next={url}"
    for role in ("viewer", "auditor", "nobody"):
        assert signed_in(role).post(url, form).status_code == 403
    for method in ("get", "put", "delete", "patch"):
        assert getattr(hana, method)(url).status_code == 405
    admin = signed_in("admin")
    assert admin.post(f"{LIST}/999/{page}", form).status_code == 409
    assert admin.post(f"{LIST}/{10**30}/{page}", form).status_code == 409
    assert root(dev) != "/srv/miyabi"


def outside(estate: Estate, **values: str) -> None:
    stored = estate.values("dev", "config")
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString=json.dumps(stored | values)
    )


def test_an_overtaken_proposal_is_put_on_top_by_its_author(
    dev: Estate, hana: Client, kenji: Client
) -> None:
    number = propose(hana, dev)
    outside(dev, OTHER="theirs")
    assert "overtaken" in text_of(hana, SECRET)
    assert "Put it on top" in text_of(hana)
    assert "Put it on top" not in text_of(kenji)
    assert "No change waits for a second person" in text_of(kenji)
    answer = hana.post(f"{LIST}/{number}/on-top")
    [entry] = kenji.get(LIST).context["proposals"]
    new = entry["proposal"].sequence
    assert (answer["Location"], entry["proposal"].stale) == (f"{LIST}?saved={new}", "")
    kenji.post(f"{LIST}/{new}", {"decision": "approve"})
    assert (root(dev), dev.values("dev", "config")["OTHER"]) == ("/srv/miyabi", "theirs")


def test_an_overtaken_proposal_of_the_same_key_is_made_anew(dev: Estate, hana: Client) -> None:
    hana.get(SECRET)  # the base is read
    number = propose(hana, dev)
    outside(dev, MIYABI_ROOT="/theirs")
    hana.get(SECRET)  # the new version is read
    page = text_of(hana)
    assert 'Both change <bdi class="mono">MIYABI_ROOT</bdi>, so it has to be made again.' in page
    assert 'href="/dev/edit/miyabi/dev/config">Make it again' in page
    refused = hana.post(f"{LIST}/{number}/on-top")
    assert refused.status_code == 409
    assert "MIYABI_ROOT" in refused.content.decode()
    assert root(dev) == "/theirs"


def test_s02_no_page_or_message_of_an_emergency_holds_a_value(
    dev: Estate, hana: Client, kenji: Client, canary: str, settings: Any
) -> None:
    settings.STATUS_WEBHOOK_URL = "https://hooks.miyabi-world.com/x"
    outside(dev, KEPT=f"{canary}-kept")
    begin(hana, propose(hana, dev, f"{canary}-one"))
    number = propose(hana, dev, f"{canary}-two")
    outside(dev, KEPT=f"{canary}-moved")
    hana.post(f"{LIST}/{number}/on-top")
    arguments = {"name": "miyabi/dev/config", "sequence": number}
    pages = [path for name, path in every_url(**arguments) if path.startswith("/dev/")]
    for client in (hana, kenji):
        for path in pages:
            assert canary.encode() not in b"".join(client.get(path)), path
    tell_changes()
    rows = [*StatusDelivery.objects.values_list("payload", flat=True)]
    assert rows
    assert canary not in json.dumps([rows, list(AuditRecord.objects.values())])
