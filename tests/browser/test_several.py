"""One key in several environments: copied in three clicks; typed once, and tried again where it
failed."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from testkit.canary import make_plain_canary
from tests.browser.axe import assert_accessible
from tests.browser.console import Console
from tests.browser.pages import heading, problem, review, reviewed, value_of
from tests.browser.watching import Bodies


def make_secrets(console: Console, **values: str) -> str:
    """A secret of one name in each environment that is named, with these JSON texts."""
    short = console.make_secret("dev", value=values.pop("dev"))
    for place, value in values.items():
        client = console.accounts[place].clients.secretsmanager
        client.create_secret(Name=console.name(place, short), SecretString=value)
    return short


def test_a_key_is_copied_from_staging_to_prod_in_three_clicks_and_its_value_is_in_no_page(
    console: Console, editor: Page
) -> None:
    bodies, canary = Bodies(editor.context), make_plain_canary()
    short = make_secrets(console, dev="{}", staging=f'{{"KEY": "{canary}"}}', prod="{}")
    editor.goto(f"/compare?q={short}")
    editor.get_by_role(
        "link", name=f"Copy to… another environment from staging: KEY of {short}"
    ).click()
    expect(heading(editor)).to_have_text("Copy KEY from staging")
    expect(editor.get_by_role("row", name="prod")).to_contain_text("not there")
    assert_accessible(editor)
    editor.get_by_role("checkbox", name=console.name("prod", short)).check()
    editor.get_by_label("Reason").fill("OPS-8: promoted")
    editor.get_by_label("To change prod, type").fill(console.name("prod", short))
    editor.get_by_role("button", name="Copy", exact=True).click()
    expect(editor.get_by_text("Copied in prod.")).to_be_visible()
    assert_accessible(editor)
    assert console.values("prod", short) == {"KEY": canary}
    assert [where for where, body in bodies.received if canary.encode() in body] == []


def test_a_typed_value_is_reviewed_for_all_and_only_what_failed_is_tried_again(
    console: Console, editor: Page
) -> None:
    short = make_secrets(console, dev='{"KEY": "d"}', prod='{"KEY": "p"}')
    editor.goto(f"/compare?q={short}")
    editor.get_by_role("link", name="Set in several").click()
    expect(editor.get_by_role("row", name="staging")).to_contain_text("There is no secret")
    value_of(editor, "KEY").fill("typed once")
    for place in ("dev", "prod"):
        editor.get_by_role("checkbox", name=console.name(place, short)).check()
    editor.get_by_role("button", name="Review").click()
    expect(problem(editor)).to_contain_text("Look at the marked fields.")
    editor.get_by_label("Reason").fill("OPS-8: the same everywhere")
    editor.get_by_label("To change prod, type").fill(console.name("prod", short))
    assert_accessible(editor)
    review(editor)
    assert_accessible(editor)
    assert reviewed(editor, "prod")[2] == "Fine as free text"
    console.write_outside("prod", short, THEIRS="1")
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(problem(editor)).to_contain_text("Saved in 1 of 2 environments")
    expect(problem(editor)).to_contain_text("prod: not saved.")
    expect(value_of(editor, "KEY")).to_have_value("typed once")
    assert console.values("dev", short) == {"KEY": "typed once"}
    review(editor)
    assert reviewed(editor, "dev")[1] == "the same"
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(editor.get_by_text("Saved in prod.")).to_be_visible()
    assert console.values("prod", short) == {"KEY": "typed once", "THEIRS": "1"}


def test_without_a_script_one_token_is_made_for_all_and_what_was_typed_stays_in_its_tab(
    console: Console, person: Callable[..., Page]
) -> None:
    page = person("editor", java_script_enabled=False)
    short = make_secrets(console, dev='{"KEY": "d"}', staging="{}", prod='{"KEY": "p"}')
    page.goto(f"/compare/set?secret={short}&key=KEY")
    page.get_by_label("What becomes of KEY").select_option("generate")
    for place in ("dev", "staging", "prod"):
        page.get_by_role("checkbox", name=console.name(place, short)).check()
    page.get_by_label("Reason").fill("OPS-8")
    page.get_by_label("Save without a review").check()

    def send() -> Page:
        with page.context.expect_page() as opened:
            page.get_by_role("button", name="Save", exact=True).click()
        opened.value.wait_for_load_state()
        return opened.value

    refused = send()
    expect(refused.get_by_role("alert")).to_contain_text("Nothing was saved.")
    expect(refused.get_by_text("Type the secret's whole name")).to_be_visible()
    page.get_by_label("To change prod, type").fill(console.name("prod", short))
    done = send()
    expect(done.get_by_text("Proposed a copy in staging.")).to_be_visible()
    token = console.values("dev", short)["KEY"]
    assert len(token) == 43
    assert console.values("prod", short) == {"KEY": token}
    assert console.values("staging", short) == {}
