"""The browser's rules: no breach of the policy, forms that work, markup that stays text."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.console import ROLES, Console
from tests.browser.pages import (
    add_key,
    heading,
    open_edit,
    problem,
    review,
    reviewed,
    row,
    save,
    sign_in,
    value_of,
)
from tests.browser.shapes import Opened
from tests.browser.test_accessibility import NOT_PAGES as NOT_FOR_AXE
from tests.browser.watching import Watch
from tests.urls import POST_ALONE, every_url

# Files to be kept, and what takes POST alone.
NOT_PAGES = {
    "audit_export",
    "calendar",
    "catalogue_entry",
    "check_report",
    "env_example",
    "sign_out",
    "decide",
    *POST_ALONE,
    "status_run",
}
MARKUP = (
    """<img src=x onerror="document.title='owned'"><script>alert(1)</script>"""
    "{{ 7*7 }}{% now %}‮${7*7}"
)
INJECTED = "document.querySelectorAll('img[src=x], body script, main script').length"


def urls(console: Console, role: str) -> list[tuple[str, str]]:
    """Every page of the console by route, for an environment with flaws, and its errors. Of an
    admin's those alone that test_accessibility.py does not open."""
    arguments = {
        "environment": "dev",
        "name": console.name("dev", "api-keys"),
        "sequence": 1,
        "number": 1,
    }
    paths = [
        (name, path)
        for name, path in every_url(**arguments)
        if name not in NOT_PAGES and (role != "admin" or name in NOT_FOR_AXE)
    ]
    more = {
        "refusals": "/audit?outcome=refused",
        "found": "/prod/?q=token",
        "no secret": console.path("secret", "dev", "none"),
        "no environment": "/none/",
        "no page": "/no/page",
    }
    return [*paths, *more.items()]


@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_s51_a_full_tour_breaches_nothing_and_asks_nothing_of_other_origins(
    console: Console,
    person: Callable[..., Page],
    anybody: Callable[..., Page],
    watch: Watch,
    opened: Opened,
    role: str,
) -> None:
    """Every page is asked for. The browser opens it unless it has opened one of that route before
    that had all of its parts; a refusal, or a redirect to the same place, once for each role."""
    page = anybody() if role == "nobody" else person(role)
    statuses, turned_away = set(), set()
    for name, path in urls(console, role):
        asked = page.request.get(path, max_redirects=0)
        statuses.add(asked.status)
        away = (asked.status, asked.headers.get("location", "").partition("?")[0])
        if asked.status in (302, 403) and away in turned_away:
            continue
        turned_away.add(away)
        if asked.status != 302 and opened.has_all_of(name, asked.text()):
            continue
        answer = page.goto(path)
        assert answer
        statuses.add(answer.status)
        assert watch.unexcused() == [], path
        if asked.status != 302:
            opened.note(name, asked.text())
    assert {200, 404} <= statuses or role == "nobody"
    assert not {500, 502, 503} & statuses


def test_s51_the_tour_would_hear_of_a_breach(
    console: Console, person: Callable[..., Page], watch: Watch
) -> None:
    page = person("viewer")
    page.goto("/dev/")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), {src: 'http://127.0.0.1:9/x.png'}))"
    )
    page.evaluate("try { document.body.innerHTML = '<p>' } catch (error) { }")
    expect(page.locator("img")).to_have_count(2)
    heard = "\n".join(watch.heard)
    assert "policy: img-src http://127.0.0.1:9/x.png" in heard
    assert "policy: require-trusted-types-for" in heard
    watch.heard.clear()


def test_s53_every_form_works_under_the_shipped_headers(
    console: Console, anybody: Callable[..., Page]
) -> None:
    """Those of edits, documents and decisions have journeys of their own; these are the others."""
    page = anybody()
    sign_in(page, "editor", console.password)
    page.get_by_label("Filter by name or key").fill("api")
    page.keyboard.press("Enter")
    expect(page.get_by_text("for “api”")).to_be_visible()
    page.get_by_role("link", name="Audit", exact=True).click()
    page.locator("summary", has_text="Filter").click()
    page.get_by_role("search").get_by_label("Environment").select_option("dev")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("link", name="environment: dev")).to_be_visible()
    page.goto(console.path("explain-error", "dev", "api-keys"))
    page.get_by_label("Error text or code").fill("AccessDeniedException")
    send(page, "Explain it")
    page.goto(console.path("what-if", "dev", "api-keys"))
    send(page, "Load its text")
    send(page, "Try it")
    expect(page.get_by_role("heading", name="With this text")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(heading(page)).to_have_text("Sign in")


def send(page: Page, button: str) -> None:
    """The answer is a page of the console, and no refusal."""
    with page.expect_navigation() as answer:
        page.get_by_role("button", name=button).click()
    assert answer.value.status == 200


def test_s53_another_site_s_form_is_refused_and_aws_is_not_asked(
    console: Console, browser: Browser, session_of: Callable[..., Any]
) -> None:
    secret = console.make_secret()
    context = browser.new_context(storage_state=session_of("editor"))
    fields = {"base": "", "form-0-name": "FIRST", "form-0-value": "theirs"}
    inputs = "".join(
        f"<input name={name} value='{value}'>"
        for name, value in {**fields, "confirmed": "on"}.items()
    )
    target = console.url + console.path("edit", "dev", secret)
    page = context.new_page()
    page.route(
        "http://elsewhere.test/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f"<form method=post action='{target}'>{inputs}<button>Go</button></form>",
        ),
    )
    page.goto("http://elsewhere.test/")
    console.aws.received.clear()
    with page.expect_response(target) as answer:
        page.get_by_role("button", name="Go").click()
    assert answer.value.status == 403
    expect(heading(page)).to_have_text("This form did not come from this console")
    assert console.aws.received == []
    assert console.values("dev", secret)["FIRST"] == "one"
    context.close()


def assert_inert(page: Page, title: str) -> None:
    """The markup is there as text, and did nothing."""
    expect(page.get_by_text(MARKUP).first).to_be_attached()
    assert title in page.title()
    assert_nothing_injected(page)


def assert_nothing_injected(page: Page) -> None:
    assert "owned" not in page.title()
    assert page.evaluate(INJECTED) == 0


def test_s52_markup_in_descriptions_tags_keys_and_reasons_is_shown_as_text(
    console: Console, editor: Page
) -> None:
    secret = console.make_secret(
        value=json.dumps({MARKUP: "one", "PLAIN": "two"}),
        Description=MARKUP,
        Tags=[{"Key": "Note", "Value": MARKUP}],
    )
    name = console.name("dev", secret)
    editor.goto(console.path("secret", "dev", secret))
    for place in ("Keys", "About this secret"):
        expect(editor.get_by_role("region", name=place).get_by_text(MARKUP).first).to_be_visible()
    assert_inert(editor, name)

    open_edit(editor, console, "dev", secret)
    value_of(editor, MARKUP).fill("changed")
    add_key(editor, f"NEW {MARKUP}", value=MARKUP)
    review(editor)
    assert reviewed(editor, MARKUP)
    assert_inert(editor, "Review the change")
    console.write_outside("dev", secret, **{f"THEIRS {MARKUP}": "x"})
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(editor.get_by_role("heading", name="3 keys differ")).to_be_visible()
    assert_inert(editor, name)
    editor.get_by_role("button", name="Apply mine").click()
    editor.get_by_label("Reason").fill(MARKUP)
    sequence = save(editor)
    editor.goto(f"/audit/{sequence}")
    assert_inert(editor, f"Record {sequence}")
    editor.goto(f"/audit?key={MARKUP}")
    assert_inert(editor, "Audit log")
    editor.goto(f"/dev/?q={MARKUP.replace('%', '%25')}")
    assert_inert(editor, "Secrets in dev")


@pytest.fixture
def hostile_policy(console: Console) -> Iterator[dict[str, Any]]:
    """An inline policy of dev's Lambda role; it names no secret."""
    statement = {
        "Effect": "Deny",
        "Action": "secretsmanager:*",
        "Resource": f"arn:aws:s3:::{MARKUP}",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    iam, role = console.accounts["dev"].clients.iam, console.environment("dev").lambda_role
    iam.put_role_policy(RoleName=role, PolicyName="hostile", PolicyDocument=json.dumps(policy))
    yield policy
    iam.delete_role_policy(RoleName=role, PolicyName="hostile")


def test_s52_markup_in_a_policy_is_shown_as_text(
    console: Console, editor: Page, hostile_policy: dict[str, Any]
) -> None:
    editor.goto(console.path("what-if", "dev", "api-keys"))
    start = editor.get_by_role("combobox", name="Start from")
    start.select_option(start.locator("option", has_text="hostile").get_attribute("value"))
    send(editor, "Load its text")
    assert json.loads(editor.get_by_label("Policy as JSON").input_value()) == hostile_policy
    assert_nothing_injected(editor)
    send(editor, "Try it")
    assert_nothing_injected(editor)
    editor.goto(console.path("troubleshoot", "dev", "api-keys"))
    expect(editor.get_by_role("list", name="The path from the role to the key")).to_be_visible()
    assert_nothing_injected(editor)


def test_s52_markup_in_an_error_text_of_aws_is_shown_as_text(
    console: Console, editor: Page
) -> None:
    secret = console.make_secret()
    open_edit(editor, console, "dev", secret)
    value_of(editor, "FIRST").fill("typed")
    for code in ("InvalidRequestException", f"Odd{MARKUP}"):
        console.aws.break_call("DescribeSecret", code, MARKUP)
        editor.get_by_role("button", name="Review").click()
        expect(problem(editor)).to_be_visible()
        assert_nothing_injected(editor)
    with editor.context.expect_page() as opened:
        editor.evaluate("open(location.href)")
    expect(heading(opened.value)).to_be_visible()
    assert_nothing_injected(opened.value)
    expect(row(editor, "FIRST")).to_be_visible()
