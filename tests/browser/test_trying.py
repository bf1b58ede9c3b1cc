"""A value is tried where it was given out: beside its key, and at the review before it is saved."""

from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.console import Console
from tests.browser.pages import open_edit, review, value_of


def test_a_stored_value_is_tried_on_its_page_and_a_typed_one_at_the_review(
    console: Console, editor: Page
) -> None:
    editor.goto(console.path("secret", "prod", "api-keys"))
    editor.get_by_role("button", name="Try it GITHUB_TOKEN").click()
    token = editor.get_by_role("row").filter(has_text="GITHUB_TOKEN")
    expect(token.get_by_text("Works")).to_be_visible()
    expect(token.get_by_text(", classic personal access token")).to_be_visible()
    expect(token.get_by_text("tried just now")).to_be_visible()

    open_edit(editor, console, "dev", "api-keys")
    value_of(editor, "GITHUB_TOKEN").fill(console.github.make_token(days=9))
    value_of(editor, "MIYABI_ACCESS_TOKEN").fill("q" * 40)
    review(editor)
    expect(editor.get_by_role("button", name="Try it")).to_have_count(1)
    button = editor.get_by_role("button", name="Try it: GITHUB_TOKEN")
    button.click()
    expect(editor.get_by_text("Expires in 9 days", exact=True)).to_be_visible()
    expect(button).to_be_focused()
    assert_accessible(editor)
    editor.get_by_role("button", name="Back to edit").click()
    value_of(editor, "GITHUB_TOKEN").fill("")
    value_of(editor, "MIYABI_ACCESS_TOKEN").fill("")
