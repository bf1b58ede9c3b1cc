"""The address from which a request came, and addresses that no page of ours has."""

import json
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from secrets_ui.incoming import client_address
from secrets_ui.models import AuditRecord
from tests.conftest import SignedIn
from tests.urls import every_url

PROXY, PERSON, SPOOFED = "10.0.0.9", "192.0.2.7", "203.0.113.66"


def address_of(proxies: int, forwarded: str | None, settings: Any) -> str:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request: HttpRequest = RequestFactory(REMOTE_ADDR=PROXY).get("/", headers=headers)
    client_address(lambda _: HttpResponse())(request)
    return str(request.META["REMOTE_ADDR"])


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (1, PERSON, PERSON),
        (1, f"{SPOOFED}, {PERSON}", PERSON),
        (1, f"{SPOOFED},{SPOOFED} , {PERSON} ", PERSON),
        (2, f"{PERSON}, 10.0.0.8", PERSON),
        (2, f"{SPOOFED}, {PERSON}, 10.0.0.8", PERSON),
        (1, "2001:DB8::7", "2001:db8::7"),
        (1, "[2001:db8::7]", "2001:db8::7"),
    ],
)
def test_s37_behind_trusted_proxies_it_is_the_one_that_the_first_of_them_was_asked_from(
    proxies: int, forwarded: str, address: str, settings: Any
) -> None:
    assert address_of(proxies, forwarded, settings) == address


@pytest.mark.parametrize(
    ("proxies", "forwarded"),
    [
        (0, SPOOFED),
        (1, None),
        (1, ""),
        (1, "unknown"),
        (1, f"{SPOOFED}, x' OR 1=1"),
        (2, SPOOFED),
        (3, f"{SPOOFED}, {PERSON}"),
    ],
)
def test_s37_whoever_did_not_come_through_all_of_them_is_the_one_that_connected(
    proxies: int, forwarded: str | None, settings: Any
) -> None:
    assert address_of(proxies, forwarded, settings) == PROXY


@pytest.mark.django_db
def test_s37_the_record_has_the_person_s_address(client: Client, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    form = {"username": "nobody", "password": "x"}
    forwarded = {"X-Forwarded-For": f"{SPOOFED}, {PERSON}"}
    assert client.post("/sign-in", form, headers=forwarded).status_code == 403
    assert AuditRecord.objects.get().address == PERSON


CONTROLS = ["%00", "%0A", "%0D%0A", "%7F", "%C2%85", "%1b"]


@pytest.mark.django_db
@pytest.mark.parametrize("control", CONTROLS)
def test_s38_a_control_character_in_path_or_query_is_refused_on_record(
    signed_in: SignedIn, control: str
) -> None:
    hana = signed_in("editor", name="hana")
    assert hana.get(f"/dev/secret/miyabi/dev/a{control}").status_code == 400
    assert hana.get(f"/audit?person=a{control}b").status_code == 400
    assert hana.post(f"/dev/edit/miyabi/dev/a{control}?x", {}).status_code == 400
    record = AuditRecord.objects.get()
    assert (record.action, record.outcome, record.actor) == ("access.refused", "refused", "hana")
    assert json.loads(record.details) == {"why": "control characters in the address"}


@pytest.mark.django_db
@pytest.mark.parametrize("path", [f"/x{CONTROLS[0]}", f"/static/{CONTROLS[0]}", "/livez?%00"])
def test_s38_at_any_address_and_for_anybody_it_is_no_fault_of_the_console(
    client: Client, path: str
) -> None:
    assert client.get(path).status_code in (200, 400, 404)


@pytest.mark.slow
@pytest.mark.django_db
def test_s38_every_page_s_query_is_looked_at(signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    for name, path in every_url():
        if name not in ("livez", "readyz"):
            assert admin.get(path, query_params={"q": "\x00"}).status_code == 400, name


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["q=日本", "q=%E3%80%80a+b", "q=%FF", "q=a%0", "q=%25%30%30"])
def test_other_texts_are_let_through(signed_in: SignedIn, query: str) -> None:
    assert signed_in("admin").get(f"/audit?{query}").status_code == 200
