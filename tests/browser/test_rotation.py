"""A token is rotated in prod: from "Rotate" beside its key, or from the list of what is due, to the
old one's refusal."""

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.demo.function import functions
from deploy.demo.github import Token
from tests.browser.axe import assert_accessible
from tests.browser.console import Console
from tests.browser.pages import answer_prod, heading, review, value_of

KEY = "GITHUB_TOKEN"
# A version is a minute old before its arrival is sure, and the function reads it within another.
ARRIVAL = 180  # seconds


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
    now.get_by_text("Go on anyway").click()
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


@pytest.mark.timeout(600)
def test_a_token_is_rotated_from_the_due_list_until_its_arrival_is_seen_and_the_old_one_revoked(
    console: Console, editor: Page, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status pass says what is due, GitHub gives a token out and takes the old one back, and
    the demo's function reads like the loader."""
    for name in ("FUNCTION_NAME", "FUNCTION_VERSION", "INITIALIZATION_TYPE"):
        monkeypatch.setenv(f"AWS_LAMBDA_{name}", "")  # so that it is put back
    [function] = functions(console.environ["LOCAL_AWS_ENDPOINT"], [console.environment("prod")])
    old = console.github.make_token(days=5)
    console.write_outside("prod", "api-keys", **{KEY: old})
    function.invoke()
    console.run_checks()
    editor.goto("/prod/due")
    due = editor.get_by_role("row").filter(has_text="GitHub told when it expires.")
    due.get_by_role("link", name=f"Rotate {KEY}").click()
    editor.get_by_label("Reason").fill("OPS-7: it is due")
    editor.get_by_role("button", name="Begin the rotation").click()
    now = editor.locator("[aria-current=step]")
    expect(now).to_contain_text("1. Get a new value")

    github = browser.new_page()  # a browser of its own: it is another origin
    github.goto(console.github.address)
    github.get_by_role("button", name="Make a token that works for 60 days").click()
    token = github.locator("code").first.inner_text()
    now.get_by_role("link", name="Enter the new value").click()
    value_of(editor, KEY).fill(token)
    review(editor)
    editor.get_by_role("button", name=f"Try it: {KEY}").click()
    expect(editor.get_by_text("Works", exact=True)).to_be_visible()
    answer_prod(editor, console.name("prod", "api-keys"))
    editor.get_by_role("button", name="Save", exact=True).click()

    expect(now).to_contain_text("4. Wait until it has arrived")
    go_on = now.get_by_role("button", name="Go on", exact=True)
    for _ in range(ARRIVAL // 10):
        function.invoke()
        editor.reload()
        if go_on.is_visible():
            break
        editor.wait_for_timeout(10_000)
    go_on.click()
    expect(now).to_contain_text("5. Have the old value revoked")

    github.goto(console.github.address)
    revoke = github.locator(f"button[name=token][value='{[*console.github.tokens].index(old)}']")
    revoke.click()
    expect(revoke).to_have_count(0)
    github.close()
    now.get_by_role("button", name="Try the old value").click()
    expect(editor.locator(".note.ok")).to_contain_text("Done.")
