"""Nothing typed stays in the browser: not on Back, after signing out, or in any storage."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, StorageState, expect

from testkit.canary import make_canary
from tests.browser.console import Console
from tests.browser.pages import add_key, heading, open_edit, review, save, sign_in, value_of
from tests.browser.routes import change_headers, end_routes
from tests.browser.watching import Watch, tell_breaches

FIELDS = (
    "Array.from(document.querySelectorAll("
    "'[data-edit] textarea, [data-edit] input:not([type=hidden], [type=checkbox])'),"
    " (field) => field.value).join('')"
)
NOTE_RETURN = """addEventListener('pageshow', (event) => {
  document.documentElement.dataset.kept = event.persisted;
});"""


@pytest.fixture(scope="module")
def keeping_browser(launch_browser: Callable[..., Browser], chromium: str) -> Any:
    """Chromium with the back-forward cache that Playwright takes away."""
    browser = launch_browser(
        executable_path=chromium, ignore_default_args=["--disable-back-forward-cache"]
    )
    yield browser
    browser.close()


@pytest.fixture
def kept_page(
    console: Console,
    keeping_browser: Browser,
    session_of: Callable[[str], StorageState],
    watch: Watch,
) -> Any:
    """An editor's page that the browser keeps despite the headers, as some browsers do."""
    context = keeping_browser.new_context(base_url=console.url, storage_state=session_of("editor"))
    tell_breaches(context)
    watch.listen(context)
    watch.excuse("dialog:")
    context.add_init_script(NOTE_RETURN)
    allow_keeping(context, "**/edit/**")
    yield context.new_page()
    end_routes(context)
    context.close()


def allow_keeping(context: BrowserContext, url: str) -> None:
    """Without no-store, and without the cookies whose change makes Chromium drop a page."""
    left_out = ("cache-control", "set-cookie")
    change_headers(
        context,
        url,
        lambda headers: {name: text for name, text in headers.items() if name not in left_out},
    )


def go_back_to_kept_page(page: Page) -> None:
    """Uses history: Playwright's go_back waits for a load that a kept page does not have."""
    page.evaluate("history.back()")
    expect(page.locator("html")).to_have_attribute("data-kept", "true")


def test_s10_the_inputs_of_a_page_from_the_back_forward_cache_are_empty(
    console: Console, kept_page: Page
) -> None:
    canary = make_canary()
    open_edit(kept_page, console, "dev", console.make_secret())
    value_of(kept_page, "FIRST").fill(canary)
    add_key(kept_page, "NEW", value=canary)
    review(kept_page)
    kept_page.goto("/livez")
    go_back_to_kept_page(kept_page)
    expect(heading(kept_page)).to_have_text("Edit values")
    assert kept_page.evaluate(FIELDS) == ""
    assert canary not in kept_page.content()


def test_s10_back_as_shipped_shows_a_form_with_empty_inputs(
    console: Console, editor: Page, watch: Watch
) -> None:
    watch.excuse("dialog:")
    open_edit(editor, console, "dev", console.make_secret())
    value_of(editor, "FIRST").press_sequentially("typed")
    editor.goto("/audit")
    editor.go_back()
    expect(heading(editor)).to_have_text("Edit values")
    expect(value_of(editor, "FIRST")).to_have_value("")


def test_s10_after_a_save_back_does_not_lead_to_what_was_typed(
    console: Console, editor: Page
) -> None:
    canary, secret = make_canary(), console.make_secret()
    editor.goto(console.path("secret", "dev", secret))
    editor.get_by_role("link", name="Edit values").click()
    value_of(editor, "FIRST").fill(canary)
    review(editor)
    save(editor)
    for _ in range(2):
        editor.go_back()
        assert editor.evaluate(FIELDS) == ""
        assert canary not in editor.content()


def test_s11_after_signing_out_back_shows_no_secret(
    console: Console, anybody: Callable[..., Page]
) -> None:
    page, secret = anybody(), console.make_secret()
    sign_in(page, "editor", console.password, console.path("secret", "dev", secret))
    expect(heading(page)).to_have_text(console.name("dev", secret))
    page.get_by_role("button", name="Sign out").click()
    expect(heading(page)).to_have_text("Sign in")
    page.go_back()
    expect(heading(page)).to_have_text("Sign in")
    assert secret not in page.locator("body").inner_text()


def test_s11_a_page_that_the_browser_kept_over_the_sign_out_holds_no_value(
    console: Console, keeping_browser: Browser
) -> None:
    context = keeping_browser.new_context(base_url=console.url)
    context.add_init_script(NOTE_RETURN)
    allow_keeping(context, "**/edit/**")
    page, canary = context.new_page(), make_canary()
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page, "editor", console.password)
    open_edit(page, console, "dev", console.make_secret())  # not by a redirect, which no route sees
    value_of(page, "FIRST").fill(canary)
    page.get_by_role("button", name="Sign out").click()
    expect(heading(page)).to_have_text("Sign in")
    go_back_to_kept_page(page)
    assert page.evaluate(FIELDS) == ""
    assert canary not in page.content()
    end_routes(context)
    context.close()


# A value that was shown


def show(page: Page, console: Console, secret: str, key: str = "FIRST") -> Locator:
    """The place where the value stands."""
    page.goto(console.path("secret", "dev", secret))
    row = page.get_by_role("row").filter(has=page.get_by_text(key, exact=True))
    row.locator("summary").click()
    row.get_by_label("Why do you need to see it?").fill("OPS-9")
    row.get_by_role("button", name="Show for 30 seconds").click()
    expect(row.locator("[data-revealed]")).to_be_visible()
    return row.locator("[data-revealed]")


def signed_in_context(console: Console, browser: Browser) -> Any:
    """Of somebody with a fresh proof, in a browser that keeps pages despite the headers."""
    context = browser.new_context(base_url=console.url)
    context.add_init_script(NOTE_RETURN)
    allow_keeping(context, "**/secret/**")
    sign_in(context.new_page(), "editor", console.password)
    return context


def test_s10_a_value_that_was_shown_is_not_in_the_page_that_back_brings_again(
    console: Console, keeping_browser: Browser
) -> None:
    context, canary = signed_in_context(console, keeping_browser), make_canary()
    page = context.new_page()
    place = show(page, console, console.make_secret(value=json.dumps({"FIRST": canary})))
    expect(place).to_have_text(canary)
    page.goto("/livez")
    go_back_to_kept_page(page)
    expect(place).to_be_hidden()
    assert canary not in page.content()
    end_routes(context)
    context.close()


def test_s11_signing_out_hides_it_in_this_tab_and_in_every_other(
    console: Console, keeping_browser: Browser
) -> None:
    context, canary = signed_in_context(console, keeping_browser), make_canary()
    secret = console.make_secret(value=json.dumps({"FIRST": canary}))
    page, other = context.new_page(), context.new_page()
    for tab in (page, other):
        expect(show(tab, console, secret)).to_have_text(canary)
    page.get_by_role("button", name="Sign out").click()
    expect(heading(page)).to_have_text("Sign in")
    expect(other.locator("[data-revealed]").first).to_be_hidden()
    assert canary not in other.content()
    go_back_to_kept_page(page)
    assert canary not in page.content()
    end_routes(context)
    context.close()


def test_s12_a_value_that_was_shown_and_copied_is_in_no_storage_of_the_browser(
    console: Console, anybody: Callable[..., Page]
) -> None:
    page, canary = anybody(), make_canary()
    sign_in(page, "editor", console.password)
    expect(
        show(page, console, console.make_secret(value=json.dumps({"FIRST": canary})))
    ).to_have_text(canary)
    assert stored_in(page) == [[], [], [], [], 0, None, "", ""]
    assert canary not in page.url
    page.goto("/dev/")
    assert stored_in(page) == [[], [], [], [], 0, None, "", ""]


IN_THE_PAGE = """async () => JSON.stringify([
    Object.entries(sessionStorage), Object.entries(localStorage),
    await caches.keys(), await indexedDB.databases(),
    (await navigator.serviceWorker.getRegistrations()).length,
    history.state, window.name, document.cookie,
])"""


def test_s12_after_a_full_tour_no_storage_of_the_browser_holds_anything(
    console: Console, editor: Page
) -> None:
    canary, secret = make_canary(), console.make_secret()
    open_edit(editor, console, "dev", secret)
    value_of(editor, "FIRST").fill(canary)
    review(editor)
    assert stored_in(editor) == [[], [], [], [], 0, {"step": "after edit"}, "", ""]
    save(editor)
    for path in (
        "/dev/",
        console.path("secret", "dev", secret),
        "/dev/changes",
        "/audit?key=FIRST",
    ):
        editor.goto(path)
        assert stored_in(editor) == [[], [], [], [], 0, None, "", ""]
    kept: Any = editor.context.storage_state(indexed_db=True)
    assert kept["origins"] == []
    assert {cookie["name"] for cookie in kept["cookies"]} == {
        "__Host-session",
        "__Host-csrf",
        "__Host-environment",  # the name of the one that was visited last
    }
    assert canary not in str(kept)


def stored_in(page: Page) -> list[Any]:
    return list(json.loads(page.evaluate(IN_THE_PAGE)))
