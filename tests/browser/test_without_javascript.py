"""Every page works without JavaScript; the form saves in one step behind a box."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from secrets_ui.domain.secrets.secret_value import MASK
from tests.browser.console import Console
from tests.browser.pages import answer_prod, choose, heading, open_edit, sign_in, value_of

BOX = "Save without a review"


@pytest.fixture
def page_without_script(person: Callable[..., Page]) -> Page:
    return person("editor", java_script_enabled=False)


def send(page: Page) -> Page:
    """The form's answer, in its new tab."""
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Save", exact=True).click()
    opened.value.wait_for_load_state()
    return opened.value


def test_sign_in_list_filter_and_detail(console: Console, anybody: Callable[..., Page]) -> None:
    page = anybody(java_script_enabled=False)
    sign_in(page, "editor", console.password)
    page.get_by_role("link", name="prod").click()
    page.get_by_label("Filter by name or key").fill("MIYABI_ROOT")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("1 match for “MIYABI_ROOT”")).to_be_visible()
    expect(page.get_by_role("link", name="miyabi/prod/api-keys", exact=True)).to_have_count(0)
    page.get_by_role("link", name="miyabi/prod/config", exact=True).click()
    expect(page.get_by_role("row", name="MIYABI_ROOT").locator(".mask")).to_have_text(MASK)
    page.get_by_role("link", name="dev").click()
    expect(heading(page)).to_have_text("miyabi/dev/config")
    page.get_by_role("button", name="Sign out").click()
    expect(heading(page)).to_have_text("Sign in")


def test_an_edit_says_that_it_saves_in_one_step_and_does(
    console: Console, page_without_script: Page
) -> None:
    page, before = page_without_script, console.values("prod", "config")
    open_edit(page, console, "prod", "config")
    expect(page.locator("noscript .fields .hint")).to_contain_text("the form saves in one step")
    expect(page.get_by_role("button", name="Review")).to_be_hidden()
    value_of(page, "MIYABI_ROOT").fill("/without\nscript\n")
    new = page.get_by_role("group", name="New key").first
    new.get_by_label("Name of the new key").fill("EXTRA")
    new.get_by_role("textbox", name="New value").fill("more")
    answer_prod(page, console.name("prod", "config"))
    page.get_by_label(BOX).check()
    answer = send(page)
    expect(answer.get_by_text("is AWSCURRENT now")).to_be_visible()
    assert console.values("prod", "config") == before | {
        "MIYABI_ROOT": "/without\nscript\n",
        "EXTRA": "more",
    }


def test_the_box_has_to_be_ticked(console: Console, page_without_script: Page) -> None:
    page, secret = page_without_script, console.make_secret()
    open_edit(page, console, "dev", secret)
    before = page.context.pages
    value_of(page, "FIRST").fill("typed")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label(BOX)).to_be_focused()
    assert page.context.pages == before
    assert console.values("dev", secret)["FIRST"] == "one"


def test_s09_a_refusal_opens_beside_what_was_typed_and_repeats_none_of_it(
    console: Console, page_without_script: Page
) -> None:
    page, secret = page_without_script, console.make_secret()
    open_edit(page, console, "dev", secret)
    choose(page, "FIRST", "Remove this key")
    value_of(page, "FIRST").fill("typed with care")
    page.get_by_label(BOX).check()
    answer = send(page)
    expect(answer.get_by_text("Nothing was saved.")).to_be_visible()
    expect(
        answer.get_by_text("A value was typed for a key that is not to be replaced")
    ).to_be_visible()
    assert "typed with care" not in answer.content()
    expect(value_of(answer, "FIRST")).to_have_value("")
    answer.close()

    expect(value_of(page, "FIRST")).to_have_value("typed with care")
    choose(page, "FIRST", "Replace with")
    expect(send(page).get_by_text("is AWSCURRENT now")).to_be_visible()
    assert console.values("dev", secret)["FIRST"] == "typed with care"


def test_a_conflict_is_a_page_beside_what_was_typed(
    console: Console, page_without_script: Page
) -> None:
    page, secret = page_without_script, console.make_secret()
    open_edit(page, console, "dev", secret)
    value_of(page, "FIRST").fill("mine")
    page.get_by_label(BOX).check()
    console.write_outside("dev", secret, SECOND="theirs")
    answer = send(page)
    expect(answer.get_by_role("heading", name="2 keys differ")).to_be_visible()
    expect(answer.get_by_text("outside this console")).to_be_visible()
    expect(value_of(page, "FIRST")).to_have_value("mine")

    answer.get_by_role("link", name="Edit again, from their version").click()
    value_of(answer, "FIRST").fill("mine")
    answer.get_by_label(BOX).check()
    expect(send(answer).get_by_text("is AWSCURRENT now")).to_be_visible()
    assert console.values("dev", secret) == {"FIRST": "mine", "SECOND": "theirs", "THIRD": "three"}


def test_a_whole_document_is_saved_byte_for_byte(
    console: Console, page_without_script: Page
) -> None:
    page, secret = page_without_script, console.make_secret()
    open_edit(page, console, "dev", secret, "edit-document")
    page.get_by_role("textbox", name="Document").fill('{"A":\n  "1"}\n')
    page.get_by_label(BOX).check()
    expect(send(page).get_by_text("is AWSCURRENT now")).to_be_visible()
    assert console.text("dev", secret) == '{"A":\n  "1"}\n'


def test_errors_and_the_audit_log_s_filter(console: Console, page_without_script: Page) -> None:
    page = page_without_script
    page.goto(console.path("secret", "dev", "no-such-secret"))
    expect(page.get_by_text("Error 404")).to_be_visible()
    page.get_by_role("link", name="Audit", exact=True).click()
    expect(page.get_by_label("Action")).to_be_hidden()
    page.get_by_text("by person, environment").click()
    page.get_by_label("From").fill("2001-01-01T10:00")
    page.get_by_label("Action").select_option("secret.save")
    page.get_by_label("Secret").fill("prod/config")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("miyabi/prod/config")
    expect(page.get_by_label("From")).to_have_value("2001-01-01T10:00")
    page.get_by_role("link", name="Take all off").click()
    assert page.url == f"{console.url}/audit"
    page.goto("/audit?after=yesterday")
    expect(page.get_by_text("Write a time as 2026-11-23")).to_be_visible()
