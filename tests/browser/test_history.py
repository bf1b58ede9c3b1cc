"""Prod is rolled back to the version before, by its history, and undone again."""

from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.console import Console
from tests.browser.pages import answer_prod, heading


def test_prod_is_rolled_back_to_the_version_before_in_three_clicks(
    console: Console, editor: Page
) -> None:
    secret = console.make_secret("prod")
    before = console.text("prod", secret)
    console.write_outside("prod", secret, FIRST="broken", THIRD="new")
    editor.goto(console.path("secret", "prod", secret))
    editor.get_by_role("link", name="History").click()
    expect(heading(editor)).to_have_text("History")
    assert_accessible(editor)
    editor.get_by_role("link", name="Restore version").click()
    expect(heading(editor)).to_contain_text("Restore version")
    expect(editor.get_by_role("checkbox")).to_have_count(2)
    assert_accessible(editor)
    answer_prod(editor, console.name("prod", secret))
    editor.get_by_role("button", name="Restore", exact=True).click()
    expect(editor.get_by_text("is AWSCURRENT now")).to_be_visible()
    assert console.text("prod", secret) == before
    editor.get_by_role("link", name="Undo").click()
    expect(heading(editor)).to_contain_text("Restore version")


def test_a_version_is_pinned_by_keyboard_and_a_taken_name_moves_where_somebody_says_so(
    console: Console, editor: Page
) -> None:
    secret = console.make_secret("prod")
    console.write_outside("prod", secret, FIRST="later")
    editor.goto(console.path("history", "prod", secret))
    editor.get_by_role("link", name="Pin of version").last.press("Enter")
    expect(heading(editor)).to_contain_text("Pin version")
    assert_accessible(editor)
    answer_prod(editor, console.name("prod", secret))
    editor.get_by_label("Name", exact=True).fill("good")
    editor.keyboard.press("Enter")
    expect(editor.get_by_text("pinned by", exact=False)).to_have_count(1)
    assert_accessible(editor)
    editor.get_by_role("link", name="Pin of version").click()
    answer_prod(editor, console.name("prod", secret))
    editor.get_by_label("Name", exact=True).fill("good")
    editor.keyboard.press("Enter")
    expect(editor.get_by_text("Another version has this pin")).to_be_visible()
    assert_accessible(editor)
    answer_prod(editor, console.name("prod", secret))
    editor.get_by_label("Move it from version").check()
    editor.get_by_role("button", name="Pin", exact=True).click()
    expect(heading(editor)).to_have_text("History")
    editor.get_by_role("link", name="Pins of version").click()
    assert_accessible(editor)
    editor.get_by_label("Reason").first.fill("OPS-7: over")
    editor.get_by_label("Secret’s name").first.fill(console.name("prod", secret))
    editor.get_by_role("button", name="Take off good").click()
    expect(editor.get_by_text("pinned by")).to_have_count(0)
