"""Where the rules ask for a second person: one proposes, another approves or rejects."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from secrets_ui.domain.secrets.secret_value import MASK
from tests.browser.axe import assert_accessible
from tests.browser.console import Console
from tests.browser.pages import open_edit, review, value_of


@pytest.fixture
def secret(console: Console) -> str:
    return console.make_secret("staging")


def propose(page: Page, console: Console, secret: str, value: str) -> Locator:
    """Sends a change for approval; the proposal on the page that follows."""
    open_edit(page, console, "staging", secret)
    value_of(page, "FIRST").fill(value)
    review(page)
    expect(page.get_by_text("staging needs a second person")).to_be_visible()
    page.get_by_label("Reason").fill("OPS-9")
    page.get_by_role("button", name="Send for approval").click()
    expect(page.get_by_text("Sent for approval.")).to_be_visible()
    return proposal(page, console, secret)


def proposal(page: Page, console: Console, secret: str) -> Locator:
    return page.get_by_role("region").filter(
        has=page.get_by_role("heading", name=console.name("staging", secret))
    )


def to_decide(page: Page) -> int:
    """How many proposals the menu counts, those of other tests among them."""
    link = page.get_by_role("link", name="to decide")
    return int(link.locator(".waiting").inner_text().split()[0]) if link.count() else 0


def test_one_proposes_and_another_approves(
    console: Console, person: Callable[..., Page], secret: str
) -> None:
    author, other = person("editor"), person("admin")
    mine = propose(author, console, secret, "proposed")
    expect(mine.get_by_text("somebody else has to approve it")).to_be_visible()
    expect(mine.get_by_role("button", name="Approve")).to_have_count(0)
    assert console.values("staging", secret)["FIRST"] == "one"

    other.goto("/staging/")
    other.get_by_role("link", name="Changes").click()
    theirs = proposal(other, console, secret)
    expect(theirs).to_contain_text("Proposed by editor")
    expect(theirs).to_contain_text("OPS-9")
    expect(theirs.get_by_role("row", name="FIRST")).to_contain_text(MASK)
    theirs.get_by_role("button", name="Approve").click()
    expect(other.get_by_text("by editor, approved by admin, in this console").first).to_be_visible()
    assert console.values("staging", secret) == {
        "FIRST": "proposed",
        "SECOND": "two",
        "THIRD": "three",
    }

    other.get_by_role("link", name="Audit", exact=True).click()
    expect(other.get_by_role("row").nth(1)).to_contain_text(console.name("staging", secret))


def test_a_proposal_is_rejected_by_another_or_taken_back_by_its_author(
    console: Console, person: Callable[..., Page], secret: str
) -> None:
    author, other = person("editor"), person("admin")
    propose(author, console, secret, "no good")
    other.goto("/staging/changes")
    proposal(other, console, secret).locator("summary", has_text="Reject").click()
    assert_accessible(other)
    waiting = to_decide(other)
    assert waiting > 0
    proposal(other, console, secret).get_by_label("Reason, for its author").fill("OPS-9: no good")
    proposal(other, console, secret).get_by_role("button", name="Reject it").click()
    expect(proposal(other, console, secret)).to_have_count(0)
    assert to_decide(other) == waiting - 1
    author.goto("/staging/changes")
    told = author.get_by_role("region", name="Your last proposals")
    expect(told).to_contain_text("OPS-9: no good")
    assert_accessible(author)

    proposed = propose(author, console, secret, "no better")
    proposed.locator("summary", has_text="Take it back").click()
    proposed.get_by_role("button", name="Take it back now").click()
    expect(proposal(author, console, secret)).to_have_count(0)
    assert console.values("staging", secret)["FIRST"] == "one"


def test_an_emergency_by_keyboard_and_its_look_without_a_script(
    console: Console, person: Callable[..., Page], secret: str
) -> None:
    author, other = person("editor"), person("admin", java_script_enabled=False)
    mine = propose(author, console, secret, "at once")
    alone = mine.locator("summary", has_text="Make it current alone")
    alone.focus()
    author.keyboard.press("Enter")
    assert_accessible(author)
    author.keyboard.press("Tab")
    author.keyboard.press("Escape")
    expect(alone).to_be_focused()
    author.keyboard.press("Enter")
    author.keyboard.press("Tab")
    author.keyboard.type("OPS-9: payments are down, nobody is there")
    author.keyboard.press("Enter")
    expect(author.get_by_text("No second person has looked at an emergency")).to_be_visible()
    assert_accessible(author)
    assert console.values("staging", secret)["FIRST"] == "at once"

    other.goto("/staging/changes")
    theirs = proposal(other, console, secret)
    theirs.locator("summary", has_text="I have looked at it").click()
    theirs.get_by_label("What you found").fill("OPS-9: it was right")
    theirs.get_by_role("button", name="End the emergency").click()
    expect(proposal(other, console, secret)).to_have_count(0)
    author.goto("/staging/changes")
    expect(author.get_by_text("Looked at by admin.").first).to_be_visible()
    assert_accessible(author)


def test_an_overtaken_proposal_is_put_on_top(
    console: Console, person: Callable[..., Page], secret: str
) -> None:
    author = person("editor")
    propose(author, console, secret, "mine")
    console.write_outside("staging", secret, SECOND="theirs")
    author.goto("/staging/changes")
    mine = proposal(author, console, secret)
    expect(mine).to_contain_text("It no longer waits for a decision.")
    assert_accessible(author)
    mine.get_by_role("button", name="Put it on top").click()
    expect(author.get_by_text("Sent for approval.")).to_be_visible()
    expect(proposal(author, console, secret)).to_have_count(1)
    assert console.values("staging", secret)["SECOND"] == "theirs"
