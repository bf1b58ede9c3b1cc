"""Signing in by the provider, codes and passkeys, and a web session's end, in a browser."""

import re
import secrets
import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from deploy.demo.oidc_provider import OidcProvider, Person, Wrong
from testkit import warm
from testkit.authenticator import code_of, codes_on, seed_on
from tests.browser.axe import assert_accessible
from tests.browser.console import Console
from tests.browser.pages import heading, open_edit, problem, value_of
from tests.browser.watching import Watch

HANA = "hana@miyabi-world.com"
MAKE = """
import sys, django; django.setup()
from secrets_ui.services.people.accounts import make_account
for name, password in zip(sys.argv[1::2], sys.argv[2::2]):
    make_account(name, password, {"dev": "editor", "prod": "editor"})
"""


@pytest.fixture
def provider(console: Console, watch: Watch) -> Iterator[OidcProvider]:
    """The provider with its people as they were; the way there is no request to elsewhere."""
    provider = console.provider
    provider.people = {
        "hana": Person("subject-hana", HANA, ["developers"]),
        "guest": Person("subject-guest", "g@x.example"),
    }
    provider.wrong, provider.sessions = Wrong(), {}
    watch.excuse(f"request: {provider.issuer}")
    yield provider
    provider.wrong = Wrong()


@pytest.fixture(scope="module")
def accounts(console: Console) -> list[tuple[str, str]]:
    """Names and passwords of local accounts, all made by one process."""
    made = [(f"local-{number}", secrets.token_urlsafe(12)) for number in range(8)]
    environ = {**console.environ, "DJANGO_SETTINGS_MODULE": "miyabi_admin.settings"}
    ended = warm.run(["-c", MAKE, *chain(*made)], environ)
    assert ended.returncode == 0, ended.stderr
    return made


@pytest.fixture
def account(accounts: list[tuple[str, str]]) -> tuple[str, str]:
    """A local account of this test's own: name and password."""
    return accounts.pop()


def by_provider(page: Page, name: str = "hana") -> None:
    page.goto("/sign-in?next=/account")
    page.get_by_role("button", name="Sign in with").click()
    page.get_by_role("button", name=name, exact=True).click()


def by_password(
    page: Page, account: tuple[str, str], address: str = "/sign-in?next=/account"
) -> None:
    page.goto(address)
    page.get_by_label("Name").fill(account[0])
    page.get_by_label("Password").fill(account[1])
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("script", [True, False], ids=["with the script", "without"])
def test_s53_the_way_to_the_provider_and_back_works_under_the_shipped_headers(
    anybody: Callable[..., Page], provider: OidcProvider, script: bool
) -> None:
    page = anybody(java_script_enabled=script)
    by_provider(page)
    expect(heading(page)).to_have_text("Your account")
    expect(page.get_by_text("At your company's identity provider.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(heading(page)).to_have_text("Sign in")


def test_s31_step_up_asks_at_the_provider_once_more_and_an_old_answer_is_told(
    anybody: Callable[..., Page], provider: OidcProvider
) -> None:
    page = anybody()
    by_provider(page)
    page.goto("/step-up?next=/dev/")
    page.get_by_role("button", name="Confirm at your identity provider").click()
    page.get_by_role(
        "button", name="hana", exact=True
    ).click()  # it asks, though she has a session there
    expect(heading(page)).to_contain_text("Secrets in dev")
    provider.wrong = Wrong(claims={"auth_time": int(time.time()) - 3600})
    page.goto("/step-up?next=/dev/")
    page.get_by_role("button", name="Confirm at your identity provider").click()
    page.get_by_role("button", name="hana", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(
        "an earlier sign-in instead of asking you again"
    )
    assert_accessible(page)
    provider.wrong = Wrong(claims={"auth_time": None})
    page.get_by_role("link", name="Try again").click()
    page.get_by_role("button", name="Confirm at your identity provider").click()
    page.get_by_role("button", name="hana", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("does not say when you last signed in")


def test_s31_wrong_issuer_audience_and_nonce_are_told_and_open_nothing(
    anybody: Callable[..., Page], provider: OidcProvider
) -> None:
    page = anybody()
    for claims in ({"iss": "https://x.example"}, {"aud": "another"}, {"nonce": "replayed"}):
        provider.wrong = Wrong(claims=claims)
        provider.sessions.clear()
        by_provider(page)
        expect(page.get_by_role("alert")).to_contain_text("not one to rely on")
    provider.wrong = Wrong()
    page.goto("/account")
    expect(heading(page)).to_have_text("Sign in")


def test_s31_the_address_of_the_way_back_is_good_once(
    anybody: Callable[..., Page], provider: OidcProvider
) -> None:
    page, seen = anybody(), []
    page.on(
        "request",
        lambda request: seen.append(request.url) if "/sso/callback" in request.url else None,
    )
    by_provider(page)
    expect(heading(page)).to_have_text("Your account")
    page.get_by_role("button", name="Sign out").click()
    expect(heading(page)).to_have_text("Sign in")
    page.goto(seen[0])
    expect(page.get_by_role("alert")).to_contain_text("came a second time")


def test_another_group_gives_another_role_and_none_keeps_one_out(
    anybody: Callable[..., Page], provider: OidcProvider
) -> None:
    page = anybody()
    by_provider(page, "guest")
    expect(page.get_by_role("alert")).to_contain_text(
        "Ask whoever manages your groups for one of these: developers."
    )
    assert_accessible(page)
    provider.people["guest"].groups = ["developers"]
    by_provider_again(page)
    expect(heading(page)).to_have_text("Your account")
    provider.people["guest"].groups = []
    page.get_by_role("button", name="Sign out").click()
    by_provider_again(page)
    expect(page.get_by_role("alert")).to_contain_text("in no group that has a role")


def by_provider_again(page: Page) -> None:
    """With the session that the provider has."""
    page.goto("/sign-in?next=/account")
    page.get_by_role("button", name="Sign in with").click()


def test_with_the_provider_down_the_page_says_what_still_works(
    anybody: Callable[..., Page], provider: OidcProvider, account: tuple[str, str]
) -> None:
    provider.wrong.is_down = True
    page = anybody()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with").click()
    expect(heading(page)).to_have_text("The identity provider does not answer")
    expect(
        page.get_by_text("Whoever has a local account can still sign in with it.")
    ).to_be_visible()
    by_password(page, account)
    expect(heading(page)).to_have_text("Your account")


def add_authenticator(page: Page) -> Callable[[bool], None]:
    """Adds a virtual authenticator. Returns what sets whether it verifies its user."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options: dict[str, Any] = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    added = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def verify_user(succeeds: bool) -> None:
        chosen = {"authenticatorId": added["authenticatorId"], "isUserVerified": succeeds}
        cdp.send("WebAuthn.setUserVerified", chosen)

    return verify_user


def test_a_passkey_is_set_up_and_opens_the_account_and_confirms(
    console: Console, anybody: Callable[..., Page], watch: Watch, account: tuple[str, str]
) -> None:
    """On localhost, since browsers take no passkey at a bare address; Chromium's virtual one."""
    local = console.url.replace("127.0.0.1", "localhost")
    watch.excuse(f"request: {local}")
    page = anybody()
    verify_user = add_authenticator(page)

    by_password(page, account, f"{local}/sign-in?next=/account")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name of this passkey").fill("laptop")
    assert_accessible(page)
    page.get_by_role("button", name="Add the passkey").click()
    expect(heading(page)).to_have_text("Recovery codes")
    assert len(codes_on(page.content())) == 10
    assert_accessible(page)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Passkey laptop").first).to_be_visible()
    assert_accessible(page)

    page.get_by_role("button", name="Sign out").click()
    by_password(page, account, f"{local}/sign-in?next=/account")
    expect(heading(page)).to_have_text("One more step")
    assert_accessible(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(heading(page)).to_have_text("Your account")

    page.goto(f"{local}/step-up?next=/account/sessions")
    page.get_by_role("button", name="Use a passkey").click()
    expect(heading(page)).to_have_text("Your sessions")
    expect(page.get_by_text("by password and passkey")).to_be_visible()

    verify_user(False)
    page.goto(f"{local}/step-up")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("[data-passkey-error]")).to_contain_text(
        "no passkey of this account was found here"
    )


def test_an_authenticator_app_is_set_up_and_opens_the_account(
    anybody: Callable[..., Page], account: tuple[str, str]
) -> None:
    page = anybody()
    by_password(page, account)
    page.goto("/account/passkey")
    expect(page.get_by_text("Browsers take no passkey at a bare address.")).to_be_visible()
    page.goto("/account/codes")
    assert_accessible(page)
    seed = seed_on(page.content())
    page.get_by_label("Code that the app shows").fill("000000")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("alert")).to_contain_text("not the code of this key")
    assert seed_on(page.content()) == seed
    page.get_by_label("Code that the app shows").fill(code_of(seed))
    page.get_by_role("button", name="Set up").click()
    expect(heading(page)).to_have_text("Recovery codes")
    recovery = codes_on(page.content())
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert codes_on(page.content()) == []  # nothing for the back-forward cache to bring back
    page.get_by_role("button", name="Sign out").click()
    by_password(page, account)
    page.get_by_label("Code", exact=True).fill(code_of(seed, steps=1))
    page.get_by_role("button", name="Use the code").click()
    expect(heading(page)).to_have_text("Your account")
    page.goto("/step-up?next=/account/sessions")
    page.get_by_label("Code", exact=True).fill(recovery[0])
    page.get_by_role("button", name="Use the code").click()
    expect(heading(page)).to_have_text("Your sessions")


def test_s26_the_countdown_is_visible_warns_and_can_be_answered(
    anybody: Callable[..., Page], account: tuple[str, str]
) -> None:
    page = anybody(own=True)
    page.clock.install()
    by_password(page, account)
    left, note = page.locator("[data-session]"), page.locator("[data-session-note]")
    expect(left).to_have_text(re.compile(r"(29:\d\d|30:00) left"))
    expect(note).not_to_have_class(re.compile("near"))
    expect(note).to_be_hidden()
    page.clock.fast_forward("20:00")
    expect(note).to_be_hidden()
    page.clock.fast_forward("06:00")
    expect(note).to_be_visible()
    expect(note).to_have_class(re.compile("near"))
    expect(page.get_by_role("form", name="Your session")).to_be_visible()
    expect(note).to_contain_text(re.compile(r"your session ends in [34]:\d\d"))
    assert_accessible(page)
    assert_leaves_the_end_of_the_page_in_sight(page, note)
    with page.expect_response("**/account/stay") as answer:
        page.get_by_role("button", name="Stay signed in").click()
    assert answer.value.ok
    expect(page.locator("[data-status]")).to_have_text("You stay signed in.")
    page.clock.fast_forward("10:00")
    expect(left).to_have_text("session over")
    expect(note).to_contain_text("Your session has ended. What you typed is still in this page")


def assert_leaves_the_end_of_the_page_in_sight(page: Page, note: Locator) -> None:
    """On a phone too, where the note takes several lines; Review sticks to the same height."""
    page.set_viewport_size({"width": 390, "height": 500})
    # The page makes room once the note has its new height, which may take the browser a moment.
    page.wait_for_function(
        """(note) => {
            scrollTo(0, document.documentElement.scrollHeight);
            const last = document.querySelector("[data-help]").getBoundingClientRect();
            return last.bottom <= note.getBoundingClientRect().top;
        }""",
        arg=note.element_handle(),
    )


def test_staying_signed_in_works_without_a_script(
    anybody: Callable[..., Page], account: tuple[str, str]
) -> None:
    page = anybody(java_script_enabled=False)
    by_password(page, account)
    expect(page.locator("[data-session]")).to_have_text(re.compile(r"until \d\d:\d\d UTC"))
    page.get_by_role("button", name="Stay signed in").click()
    expect(heading(page)).to_have_text("Your account")


def test_s30_a_proof_that_grew_old_while_one_typed_is_renewed_in_another_tab_and_nothing_is_lost(
    console: Console, anybody: Callable[..., Page], account: tuple[str, str]
) -> None:
    page = anybody()
    by_password(page, account)
    open_edit(page, console, "prod", "api-keys")
    value_of(page, "OAUTH_ISSUER").fill("https://typed.miyabi-world.com")
    console.age_session(page.context, 61, "proved_at")
    page.get_by_role("button", name="Review").click()
    expect(problem(page)).to_contain_text("Confirm your identity")
    with page.context.expect_page() as opened:
        problem(page).get_by_role("link", name="Confirm your identity in a new tab").click()
    other = opened.value
    other.get_by_label("Password").fill(account[1])
    other.get_by_role("button", name="Use the password").click()
    expect(other.get_by_role("status").first).to_contain_text("Go back to the tab that asked")
    other.close()
    expect(value_of(page, "OAUTH_ISSUER")).to_have_value("https://typed.miyabi-world.com")
    page.get_by_role("button", name="Review").click()
    expect(heading(page)).to_have_text("Review the change")
    page.close(run_before_unload=False)
