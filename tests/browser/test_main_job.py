"""The main job: see the secrets of prod, edit one safely, and have it on record."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from secrets_ui.domain.secrets.secret_value import MASK
from tests.browser.console import Console
from tests.browser.pages import answer_prod, heading, review, reviewed, row, save, sign_in, value_of
from tests.browser.watching import Bodies

KEY = "GITHUB_TOKEN"


def test_somebody_changes_a_key_in_prod_and_finds_the_change_in_the_audit_log(
    console: Console, anybody: Callable[..., Page]
) -> None:
    page, typed = anybody(), console.github.make_token()
    before = console.values("prod", "api-keys")
    bodies = Bodies(page.context)
    name = console.name("prod", "api-keys")

    sign_in(page, "editor", console.password)
    page.get_by_role("navigation", name="Environment").get_by_role("link", name="prod").click()
    expect(heading(page)).to_have_text("Secrets in prod")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("row", name=KEY).locator(".mask")).to_have_text(MASK)

    page.get_by_role("link", name="Edit values").click()
    value_of(page, KEY).fill(typed)
    expect(row(page, KEY).get_by_text("Checksum valid")).to_be_visible()
    review(page)
    masked_before, masked_after, check = reviewed(page, KEY)
    assert masked_before.startswith(MASK)
    assert masked_after.startswith(MASK)
    assert masked_before != masked_after
    assert check == "Checksum valid\nTry it"
    expect(page.get_by_role("heading", name="1 key changes, 7 stay as they are")).to_be_visible()

    answer_prod(page, name, "OPS-412: rotated")
    sequence = save(page)

    assert console.values("prod", "api-keys") == before | {KEY: typed}
    find_in_audit_log(page, sequence, name)
    for value in (typed, *before.values()):
        if len(value) > 20:  # no word of the pages themselves
            assert [where for where, body in bodies.received if value.encode() in body] == []


def find_in_audit_log(page: Page, sequence: int, secret: str) -> None:
    """By its filters, then on its own page."""
    page.get_by_role("link", name="Audit", exact=True).click()
    page.get_by_text("by person, environment").click()
    page.get_by_label("Person").fill("editor")
    page.get_by_label("Secret").fill("prod/api-keys")
    page.get_by_label("Action").select_option("secret.save")
    page.get_by_role("button", name="Filter").click()
    assert "person=editor" in page.url
    found = page.get_by_role("row").filter(
        has=page.get_by_role("link", name=str(sequence), exact=True)
    )
    expect(found).to_contain_text(secret)
    expect(found).to_contain_text(KEY)
    expect(found).to_contain_text("done")
    found.get_by_role("link").first.click()
    expect(heading(page)).to_contain_text(f"Record {sequence}")
    expect(page.get_by_text("OPS-412: rotated")).to_be_visible()
    expect(page.get_by_text("The version id in AWS is this record’s hash")).to_be_visible()


def test_prod_asks_for_a_reason_and_the_typed_name_before_anything_is_sent(
    console: Console, editor: Page
) -> None:
    before = console.text("prod", "config")
    editor.goto(console.path("edit", "prod", "config"))
    value_of(editor, "MIYABI_ROOT").fill("/srv/miyabi")
    review(editor)
    button = editor.get_by_role("button", name="Save", exact=True)
    button.click()
    expect(editor.get_by_label("Reason")).to_be_focused()
    editor.get_by_label("Reason").fill("OPS-8")
    button.click()
    expect(editor.get_by_label("Secret’s name")).to_be_focused()
    editor.get_by_label("Secret’s name").fill("miyabi/prod/confog")
    button.click()
    expect(editor.get_by_text("Type the secret's whole name").first).to_be_visible()
    expect(editor.get_by_label("Secret’s name")).to_be_focused()
    assert console.text("prod", "config") == before
    editor.get_by_label("Secret’s name").fill(console.name("prod", "config"))
    save(editor)
    assert console.values("prod", "config")["MIYABI_ROOT"] == "/srv/miyabi"
