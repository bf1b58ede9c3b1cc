"""Pages for what goes wrong outside a view, in HTML and in JSON."""

import pytest
from django.http import HttpRequest
from django.test import Client

from secrets_ui.views.secrets import pages as secret_pages
from testkit.posting import JSON
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db


def test_it_works(client: Client) -> None:
    """An error is a page for people, and JSON for the page's script."""
    page = client.get("/no/such/page/at/all")
    assert page.status_code == 404
    assert "There is nothing at this address." in page.content.decode()
    result = client.get("/no/such/page/at/all", **JSON)
    assert (result.status_code, result.json()["problem"]["title"]) == (404, "Page not found")


def test_it_needs_no_access_and_tells_an_anonymous_person_nothing(client: Client) -> None:
    shown = client.get("/no/such/page/at/all").content.decode()
    assert "Sign out" not in shown
    assert "us-west-2" not in shown


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "patch"])
def test_a_missing_page_is_404_by_every_method(client: Client, method: str) -> None:
    assert getattr(client, method)("/no/such/page/at/all").status_code == 404


@pytest.mark.parametrize("path", ["/sign-in", "/livez", "/no/such/page"])
def test_head_is_answered_as_get_is_without_a_body(client: Client, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head["Content-Type"] == get["Content-Type"]


def test_an_unknown_host_is_400(client: Client) -> None:
    answer = client.get("/sign-in", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_a_form_from_elsewhere_is_403(signed_in: SignedIn) -> None:
    client = signed_in("viewer")
    client.handler.enforce_csrf_checks = True
    answer = client.post("/sign-out")
    assert answer.status_code == 403
    assert "This form did not come from this console" in answer.content.decode()
    assert client.post("/sign-out", **JSON).json()["problem"]["text"] == "Nothing was done."


def test_a_body_that_no_secret_needs_is_413(signed_in: SignedIn) -> None:
    answer = signed_in("viewer").post("/sign-out", {"a": "x" * 600_000}, **JSON)
    assert answer.status_code == 413
    assert "65,536 bytes" in answer.json()["problem"]["remedy"]


@pytest.mark.slow
def test_a_form_with_more_fields_than_any_page_has_is_400(signed_in: SignedIn) -> None:
    client = signed_in("editor")
    answer = client.post("/dev/edit/miyabi/dev/config", {f"f{n}": "" for n in range(2001)})
    assert answer.status_code == 400


def test_a_fault_of_ours_is_500_with_a_mark_that_is_in_the_log(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(request: HttpRequest, *args: object) -> None:
        raise RuntimeError("canary of the inside")

    monkeypatch.setattr(secret_pages, "ensure_somewhere", fail)
    client = signed_in("viewer")
    client.raise_request_exception = False
    answer = client.get("/")
    mark = next(record.mark for record in caplog.records if record.message == "unhandled error")
    assert answer.status_code == 500
    assert mark in answer.content.decode()
    assert "canary of the inside" not in answer.content.decode()
    assert mark != next(r.mark for r in _after(client, caplog))


def _after(client: Client, caplog: pytest.LogCaptureFixture) -> list[object]:
    caplog.clear()
    client.get("/")
    return [record for record in caplog.records if record.message == "unhandled error"]


def test_whoever_lacks_a_role_is_led_to_ask_for_one(signed_in: SignedIn) -> None:
    answer = signed_in("viewer").get("/people")
    assert answer.status_code == 403
    assert 'href="/account/ask"' in answer.content.decode()
