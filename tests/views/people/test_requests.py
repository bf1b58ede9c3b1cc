"""A role is asked for, given for a time or refused, and shown until when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from secrets_ui.models import AuditRecord, RoleGrant, RoleRequest
from secrets_ui.services.people.requests import purge_requests
from secrets_ui.templatetags.dates import exact
from tests.conftest import Estate, MakeEstate, SignedIn, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("estate")]


@pytest.fixture
def estate(make_estate: MakeEstate) -> Estate:
    return make_estate(only=("dev",))


def ask(client: Client, **more: Any) -> Any:
    form = {"environment": "dev", "role": "editor", "hours": 2, "reason": "incident <4711>"}
    return client.post("/account/ask", form | more)


def answer(client: Client, **form: Any) -> Any:
    return client.post(f"/people/requests/{RoleRequest.objects.get().pk}", form)


def last() -> AuditRecord:
    return AuditRecord.objects.latest("sequence")


def test_a_role_is_asked_for_and_given_for_a_time(person: Any, signed_in: SignedIn) -> None:
    hana, admin = client_of(person("viewer", "dev", name="hana")), signed_in("admin", "dev")
    page = hana.get(ask(hana).url)
    assert "You asked for the role editor in dev." in page.content.decode()
    assert (last().action, last().reason) == ("role.asked", "incident <4711>")
    assert "incident &lt;4711&gt;" in admin.get("/people/requests").content.decode()
    assert '<span class="tag">1</span>' in admin.get("/people").content.decode()

    given = answer(admin, answer="give", hours=3)
    assert "was given the role editor in dev, until" in admin.get(given.url).content.decode()
    grant = RoleGrant.objects.get(role="editor")
    assert grant.until
    left = grant.until - datetime.now(UTC)
    assert timedelta(hours=2, minutes=59) < left <= timedelta(hours=3)
    assert (last().action, last().reason) == ("role.given", "incident <4711>")
    for page in (hana.get("/account"), hana.get("/account/ask")):
        assert "incident &lt;4711&gt;" in page.content.decode()
    assert f"until {exact(grant.until)}" in hana.get("/account").content.decode()
    assert answer(admin, answer="give").status_code == 404


def test_a_refusal_says_why(person: Any, signed_in: SignedIn) -> None:
    hana, admin = client_of(person("viewer", "dev", name="hana")), signed_in("admin", "dev")
    ask(hana)
    # Enter in the field of the reason presses the first button of its form.
    forms = admin.get("/people/requests").content.decode().split("<form")
    [refusing] = [form for form in forms if 'name="reason"' in form]
    assert 'value="give"' not in refusing
    assert answer(admin, answer="refuse").status_code == 400
    assert answer(admin, answer="refuse", reason="Ask the on-call").status_code == 302
    assert (last().action, last().reason) == ("role.refused", "Ask the on-call")
    assert "Ask the on-call" in hana.get("/account/ask").content.decode()
    RoleRequest.objects.update(at=datetime.now(UTC) - timedelta(days=31))
    assert purge_requests() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": 0},
        {"hours": ""},
        {"reason": ""},
        {"role": "king"},
        {"role": "admin", "names": "a"},
    ],
)
def test_what_cannot_be_asked_for(person: Any, wrong: dict[str, Any]) -> None:
    hana = client_of(person("viewer", "dev", name="hana"))
    assert ask(hana, **wrong).status_code == 400
    assert ask(hana, environment="mars").status_code == 404
    assert not RoleRequest.objects.exists()


def test_nobody_asks_without_end_or_answers_themself(person: Any, signed_in: SignedIn) -> None:
    hana = signed_in("admin", "dev", name="hana")
    assert ask(hana).status_code == 302
    assert ask(hana).status_code == 400
    for answered in ({"answer": "give"}, {"answer": "refuse", "reason": "no"}):
        assert answer(hana, **answered).status_code == 403
    for number in range(4):
        assert ask(hana, names=f"api-{number}").status_code == 302
    assert ask(hana, names="api-9").status_code == 400
    assert RoleRequest.objects.filter(state="waiting").count() == 5
    assert not RoleGrant.objects.filter(role="editor").exists()


def test_an_admin_gives_a_role_until_a_time(person: Any, signed_in: SignedIn) -> None:
    user, admin = person("viewer", "dev", name="hana"), signed_in("admin", "dev")
    until = (datetime.now(UTC) + timedelta(days=3)).replace(second=0, microsecond=0)
    form = {"environment": "dev", "role": "editor", "until": f"{until:%Y-%m-%dT%H:%M}"}
    for wrong in ({"hours": 2}, {"until": "2020-01-01T00:00"}, {"until": "Friday"}):
        assert admin.post(f"/people/{user.pk}/give", form | wrong).status_code == 400
    assert admin.post(f"/people/{user.pk}/give", form).status_code == 302
    assert RoleGrant.objects.get(role="editor").until == until
    assert f"until {exact(until)}" in admin.get(f"/people/{user.pk}").content.decode()
