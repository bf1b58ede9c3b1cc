"""The console by keyboard alone: single keys, the order of the edit form, and the focus."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import Console
from tests.browser.pages import heading, open_edit, problem, value_of


@pytest.mark.parametrize(
    ("path", "label"), [("/prod/", "Filter by name or key"), ("/audit", "Person")]
)
def test_slash_goes_to_the_filter_and_is_a_slash_where_one_types(
    editor: Page, path: str, label: str
) -> None:
    editor.goto(path)
    editor.keyboard.press("/")
    expect(editor.get_by_label(label)).to_be_focused()
    expect(editor.get_by_label(label)).to_have_value("")
    editor.keyboard.type("a/b?")
    expect(editor.get_by_label(label)).to_have_value("a/b?")
    expect(editor.get_by_role("dialog")).to_be_hidden()


def test_from_elsewhere_slash_searches_all_environments_and_g_c_compares_them(
    console: Console, editor: Page
) -> None:
    editor.goto("/status")
    editor.keyboard.press("/")
    expect(editor.get_by_label("Secret or key")).to_be_focused()
    editor.keyboard.type("base_url")
    editor.keyboard.press("Enter")
    expect(editor.get_by_text("1 key in 1 secret")).to_be_visible()
    editor.goto("/status")
    editor.keyboard.press("g")
    editor.keyboard.press("c")
    expect(heading(editor)).to_have_text("Compare environments")
    # A form that may hold what somebody has typed is not left so.
    open_edit(editor, console, "dev", "config")
    for key in "/gc":
        editor.keyboard.press(key)
    expect(heading(editor)).to_have_text("Edit values")


def test_a_question_mark_opens_the_help_and_escape_closes_it(editor: Page) -> None:
    editor.goto("/prod/")
    link = editor.get_by_role("link", name="Changes")
    link.focus()
    editor.keyboard.press("?")
    expect(editor.get_by_role("dialog", name="Keyboard")).to_be_visible()
    editor.keyboard.press("/")  # the page behind it hears nothing
    expect(editor.get_by_role("dialog")).to_be_visible()
    editor.keyboard.press("Escape")
    expect(editor.get_by_role("dialog")).to_be_hidden()
    expect(link).to_be_focused()


def test_single_keys_can_be_switched_off(editor: Page) -> None:
    editor.goto("/prod/")
    editor.get_by_role("button", name="Keyboard help").click()
    editor.get_by_label("Single keys are on").uncheck()
    editor.get_by_role("button", name="Close").click()
    editor.keyboard.press("/")
    editor.keyboard.press("?")
    expect(editor.get_by_role("dialog")).to_be_hidden()
    expect(editor.get_by_label("Filter by name or key")).not_to_be_focused()


def test_the_first_tab_stop_leads_past_the_bar(editor: Page) -> None:
    editor.goto("/prod/")
    editor.keyboard.press("Tab")
    expect(editor.get_by_role("link", name="Skip to the content")).to_be_focused()
    editor.keyboard.press("Enter")
    editor.keyboard.press("Tab")
    expect(editor.locator("main :focus")).to_be_visible()


def test_the_edit_form_is_walked_and_sent_by_keyboard(console: Console, editor: Page) -> None:
    secret = console.make_secret()
    open_edit(editor, console, "dev", secret)
    editor.get_by_label("What becomes of FIRST").focus()
    for name in (
        "textbox: New value of FIRST",
        "button: Show what is typed for FIRST",
        "combobox: What becomes of SECOND",
    ):
        editor.keyboard.press("Tab")
        role, _, label = name.partition(": ")
        expect(editor.get_by_role(role, name=label)).to_be_focused()  # type: ignore[arg-type]

    value_of(editor, "THIRD").focus()
    editor.keyboard.type("by keyboard")
    for name in ("Show what is typed for THIRD", "Add a key", "Cancel", "Review"):
        editor.keyboard.press("Tab")
        expect(editor.locator(":focus")).to_contain_text(name)
    value_of(editor, "THIRD").press("Control+Enter")
    expect(heading(editor)).to_have_text("Review the change")
    expect(heading(editor)).to_be_focused()
    editor.keyboard.press("Tab")
    expect(editor.get_by_label("Reason")).to_be_focused()
    editor.keyboard.press("Enter")  # sends the form, as Enter does in a field
    expect(editor.get_by_role("status").filter(has_text="is AWSCURRENT now")).to_be_focused()
    assert console.values("dev", secret)["THIRD"] == "by keyboard"


def test_the_focus_goes_to_what_is_wrong(console: Console, editor: Page) -> None:
    open_edit(editor, console, "dev", console.make_secret())
    editor.get_by_role("button", name="Review").click()
    expect(problem(editor)).to_contain_text("Nothing was typed, so nothing changes.")
    expect(problem(editor)).to_be_focused()
    value_of(editor, "FIRST").fill("one")
    editor.get_by_role("button", name="Review").click()
    expect(problem(editor)).to_contain_text("Every value is the same as the stored one")
    expect(problem(editor)).to_be_focused()


def test_back_in_the_browser_leads_from_the_review_to_what_was_typed(
    console: Console, editor: Page
) -> None:
    open_edit(editor, console, "dev", console.make_secret())
    value_of(editor, "FIRST").fill("typed")
    editor.get_by_role("button", name="Review").click()
    expect(heading(editor)).to_have_text("Review the change")
    editor.evaluate("history.back()")
    expect(heading(editor)).to_have_text("Edit values")
    expect(heading(editor)).to_be_focused()
    expect(value_of(editor, "FIRST")).to_have_value("typed")
