"""A secret comes and goes in a browser: named, reviewed, created, deleted, restored."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from testkit.canary import make_plain_canary
from tests.browser.axe import assert_accessible
from tests.browser.console import Console
from tests.browser.pages import add_key, heading
from tests.browser.watching import Bodies


def test_a_secret_is_created_deleted_and_restored_and_no_value_comes_back(
    console: Console, person: Callable[..., Page]
) -> None:
    page, canary = person("admin"), make_plain_canary()
    bodies, name = Bodies(page.context), console.name("dev", "made-here")
    page.goto("/dev/")
    page.get_by_role("link", name="New secret").click()
    page.get_by_label("Name", exact=True).fill("made-here")
    page.get_by_role("button", name="Next").click()
    add_key(page, "TOKEN", choice="Generate a token")
    add_key(page, "TYPED", value=canary)
    assert_accessible(page)
    page.get_by_role("button", name="Review").click()
    expect(heading(page)).to_have_text("Review the new secret")
    assert_accessible(page)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_text("is AWSCURRENT now")).to_be_visible()
    assert console.values("dev", "made-here")["TYPED"] == canary
    assert_accessible(page)

    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_label("Reason").fill("OPS-9: a journey")
    page.get_by_label("Secret’s name").fill(name)
    page.get_by_role("button", name="Schedule the deletion").click()
    expect(page.get_by_text("Deletion scheduled.")).to_be_visible()
    assert_accessible(page)

    page.goto("/dev/?q=made-here")
    page.get_by_role("link", name=f"Restore {name}").click()
    expect(heading(page)).to_have_text("Restore this secret")
    assert_accessible(page)
    page.get_by_role("button", name="Restore", exact=True).click()
    expect(page.get_by_text("Deletion cancelled.")).to_be_visible()
    assert console.values("dev", "made-here")["TYPED"] == canary
    assert [where for where, body in bodies.received if canary.encode() in body] == []
