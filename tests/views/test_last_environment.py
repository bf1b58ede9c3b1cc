"""The environment that was visited last is where the menu and a sign-in lead, where one may."""

import pytest
from django.test import Client

from secrets_ui.models import RoleGrant
from secrets_ui.services.people.accounts import make_account
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db
COOKIE, PASSWORD = "__Host-environment", "correct horse battery"


def menu(client: Client) -> dict[str, str]:
    """Where the menu of a page of no environment leads, by section."""
    frame = client.get("/account").context["frame"]
    return {section["title"]: section["url"] for section in frame["sections"]}


def test_the_menu_leads_to_the_environment_that_was_visited_last(signed_in: SignedIn) -> None:
    client = signed_in("editor")
    assert menu(client)["Secrets"] == "/dev/"
    assert client.get("/staging/status").status_code == 200
    assert menu(client)["Secrets"] == "/staging/"
    assert menu(client)["Changes"] == "/staging/changes"
    assert menu(client)["Troubleshoot"] == "/staging/troubleshoot"
    assert client.get("/")["Location"] == "/staging/"
    assert COOKIE not in client.get("/staging/status").cookies  # it is there already


def test_a_later_sign_in_lands_there_too(client: Client) -> None:
    make_account("kenji", PASSWORD, {"dev": "viewer", "prod": "viewer"})
    form = {"username": "kenji", "password": PASSWORD}
    client.post("/sign-in", form)
    client.get("/prod/status")
    client.post("/sign-out")
    assert client.post("/sign-in", form, follow=False)["Location"] == "/"
    assert client.get("/")["Location"] == "/prod/"


@pytest.mark.parametrize("kept", ["prod", "nowhere", "", "../x", "é\"';"])
def test_one_that_the_person_may_not_see_is_no_choice(signed_in: SignedIn, kept: str) -> None:
    client = signed_in("viewer", "staging")
    client.cookies[COOKIE] = kept
    assert menu(client)["Secrets"] == "/staging/"
    assert client.get("/")["Location"] == "/staging/"
    RoleGrant.objects.all().delete()
    assert client.get("/").status_code == 403


def test_what_was_refused_or_sent_or_refreshed_by_itself_is_no_visit(signed_in: SignedIn) -> None:
    client = signed_in("viewer", "dev", "staging")
    assert client.get("/prod/status").status_code == 403
    assert client.get("/staging/status", headers={"X-Quiet-Refresh": "1"}).status_code == 200
    assert client.post("/staging/status").status_code == 405
    assert COOKIE not in client.cookies


def test_s35_the_cookie_holds_a_name_and_is_out_of_reach_of_scripts(signed_in: SignedIn) -> None:
    cookie = signed_in("viewer").get("/staging/status").cookies[COOKIE]
    assert cookie.value == "staging"
    assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "Lax")
    assert (cookie["secure"], cookie["httponly"]) == (True, True)
