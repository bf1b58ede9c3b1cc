"""Everybody asks every URL, by each method: what all answers have in common.

Sections A, C and D of the security requirements. Making an answer costs more than judging it, so
each is made once and judged by every rule.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from testkit.canary import leaks_in, make_canary, whole
from testkit.posting import JSON
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, SignedIn, Watched
from tests.security.headers import assert_headers
from tests.urls import every_url

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ROLES = ("viewer", "editor", "approver", "auditor", "admin")
EVERYBODY = ("a stranger", *ROLES, "nobody")
everybody = pytest.mark.parametrize("who", EVERYBODY)
# Calls to AWS that change nothing.
READING = ("List", "Get", "Describe", "Simulate", "Lookup", "Filter", "AssumeRole", "GET ")


@dataclass(frozen=True)
class Answer:
    """`whole` is all of it; `calls` are the operations that it took of AWS."""

    route: str
    asked: str
    status: int
    headers: Any
    whole: bytes
    calls: list[str]

    @property
    def is_refusal(self) -> bool:
        """By role or method: no secret and no call to AWS has a part in it."""
        return self.status in (403, 405)


@dataclass(frozen=True)
class Asking:
    client: Client
    aws: RecordingAws

    def ask(self, method: str, route: str, path: str, **more: Any) -> Answer:
        before = len(self.aws.received)
        answer = getattr(self.client, method)(path, **more)
        text = whole(answer)  # a page that streams asks AWS meanwhile
        calls = self.aws.operations()[before:]
        asked = f"{method} {path} {more or ''}"
        return Answer(route, asked, answer.status_code, answer.headers, text, calls)


def plant(estate: Estate, canary: str) -> None:
    """Secrets of dev that hold the canary.

    As a value, nested and twice, and in an older version; as plain text; in a list.
    """
    client = estate["dev"].clients.secretsmanager
    document = {"CANARY": canary, "nested": {"inner": [canary]}, "twin": canary}
    for value in (canary, "another value"):
        client.put_secret_value(
            SecretId="miyabi/dev/config", SecretString=json.dumps(document | {"CANARY": value})
        )
    client.create_secret(Name="miyabi/dev/text", SecretString=f"plain text with {canary} in it")
    client.create_secret(Name="miyabi/dev/list", SecretString=json.dumps([canary]))


def looks(asking: Asking, who: str) -> Iterator[Answer]:
    """Every URL by GET. A page is the same as JSON, as an admin's show; a refusal is not.

    A secret that is no object comes before an admin and an editor: each part of a page that others
    are shown is on one of theirs.
    """
    for route, path in every_url():
        page = asking.ask("get", route, path)
        yield page
        if who == "admin" or page.status != 200:
            yield asking.ask("get", route, path, **JSON)
        if page.is_refusal or who not in ("admin", "editor") or "/config" not in path:
            continue
        for name in ("text", "list"):
            yield asking.ask("get", route, path.replace("/config", f"/{name}"))
            if who == "admin":
                yield asking.ask("get", route, path.replace("/config", f"/{name}"), **JSON)


def looks_while_aws_fails(asking: Asking, seen: list[Answer], canary: str) -> Iterator[Answer]:
    """Again whatever was not refused, while AWS repeats a value in its errors."""
    refused = {answer.route for answer in seen if answer.is_refusal}
    asking.aws.break_call("GetSecretValue", "DecryptionFailure", f"no {canary}")
    asking.aws.break_call("DescribeSecret", "InternalServiceError", f"no {canary}", status=500)
    for route, path in every_url(name="miyabi/dev/text"):
        if route not in refused:
            yield asking.ask("get", route, path)
    asking.aws.mend()


def sendings(asking: Asking, who: str) -> Iterator[Answer]:
    """Every URL by POST, and by a method that no view takes; at last the sign-out."""
    for route, path in every_url():
        if route != "sign_out":
            yield asking.ask("post", route, path)
    if who in ("a stranger", "admin"):  # a view refuses a method before it looks who asks
        for route, path in every_url():
            yield asking.ask("put", route, path)
    yield asking.ask("get", "static", "/static/nothing.css")
    yield asking.ask("post", "sign_out", "/sign-out")


@pytest.fixture(scope="module")
def tours() -> dict[str, list[Answer]]:
    """By who asked; each is made when the first test wants it."""
    return {}


@pytest.fixture
def toured(
    tours: dict[str, list[Answer]], watched: Watched, signed_in: SignedIn, stored: str, who: str
) -> list[Answer]:
    """All that `who` was answered, in three secrets that hold `stored`."""
    if who not in tours:
        estate, aws = watched()
        plant(estate, stored)
        asking = Asking(Client() if who == "a stranger" else signed_in(who), aws)
        seen = list(looks(asking, who))
        seen += looks_while_aws_fails(asking, seen, stored)
        tours[who] = seen + list(sendings(asking, who))
    return tours[who]


@pytest.fixture(scope="module")
def stored() -> str:
    return make_canary()


@everybody
def test_s02_s45_no_page_export_error_or_answer_holds_six_characters_of_a_stored_value(
    toured: list[Answer], stored: str, who: str
) -> None:
    assert leaks_in(stored, [(answer.asked, answer.whole) for answer in toured]) == []
    pages = [answer.whole for answer in toured if answer.status == 200]
    assert any(b"CANARY" in page for page in pages) is (who in ROLES)


@pytest.mark.parametrize("who", EVERYBODY[1:])
def test_s13_every_answer_to_somebody_who_is_signed_in_is_no_store(toured: list[Answer]) -> None:
    for answer in toured:
        assert answer.headers["Cache-Control"] == "no-store", answer.asked


@everybody
def test_s50_every_page_of_every_role_and_every_redirect_has_the_headers(
    toured: list[Answer], who: str
) -> None:
    for answer in toured:
        assert_headers(answer.headers, f"{answer.asked}: {answer.status}")
    usual = {"a stranger": {200, 302}, "nobody": {200, 302, 403, 405}}
    assert usual.get(who, {200, 302, 400, 403, 405}) <= {answer.status for answer in toured}


@everybody
def test_s54_a_get_asks_aws_for_nothing_that_changes_something(toured: list[Answer]) -> None:
    asked = {call for answer in toured if answer.asked[:3] == "get" for call in answer.calls}
    assert [call for call in asked if not call.startswith(READING)] == []


@pytest.mark.parametrize("who", ["nobody"])
def test_s40_every_url_asks_the_gatehouse(toured: list[Answer]) -> None:
    """A view that forgets to ask would answer somebody without a role."""
    # Signing in, and one's own account: each shows and changes only what belongs to whoever asks.
    open_to_all = {
        "livez", "readyz", "sign_in", "sign_out", "second_step", "sso_sign_in", "sso_callback",
        "step_up", "sso_step_up",
        "account", "change_password", "enrol_codes", "enrol_passkey", "recovery_codes",
        "remove_factor", "sessions", "stay", "ask_role", "use_link",
        "make_calendar", "end_calendar",
        "metrics", "calendar",  # ask for a token, and no session helps
        "static",
    }  # fmt: skip
    for answer in toured:
        assert answer.is_refusal or answer.route in open_to_all, answer.asked
        assert answer.calls == [], answer.asked
