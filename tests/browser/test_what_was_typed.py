"""What was typed is judged, never sent back, and never lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from deploy.demo.values import make_github_token
from testkit.canary import leaks_in, make_canary
from tests.browser.console import Console
from tests.browser.pages import (
    add_key,
    choose,
    heading,
    open_edit,
    problem,
    review,
    row,
    save,
    sign_in,
    value_of,
)
from tests.browser.watching import Bodies, Watch


def wrong_token() -> str:
    """Right but for its last character."""
    token = make_github_token()
    return token[:-1] + ("a" if token[-1] != "a" else "b")


def test_a_wrong_checksum_is_told_as_one_types_and_refused_by_the_server(
    console: Console, editor: Page
) -> None:
    before = console.text("dev", "api-keys")
    open_edit(editor, console, "dev", "api-keys")
    value_of(editor, "GITHUB_TOKEN").fill(wrong_token())
    expect(row(editor, "GITHUB_TOKEN").get_by_text("its checksum is wrong")).to_be_visible()

    editor.get_by_role("button", name="Review").click()
    expect(problem(editor)).to_contain_text("Nothing was saved")
    expect(value_of(editor, "GITHUB_TOKEN")).to_be_focused()
    expect(value_of(editor, "GITHUB_TOKEN")).to_have_attribute("aria-invalid", "true")
    said = row(editor, "GITHUB_TOKEN").get_by_text("its checksum is wrong")
    expect(said.locator("visible=true")).to_have_count(1)  # once, not beside the field as well
    value_of(editor, "GITHUB_TOKEN").press_sequentially("x")
    expect(value_of(editor, "GITHUB_TOKEN")).not_to_have_attribute("aria-invalid", "true")
    assert console.text("dev", "api-keys") == before


def test_the_name_of_a_new_key_is_judged_as_one_types(console: Console, editor: Page) -> None:
    open_edit(editor, console, "dev", "config")
    new = add_key(editor, "my-key", value="x")
    said = new.get_by_text("Is no name for a variable: letters, digits and underscores")
    expect(said).to_be_visible()
    editor.get_by_role("button", name="Review").click()
    expect(new.get_by_label("Name of the new key")).to_be_focused()
    expect(said.locator("visible=true")).to_have_count(1)
    new.get_by_label("Name of the new key").fill("MY_KEY")
    expect(new.get_by_text("Is not in the catalogue")).to_be_visible()
    review(editor)


def test_a_stray_blank_is_told_and_trimmed_only_when_asked(console: Console, editor: Page) -> None:
    token = make_github_token()
    open_edit(editor, console, "dev", "api-keys")
    value_of(editor, "GITHUB_TOKEN").fill(f"{token} ")
    expect(row(editor, "GITHUB_TOKEN").get_by_text("Ends in a blank")).to_be_visible()
    row(editor, "GITHUB_TOKEN").get_by_role("button", name="Trim it").click()
    expect(value_of(editor, "GITHUB_TOKEN")).to_have_value(token)
    expect(row(editor, "GITHUB_TOKEN").get_by_text("Checksum valid")).to_be_visible()

    value_of(editor, "GITHUB_TOKEN").fill(f"\t{token}\n")
    editor.get_by_role("button", name="Review").click()
    expect(value_of(editor, "GITHUB_TOKEN")).to_be_focused()
    row(editor, "GITHUB_TOKEN").get_by_role("button", name="Trim it").click()
    review(editor)
    save(editor)
    assert console.values("dev", "api-keys")["GITHUB_TOKEN"] == token


def test_the_review_trims_the_value_of_any_key(console: Console, editor: Page) -> None:
    """A page cannot hold every key's name as it is."""
    secret = console.make_secret(value='{"\\ud800": "one"}')
    open_edit(editor, console, "dev", secret)
    editor.locator("[data-value]").fill("  two \n")
    review(editor)
    editor.get_by_role("button", name="Trim it").click()
    expect(editor.get_by_role("button", name="Trim it")).to_be_hidden()
    save(editor)
    assert console.text("dev", secret) == '{"\\ud800": "two"}'


def test_a_blank_that_may_be_meant_is_a_warning_and_is_kept(console: Console, editor: Page) -> None:
    secret = console.make_secret()
    open_edit(editor, console, "dev", secret)
    value_of(editor, "FIRST").fill("  meant \n")
    expect(row(editor, "FIRST").locator("[data-verdict] .warn")).to_contain_text(
        "Starts with a blank"
    )
    review(editor)
    save(editor)
    assert console.values("dev", secret)["FIRST"] == "  meant \n"


def test_s09_a_refused_form_is_never_sent_back_and_stays_in_the_page(
    console: Console, editor: Page
) -> None:
    canary, bodies = make_canary(), Bodies(editor.context)
    secret = console.make_secret()
    open_edit(editor, console, "dev", secret)
    value_of(editor, "FIRST").fill(canary)
    add_key(editor, "SECOND", value=canary)  # stands twice in the form
    choose(editor, "SECOND", "Set to empty")

    editor.get_by_role("button", name="Review").click()
    expect(problem(editor)).to_contain_text("SECOND stands twice in the form.")
    new = editor.get_by_role("group", name="New key")
    new.get_by_label("Name of the new key").fill("")
    editor.get_by_role("button", name="Review").click()
    expect(new.get_by_text("Give the key a name.")).to_be_visible()
    expect(new.get_by_label("Name of the new key")).to_be_focused()

    expect(value_of(editor, "FIRST")).to_have_value(canary)
    expect(new.get_by_role("textbox", name="New value")).to_have_value(canary)
    answers = [body for where, body in bodies.received if where.startswith("POST")]
    assert len(answers) == 2
    assert all(answers)
    assert leaks_in(canary, bodies.received) == []


def test_a_value_larger_than_a_secret_is_told_as_one_types_and_refused(
    console: Console, editor: Page
) -> None:
    secret = console.make_secret(value='{"FIRST": ""}')
    open_edit(editor, console, "dev", secret)
    value_of(editor, "FIRST").fill("x" * 65_537)
    expect(row(editor, "FIRST").get_by_text("Is longer than 65,536 bytes")).to_be_visible()
    editor.get_by_role("button", name="Review").click()
    expect(
        row(editor, "FIRST").get_by_text("Too long: a secret takes at most 65,536 bytes")
    ).to_be_visible()
    expect(value_of(editor, "FIRST")).to_have_value("x" * 65_537)
    assert console.text("dev", secret) == '{"FIRST": ""}'


def test_leaving_with_something_typed_asks_first(
    console: Console, editor: Page, watch: Watch
) -> None:
    watch.excuse("dialog:")
    open_edit(editor, console, "dev", console.make_secret())
    editor.get_by_role("link", name="Cancel").click()
    assert watch.heard == []
    editor.go_back()
    value_of(editor, "FIRST").press_sequentially("typed")
    editor.get_by_role("link", name="Cancel").click()
    expect(heading(editor)).not_to_have_text("Edit values")
    assert watch.heard == ["dialog: "]


def aws_is_away(page: Page, console: Console) -> None:
    console.aws.drop_call("DescribeSecret")


def a_proxy_answers_for_the_console(page: Page, console: Console) -> None:
    page.route("**/edit/**", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))


def the_network_is_down(page: Page, console: Console) -> None:
    page.context.set_offline(True)


BREAKDOWNS = {
    aws_is_away: "AWS did not answer",
    a_proxy_answers_for_the_console: "The console gave no readable answer",
    the_network_is_down: "The console cannot be reached",
}


@pytest.mark.parametrize("break_down", BREAKDOWNS, ids=lambda way: way.__name__.replace("_", "-"))
@pytest.mark.parametrize("step", ["review", "save"])
def test_what_was_typed_outlives_a_breakdown(
    console: Console,
    editor: Page,
    watch: Watch,
    break_down: Callable[[Page, Console], None],
    step: str,
) -> None:
    watch.excuse("net::ERR_INTERNET_DISCONNECTED")
    secret = console.make_secret()
    open_edit(editor, console, "dev", secret)
    value_of(editor, "FIRST").fill("typed with care")
    if step == "save":
        review(editor)
    break_down(editor, console)
    editor.get_by_role("button", name=step.capitalize(), exact=True).click()
    expect(problem(editor)).to_contain_text(BREAKDOWNS[break_down], timeout=30_000)
    assert editor.locator("textarea").first.input_value() == "typed with care"

    console.aws.mend()
    editor.unroute("**/edit/**")
    editor.context.set_offline(False)
    if step == "review":
        review(editor)
    save(editor)
    assert console.values("dev", secret)["FIRST"] == "typed with care"


@pytest.mark.parametrize("how", ["signed out in another tab", "without use for half an hour"])
def test_what_was_typed_outlives_the_session(
    console: Console, anybody: Callable[..., Page], how: str
) -> None:
    page, secret = anybody(), console.make_secret()
    sign_in(page, "editor", console.password, console.path("edit", "dev", secret))
    value_of(page, "FIRST").fill("typed with care")
    if how == "signed out in another tab":
        other = page.context.new_page()
        other.goto("/dev/")
        other.get_by_role("button", name="Sign out").click()
        other.close()
    else:
        console.age_session(page.context, minutes=31)

    page.get_by_role("button", name="Review").click()
    expect(problem(page)).to_contain_text("Nothing was done. What you typed is still in this page.")
    with page.context.expect_page() as opened:
        problem(page).get_by_role("link", name="Sign in in a new tab").click()
    sign_in(opened.value, "editor", console.password, "/sign-in")
    opened.value.close()

    review(page)
    save(page)
    assert console.values("dev", secret)["FIRST"] == "typed with care"
