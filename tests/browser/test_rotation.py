"""A token is rotated in prod: from "Rotate" beside its key to the old one's refusal."""

from playwright.sync_api import Browser, Page, expect

from deploy.demo.github import Token
from tests.browser.axe import assert_accessible
from tests.browser.console import Console
from tests.browser.pages import answer_prod, heading, review, value_of

KEY = "GITHUB_TOKEN"


def test_a_token_is_rotated_from_its_row_to_the_old_one_s_refusal(
    console: Console, editor: Page, browser: Browser
) -> None:
    name, github = console.name("prod", "api-keys"), console.github
    old = console.values("prod", "api-keys")[KEY]
    github.tokens[old] = Token("miyabi-prod")
    editor.goto(console.path("secret", "prod", "api-keys"))
    editor.get_by_role("link", name=f"Rotate {KEY}").click()
    editor.get_by_label("Reason").fill("OPS-7: it is 90 days old")
    editor.get_by_role("button", name="Begin the rotation").click()
    now = editor.locator("[aria-current=step]")
    expect(now).to_contain_text("1. Get a new value")
    expect(now.get_by_role("link", name="https://github.com/settings/tokens")).to_be_visible()
    assert_accessible(editor)

    now.get_by_role("link", name="Enter the new value").click()
    expect(heading(editor)).to_have_text(f"New value of {KEY}")
    expect(editor.get_by_role("group")).to_have_count(1)
    value_of(editor, KEY).fill(github.make_token(days=60))
    review(editor)
    editor.get_by_role("button", name=f"Try it: {KEY}").click()
    expect(editor.get_by_text("Works", exact=True)).to_be_visible()
    answer_prod(editor, name)
    editor.get_by_role("button", name="Save", exact=True).click()

    expect(now).to_contain_text("4. Wait until it has arrived")
    assert_accessible(editor)
    now.get_by_text("Go on all the same").click()
    now.get_by_label("How you know").fill("OPS-7: deployed")
    now.get_by_role("button", name="Go on", exact=True).click()
    expect(now).to_contain_text("5. Have the old value revoked")
    now.get_by_role("button", name="Try the old value").click()
    expect(now).to_contain_text("Still works")
    assert_accessible(editor)

    place = [*github.tokens].index(old)
    revoking = browser.new_page()  # a browser of its own: it is another origin
    revoking.goto(github.address)
    revoking.locator(f"button[name=token][value='{place}']").click()
    expect(revoking.get_by_text("miyabi-prod: does not work any more")).to_be_visible()
    revoking.close()
    now.get_by_role("button", name="Try the old value").click()
    expect(editor.locator(".note.ok")).to_contain_text("Done.")
    run = editor.get_by_role("table").get_by_role("row")
    expect(run).to_have_count(8)  # with its head
    assert_accessible(editor)
