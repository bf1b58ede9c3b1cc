"""What leaves the console compressed (docs/decisions/0019-compression.md)."""

import gzip
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from secrets_ui.compression import COMPRESSED
from testkit.posting import JSON, current_version, edit_url, key_form
from tests.conftest import MakeEstate, SignedIn

pytestmark = pytest.mark.django_db
GZIP = {"HTTP_ACCEPT_ENCODING": "gzip, br"}
SECRET = "/dev/secret/miyabi/dev/config"
# What such a page shows must never meet a text that somebody else chose, at any length that shows.
SHOW_SECRETS = {
    "change_password",
    "decide",
    "enrol_codes",
    "enrol_passkey",
    "recovery_codes",
    "reveal",
    "second_step",
    "sign_in",
    "sso_callback",
    "step_up",
}


@pytest.fixture
def admin(signed_in: SignedIn, make_estate: MakeEstate) -> Client:
    make_estate(only=("dev",))
    return signed_in("admin", "dev")


def is_compressed(answer: Any) -> bool:
    return bool(answer.headers.get("Content-Encoding") == "gzip")


@pytest.mark.parametrize(
    "path", ["/status", "/status?wall", "/dev/", SECRET, edit_url("dev", "config"), "/audit"]
)
def test_a_page_without_a_value_is_compressed_for_who_can_read_it(admin: Client, path: str) -> None:
    plain, packed = admin.get(path), admin.get(path, **GZIP)
    assert not is_compressed(plain)
    assert is_compressed(packed)
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) < len(plain.content) / 2
    assert gzip.decompress(packed.content).startswith(b"<!doctype html>")


@pytest.mark.parametrize(
    "path",
    [
        "/status?wall=guess",
        "/dev/?filter=guess",
        f"{SECRET}?guess",
        "/audit?person=guess",
        "/dev/secret/miyabi/dev/guess",
        "/dev/troubleshoot/miyabi/dev/guess",
        "/account",
        "/sign-in?next=/guess",
        "/guess",
    ],
)
def test_breach_what_a_link_can_put_a_text_into_is_not(admin: Client, path: str) -> None:
    assert not is_compressed(admin.get(path, **GZIP))


def test_breach_the_answer_to_a_form_is_not_since_it_holds_what_was_typed(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    base = current_version(make_estate(only=("dev",)), "dev", "config")
    form = key_form(base, ("MIYABI_ROOT", "set", "typed"), step="review")
    answer = signed_in("editor", "dev").post(edit_url("dev", "config"), form, **GZIP, **JSON)
    assert (answer.status_code, len(answer.content) > 200) == (200, True)
    assert not is_compressed(answer)


def test_breach_a_page_that_shows_a_secret_never_is() -> None:
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert names >= COMPRESSED | SHOW_SECRETS
    assert COMPRESSED.isdisjoint(SHOW_SECRETS)


def test_breach_the_token_of_forms_is_masked_anew_in_each_answer(admin: Client) -> None:
    pages = [admin.get("/status").content.decode() for _ in range(2)]
    tokens = {
        page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0] for page in pages
    }
    assert len(tokens) == 2
