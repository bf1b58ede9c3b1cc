"""Showing a value: for half a minute, or copied without being shown; and without a script."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from testkit.canary import make_canary
from tests.browser.axe import assert_accessible
from tests.browser.console import Console
from tests.browser.pages import heading, sign_in
from tests.browser.watching import Watch

CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture
def page(console: Console, anybody: Callable[..., Page]) -> Page:
    """An editor's who has just signed in, which is a fresh proof."""
    return fresh(console, anybody)


def fresh(console: Console, anybody: Callable[..., Page], **options: object) -> Page:
    page = anybody(**options)
    sign_in(page, "editor", console.password)
    return page


def open_key(page: Page, console: Console, secret: str, key: str = "FIRST") -> Locator:
    """The key's row, its form open and a reason typed."""
    page.goto(console.path("secret", "dev", secret))
    row = page.get_by_role("row").filter(has=page.get_by_text(key, exact=True))
    row.locator("summary").click()
    row.get_by_label("Why do you need to see it?").fill("OPS-9")
    return row


def shown(row: Locator) -> Locator:
    return row.locator("[data-revealed]")


def test_a_value_is_shown_for_half_a_minute_and_gone_then(
    console: Console, anybody: Callable[..., Page]
) -> None:
    page, canary = fresh(console, anybody, own=True), make_canary()
    secret = console.make_secret(value=json.dumps({"FIRST": canary, "SECOND": "two"}))
    page.clock.install()
    row = open_key(page, console, secret)
    assert canary not in page.content()
    row.get_by_role("button", name="Show for 30 seconds").click()
    expect(shown(row)).to_have_text(canary)
    expect(shown(row)).to_be_focused()
    expect(row.get_by_role("timer")).to_have_text(re.compile(r"Hidden in (30|[12]\d) s"))
    page.clock.run_for(15_000)
    expect(row.get_by_role("timer")).to_have_text(re.compile(r"Hidden in (\d|1[0-5]) s"))
    page.clock.run_for(16_000)
    expect(shown(row)).to_be_hidden()
    assert canary not in page.content()
    expect(row.locator("summary")).to_be_focused()
    page.reload()
    expect(row).to_contain_text("Known to 1 person since its last change: editor saw it")


@pytest.mark.parametrize("how", ["Hide now", "Escape", "another key"])
def test_it_is_hidden_when_the_person_wants_it(console: Console, page: Page, how: str) -> None:
    canary = make_canary()
    row = open_key(
        page, console, console.make_secret(value=json.dumps({"FIRST": canary, "SECOND": "two"}))
    )
    row.get_by_role("button", name="Show for 30 seconds").click()
    expect(shown(row)).to_have_text(canary)
    if how == "Hide now":
        row.get_by_role("button", name="Hide now").click()
    elif how == "Escape":
        page.keyboard.press("Escape")
    else:
        other = page.get_by_role("row").filter(has=page.get_by_text("SECOND", exact=True))
        other.locator("summary").click()
        other.get_by_label("Why do you need to see it?").fill("OPS-9")
        other.get_by_role("button", name="Show for 30 seconds").click()
        expect(shown(other)).to_have_text("two")
    expect(shown(row)).to_be_hidden()
    assert canary not in page.content()


ODD = "\n first\r\nline \t<b>&amp;{{ x }}</b>\u202egnp\u200b\u00a0 end "


def test_s52_a_value_of_any_shape_is_shown_inert_and_to_the_byte(
    console: Console, page: Page
) -> None:
    row = open_key(page, console, console.make_secret(value=json.dumps({"FIRST": ODD})))
    row.get_by_role("button", name="Show for 30 seconds").click()
    expect(shown(row)).to_be_visible()
    assert shown(row).evaluate("place => place.textContent") == ODD
    marks = shown(row).locator(".odd").evaluate_all("all => all.map((one) => one.dataset.code)")
    assert marks == ["1 × blank", "U+000D", "U+0009", "U+202E", "U+200B", "U+00A0", "1 × blank"]
    assert shown(row).locator("b").count() == 0


def test_it_is_copied_without_being_shown(console: Console, anybody: Callable[..., Page]) -> None:
    page, canary = fresh(console, anybody, own=True, permissions=CLIPBOARD), make_canary()
    row = open_key(page, console, console.make_secret(value=json.dumps({"FIRST": canary})))
    before = columns(page)
    row.get_by_role("button", name="Copy without showing").click()
    expect(row).to_contain_text("Copied, and not shown.")
    assert page.evaluate("navigator.clipboard.readText()") == canary
    assert canary not in page.content()
    assert columns(page) == before  # what comes into a cell squeezes none beside it


def columns(page: Page) -> list[float]:
    """The widths of the columns of keys."""
    heads = page.locator("table", has_text="Value").first.locator("th")
    widths: list[float] = heads.evaluate_all("all => all.map(th => th.offsetWidth)")
    return widths


def test_copying_is_told_on_the_button_and_aloud_however_often(
    console: Console, anybody: Callable[..., Page]
) -> None:
    page = fresh(console, anybody, own=True, permissions=CLIPBOARD)
    row = open_key(page, console, console.make_secret())
    row.get_by_role("button", name="Show for 30 seconds").click()
    expect(shown(row)).to_have_text("one")
    about = page.get_by_role("region", name="About this secret")
    for button in (row.locator("[data-copy-shown]"), about.locator("[data-copy]").last):
        page.locator("[data-status]").evaluate("region => { region.textContent = ''; }")
        button.click()
        expect(button).to_have_text("Copied")
        expect(page.locator("[data-status]")).to_have_text("Copied.")
        button.click()
        expect(button).to_have_text("Copy")  # its own word comes back

    copy = page.get_by_role("button", name="Copy the version id")
    version = copy.get_attribute("data-copy")
    copy.click()
    expect(page.locator("[data-status]")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == version


def test_a_key_that_is_not_secret_shows_with_one_click(console: Console, page: Page) -> None:
    page.goto(console.path("secret", "dev", "api-keys"))
    row = page.get_by_role("row").filter(has=page.get_by_text("OAUTH_ISSUER", exact=True))
    row.get_by_role("button", name="Show OAUTH_ISSUER").click()
    expect(shown(row)).to_have_text(console.values("dev", "api-keys")["OAUTH_ISSUER"])


def test_a_refusal_is_told_beside_the_key_and_what_was_typed_stays(
    console: Console, page: Page, watch: Watch
) -> None:
    row = open_key(page, console, console.make_secret())
    console.aws.break_call("GetSecretValue", "DecryptionFailure")
    row.get_by_role("button", name="Show for 30 seconds").click()
    expect(row.locator("[data-problem]")).to_contain_text("AWS KMS would not decrypt")
    expect(row.get_by_label("Why do you need to see it?")).to_have_value("OPS-9")
    expect(shown(row)).to_be_hidden()


def test_what_is_shown_and_how_it_is_asked_for_is_accessible(console: Console, page: Page) -> None:
    row = open_key(page, console, console.make_secret(value=json.dumps({"FIRST": ODD})))
    assert_accessible(page)
    row.get_by_role("button", name="Show for 30 seconds").click()
    expect(shown(row)).to_be_visible()
    assert_accessible(page)


def test_without_a_script_a_page_of_its_own_shows_it_to_the_byte(
    console: Console, anybody: Callable[..., Page]
) -> None:
    page = fresh(console, anybody, java_script_enabled=False)
    row = open_key(page, console, console.make_secret(value=json.dumps({"FIRST": ODD})))
    row.get_by_role("button", name="Show for 30 seconds").click()
    expect(heading(page)).to_have_text("FIRST")
    expect(page.get_by_text("leaves by itself after 30 seconds")).to_be_visible()
    assert page.locator("[data-revealed]").text_content() == ODD
