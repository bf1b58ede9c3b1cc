"""What a person does in the console's pages, and what they see there."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.console import Console


def sign_in(page: Page, name: str, password: str, path: str = "/") -> None:
    """Through the page that an unknown visitor of `path` is led to."""
    page.goto(path)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def open_edit(
    page: Page, console: Console, environment: str, secret: str, how: str = "edit"
) -> None:
    page.goto(console.path(how, environment, secret))


def row(page: Page, key: str) -> Locator:
    """A key's part of the edit form."""
    return page.get_by_role("group", name=key, exact=True)


def value_of(page: Page, key: str) -> Locator:
    """Where a key's new value is typed."""
    return row(page, key).get_by_role("textbox", name=f"New value of {key}")


def choose(page: Page, key: str, what: str) -> None:
    row(page, key).get_by_label(f"What becomes of {key}").select_option(what)


def add_key(page: Page, name: str, *, value: str = "", choice: str = "Set to") -> Locator:
    """A row for a new key, filled in."""
    page.get_by_role("button", name="Add a key").click()
    new = page.get_by_role("group", name="New key").last
    new.get_by_label("Name of the new key").fill(name)
    new.get_by_label("Its value").select_option(choice)
    if value:
        new.get_by_role("textbox", name="New value of the new key").fill(value)
    return new


def review(page: Page) -> None:
    page.get_by_role("button", name="Review").click()
    expect(heading(page)).to_have_text("Review the change")


def reviewed(page: Page, key: str) -> list[str]:
    """Before, after and check of a key in the review."""
    cells = (
        page.locator("[data-step=review] tbody tr")
        .filter(has=page.get_by_text(key, exact=True))
        .locator("td")
    )
    return [text.strip() for text in cells.all_inner_texts()[1:]]


def answer_prod(page: Page, name: str, reason: str = "OPS-7: a journey") -> None:
    """What prod asks for before a save."""
    page.get_by_label("Reason").fill(reason)
    page.get_by_label("Secret’s name").fill(name)


def save(page: Page) -> int:
    """Save, and wait for the secret's page; the number of the change's record."""
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/secret/.+\?saved=\d+$"))
    expect(page.get_by_text("is AWSCURRENT now")).to_be_visible()
    return int(page.url.rpartition("=")[2])


def heading(page: Page) -> Locator:
    """The heading of the step that is shown."""
    return page.locator("h1:visible")


def problem(page: Page) -> Locator:
    """The note above the step that is shown."""
    return page.locator("[data-problem]:visible")
