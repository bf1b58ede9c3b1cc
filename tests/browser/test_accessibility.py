"""Every page and every state of the edit form by axe, in light and dark, wide and narrow."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.console import Console
from tests.browser.pages import add_key, choose, heading, open_edit, problem, review, value_of
from tests.browser.routes import change_answers
from tests.browser.shapes import Opened
from tests.browser.watching import Watch
from tests.urls import POST_ALONE, every_url

NOT_PAGES = {
    "livez",
    "readyz",
    "audit_export",
    "calendar",
    "check_report",
    "env_example",
    "catalogue_entry",
    "sign_out",
    "decide",
    "home",
    "sign_in",
    "status_run",
    "status_json",
    "metrics",
    *POST_ALONE,
}


def test_every_page_is_accessible(
    console: Console, person: Callable[..., Page], watch: Watch, opened: Opened
) -> None:
    """Those of dev, with the demo's flaws, for somebody who may do everything. It is the tour of
    test_browser_rules.py for an admin as well."""
    page = person("admin")
    arguments = {
        "environment": "dev",
        "name": console.name("dev", "api-keys"),
        "sequence": 1,
        "number": 1,
    }
    paths = [(name, path) for name, path in every_url(**arguments) if name not in NOT_PAGES]
    seen = set()
    for name, path in paths:
        answer = page.goto(path)
        assert answer
        assert answer.status < 500, path
        expect(heading(page)).to_be_visible()
        if page.url not in seen:  # some lead to the same page
            assert_accessible(page)
        seen.add(page.url)
        assert watch.unexcused() == [], path
        opened.note(name, answer.text())


@pytest.mark.parametrize(
    "path",
    [
        "/prod/?q=token",
        "/prod/?q=nothing-like-it",
        "/audit?outcome=refused&after=then",
        "/no/such/page",
    ],
)
def test_filtered_and_refused_pages_are_accessible(editor: Page, path: str) -> None:
    editor.goto(path)
    assert_accessible(editor)


def test_the_explanation_of_an_answer_is_accessible(
    console: Console, person: Callable[..., Page]
) -> None:
    page = person("auditor")
    role = console.environment("staging").arn("iam", "role/miyabi-lambda-execution")
    page.goto(f"{console.path('who', 'staging', 'api-keys')}?principal={role}&action=delete")
    expect(heading(page)).to_have_text("Can role/miyabi-lambda-execution delete it?")
    page.get_by_text("What each layer says").click()
    expect(page.get_by_text("none, so nothing is limited by one")).to_be_visible()
    assert_accessible(page)


def test_signing_in_is_accessible(anybody: Callable[..., Page]) -> None:
    page = anybody()
    page.goto("/sign-in?expired")
    assert_accessible(page)
    page.get_by_label("Name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    assert_accessible(page)


def test_the_help_is_accessible(editor: Page) -> None:
    editor.goto("/dev/")
    editor.get_by_role("button", name="Keyboard help").click()
    assert_accessible(editor)


def test_the_edit_form_s_own_states_are_accessible(console: Console, editor: Page) -> None:
    open_edit(editor, console, "prod", "api-keys")
    value_of(editor, "GITHUB_TOKEN").fill("ghp_" + "0" * 36)
    value_of(editor, "OAUTH_ISSUER").fill("https://a.miyabi-world.com ")
    choose(editor, "MIYABI_ACCESS_TOKEN", "Generate a token")
    choose(editor, "OAUTH_CLIENT_ID", "Remove this key")
    add_key(editor, "NEW", value="two\nlines")
    expect(editor.get_by_text("its checksum is wrong")).to_be_visible()
    editor.get_by_role("button", name="Review").click()
    expect(problem(editor)).to_be_visible()
    assert_accessible(editor)
    value_of(editor, "GITHUB_TOKEN").fill("")
    value_of(editor, "OAUTH_ISSUER").fill("https://a.miyabi-world.com")
    review(editor)
    assert_accessible(editor)


def test_a_refused_form_and_a_breakdown_are_accessible(console: Console, editor: Page) -> None:
    open_edit(editor, console, "dev", console.make_secret())
    add_key(editor, "", value="nameless")
    editor.get_by_role("button", name="Review").click()
    expect(editor.get_by_text("Give the key a name.")).to_be_visible()
    assert_accessible(editor)
    console.aws.break_call("DescribeSecret", "AccessDeniedException", "User is not authorized")
    editor.get_by_role("group", name="New key").get_by_label("Name of the new key").fill("NEW")
    editor.get_by_role("button", name="Review").click()
    expect(problem(editor)).to_contain_text("The console's role may not do this")
    assert_accessible(editor)


def test_an_aws_error_s_page_is_accessible(console: Console, editor: Page) -> None:
    console.aws.break_call("DescribeSecret", "AccessDeniedException", "User is not authorized")
    editor.goto(console.path("edit", "dev", "config"))
    expect(editor.get_by_text("Error 502")).to_be_visible()
    assert_accessible(editor)
    editor.goto(console.path("secret", "dev", "config"))  # above what is on record
    expect(editor.get_by_role("heading", name="Versions on record")).to_be_visible()
    assert_accessible(editor)


def test_a_conflict_is_accessible(console: Console, editor: Page) -> None:
    secret = console.make_secret()
    open_edit(editor, console, "dev", secret)
    value_of(editor, "FIRST").fill("mine")
    console.write_outside("dev", secret, FIRST="theirs", SECOND="theirs")
    editor.get_by_role("button", name="Review").click()
    expect(editor.get_by_role("heading", name="2 keys differ")).to_be_visible()
    assert_accessible(editor)


def test_a_waiting_proposal_and_a_saved_change_are_accessible(
    console: Console, editor: Page
) -> None:
    for environment, button in (("staging", "Send for approval"), ("dev", "Save")):
        open_edit(editor, console, environment, console.make_secret(environment))
        value_of(editor, "FIRST").fill("changed")
        review(editor)
        editor.get_by_role("button", name=button, exact=True).click()
        expect(editor.locator(".note.ok")).to_be_visible()
        assert_accessible(editor)


def test_the_edit_form_is_accessible_without_javascript(
    console: Console, editor: Page, watch: Watch
) -> None:
    """axe is a script itself, so the page is made as without one: noscript is shown."""
    watch.excuse("net::ERR_FAILED")
    editor.route("**/console.js", lambda route: route.abort())
    change_answers(editor, "**/edit/**", lambda text: text.replace("noscript>", "div>"))
    open_edit(editor, console, "prod", "config")
    expect(editor.get_by_label("Save without a review")).to_be_visible()
    expect(editor.get_by_role("button", name="Review")).to_be_hidden()
    assert_accessible(editor)


def test_axe_would_find_what_is_not_accessible(editor: Page) -> None:
    editor.goto("/dev/")
    assert_accessible(editor)  # and whatever it found well then is looked at when it changes
    break_page(editor)
    with pytest.raises(AssertionError, match="light, 320 px: it scrolls to the side") as result:
        assert_accessible(editor)
    for rule in (
        "1180 px: label: ",
        "light, 320 px: color-contrast: ",
        "dark, 1180 px: color-contrast: ",
        "target-size: ",
    ):
        assert rule in str(result.value)


def break_page(page: Page) -> None:
    page.evaluate(
        """() => {
            document.querySelector("label[for=q]").remove();
            document.querySelector("#q").removeAttribute("placeholder");
            document.querySelector("h1").style.color = "#777";
            for (const link of document.querySelectorAll(".env a"))
              link.style.cssText = "padding: 0; font-size: 8px";
            document.querySelector("main").style.minWidth = "400px";
        }"""
    )
