"""The whole of a rotation in the demo: its status pass says what is due, its GitHub gives a token
out and takes the old one back, and its function reads like the loader."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.pages import answer_prod, review, sign_in, value_of
from tests.deploy.demos import Demo, end, start

KEY, SECRET = "GITHUB_TOKEN", "miyabi/prod/api-keys"
# A version is a minute old before its arrival is sure, and the function reads it within another.
ARRIVAL = 180  # seconds


@pytest.fixture
def demo() -> Iterator[Demo]:
    demo = start()
    yield demo
    end(demo)


@pytest.mark.timeout(600)
def test_a_token_is_rotated_from_the_due_list_until_the_old_one_is_revoked(
    demo: Demo, browser: Browser
) -> None:
    page = browser.new_context(base_url=demo.address).new_page()
    github = browser.new_context(base_url=demo.github).new_page()
    sign_in(page, "editor", demo.password, "/prod/due")
    page.get_by_role("link", name=f"Rotate {KEY}").first.click()  # by its age, by its expiry
    page.get_by_label("Reason").fill("OPS-7: it is due")
    page.get_by_role("button", name="Begin the rotation").click()
    now = page.locator("[aria-current=step]")
    expect(now).to_contain_text("1. Get a new value")

    github.goto("/")
    github.get_by_role("button", name="Make a token that works for 60 days").click()
    token = github.locator("code").first.inner_text()
    now.get_by_role("link", name="Enter the new value").click()
    value_of(page, KEY).fill(token)
    review(page)
    page.get_by_role("button", name=f"Try it: {KEY}").click()
    expect(page.get_by_text("Works", exact=True)).to_be_visible()
    answer_prod(page, SECRET)
    page.get_by_role("button", name="Save", exact=True).click()

    expect(now).to_contain_text("4. Wait until it has arrived")
    for _ in range(ARRIVAL // 10):
        if now.get_by_role("button", name="Go on", exact=True).is_visible():
            break
        page.wait_for_timeout(10_000)
        page.reload()
    now.get_by_role("button", name="Go on", exact=True).click()
    expect(now).to_contain_text("5. Have the old value revoked")

    github.goto("/")
    line = github.get_by_role("listitem").filter(has_text="miyabi-prod").first
    line.get_by_role("button", name="Revoke it").click()
    now.get_by_role("button", name="Try the old value").click()
    expect(page.locator(".note.ok")).to_contain_text("Done.")
