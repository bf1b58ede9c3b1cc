"""Sign-in and sign-out."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from secrets_ui.models import AuditRecord
from secrets_ui.services.people.accounts import make_account
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


@pytest.fixture
def account() -> str:
    make_account("hana", PASSWORD, {"dev": "viewer"})
    return "hana"


def sign_in(client: Client, username: str, password: str, **more: Any) -> Any:
    return client.post("/sign-in", {"username": username, "password": password, **more})


def test_it_works(client: Client, account: str) -> None:
    assert client.get("/sign-in").status_code == 200
    answer = sign_in(client, account, PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/")["Location"] == "/dev/"
    record = AuditRecord.objects.get(action="sign_in")
    assert (record.actor, record.address, record.outcome) == ("hana", "127.0.0.1", "done")


@pytest.mark.parametrize("address", ["/sign-in", "/sign-in/code"])
def test_a_sign_in_page_left_open_in_another_tab_leads_on(account: str, address: str) -> None:
    """Its token is that of before the sign-in."""
    client = Client(enforce_csrf_checks=True, headers={"Origin": "http://testserver"})
    page = client.get("/sign-in?next=/dev/").content.decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {"username": account, "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post("/sign-in", form | {"next": "/account"})["Location"] == "/account"
    again = client.post(address, form | {"next": "/dev/"})
    assert (again.status_code, again["Location"]) == (302, "/dev/")
    assert client.get("/sign-in?next=/dev/")["Location"] == "/dev/"
    assert AuditRecord.objects.filter(action="sign_in").count() == 1
    away = client.post(address, form | {"next": "https://evil.example/"})
    assert away["Location"] == "/"
    # Another site's form is refused as before, and the form of any other page.
    assert client.post(address, form, headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post("/sign-out", form).status_code == 403


def test_sign_in_needs_no_access_and_sign_out_does(client: Client) -> None:
    assert client.get("/sign-in").status_code == 200
    assert client.post("/sign-out")["Location"] == "/sign-in?next=/sign-out"


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_it_rejects_other_methods(signed_in: SignedIn, method: str) -> None:
    client = signed_in("viewer")
    assert getattr(client, method)("/sign-in").status_code == 405
    assert getattr(client, method)("/sign-out").status_code == 405
    assert client.get("/sign-out").status_code == 405


def test_a_missing_account_and_a_wrong_password_are_refused_and_recorded(
    client: Client, account: str
) -> None:
    for name, password in ((account, "wrong"), ("nobody", PASSWORD)):
        answer = sign_in(client, name, password)
        assert answer.status_code == 403
        assert "do not match" in answer.content.decode()
    refused = AuditRecord.objects.filter(action="sign_in", outcome="refused").order_by("sequence")
    # A name that nobody has may be a password in the wrong field, so it is not recorded.
    assert [record.actor for record in refused] == ["hana", "unknown"]


@pytest.mark.parametrize(
    "form",
    [
        {"username": "", "password": ""},
        {"username": "hana"},
        {"password": "x"},
        {"username": "h\0", "password": "x"},
        {"username": "h" * 200, "password": "x"},
    ],
)
def test_an_incomplete_form_is_shown_again(
    client: Client, account: str, form: dict[str, str]
) -> None:
    answer = client.post("/sign-in", form)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not AuditRecord.objects.filter(action="sign_in").exists()


def test_an_account_that_was_switched_off_stays_out(
    client: Client, person: Callable[..., Any]
) -> None:
    user = person("viewer", name="kenji")
    user.set_password(PASSWORD)
    user.is_active = False
    user.save()
    assert sign_in(client, "kenji", PASSWORD).status_code == 403


def test_somebody_who_is_signed_in_is_sent_on(signed_in: SignedIn) -> None:
    assert signed_in("viewer").get("/sign-in")["Location"] == "/"


def test_sign_in_leads_to_where_one_was_going(client: Client, account: str) -> None:
    page = client.get("/sign-in", {"next": "/dev/?q=api"})
    assert page.context["next"] == "/dev/?q=api"
    assert sign_in(client, account, PASSWORD, next="/dev/?q=api")["Location"] == "/dev/?q=api"


def test_sign_out_is_recorded(signed_in: SignedIn) -> None:
    client = signed_in("viewer", name="hana")
    assert client.post("/sign-out")["Location"] == "/sign-in"
    record = AuditRecord.objects.get(action="sign_out")
    assert (record.actor, record.outcome) == ("hana", "done")
