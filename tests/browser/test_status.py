"""The status page in a browser: light, dark, phone, wall, print, and quiet refresh."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible, load_axe, violations
from tests.browser.console import Console
from tests.browser.routes import change_answers
from tests.browser.watching import Watch

UNHEALTHY = re.compile(r"dev and staging are not healthy:\s+\d+ failures since")


@pytest.fixture(scope="module", autouse=True)
def looked(console: Console) -> None:
    """One pass over the demo's estate with its flaws."""
    console.run_checks()


@pytest.fixture
def viewer(person: Callable[..., Page]) -> Page:
    return person("viewer")


def headline(page: Page) -> Any:
    return page.get_by_role("heading", level=1)


def soon(page: Page) -> None:
    """The page refreshes itself within a second from now on, and so does its next copy."""
    change_answers(
        page, "**/status*", lambda text: re.sub(r'data-refresh="\d+"', 'data-refresh="0.3"', text)
    )


@pytest.mark.parametrize("path", ["/status", "/staging/status", "/status?wall"])
def test_it_is_accessible_in_light_and_dark_wide_and_narrow(viewer: Page, path: str) -> None:
    viewer.goto(path)
    expect(headline(viewer)).to_have_text(re.compile("not healthy|is not healthy"))
    for details in viewer.locator("details").all():
        details.evaluate("element => { element.open = true; }")
    assert_accessible(viewer)


def test_the_sentence_stands_first_then_trouble_then_the_rest(viewer: Page) -> None:
    viewer.goto("/status")
    expect(headline(viewer)).to_have_text(UNHEALTHY)
    tops = [
        viewer.locator(selector).bounding_box()["y"]  # type: ignore[index]
        for selector in ("h1", ".tiles", "#trouble", "#rows-dev")
    ]
    assert tops == sorted(tops)
    assert tops[2] < 800  # in the first screen
    expect(viewer).to_have_title(UNHEALTHY)


def test_each_line_of_trouble_leads_to_the_page_that_explains_it(viewer: Page) -> None:
    viewer.goto("/status")
    viewer.get_by_role("link", name=re.compile("Troubleshoot.*Decrypt is allowed")).click()
    expect(viewer.locator("#decrypt_is_allowed")).to_be_visible(timeout=30_000)
    viewer.go_back()
    viewer.get_by_role("link", name="Secret Keys are complete, miyabi/dev/api-keys").click()
    expect(headline(viewer)).to_contain_text("api-keys")


def test_the_wall_is_large_and_has_no_frame(viewer: Page) -> None:
    viewer.set_viewport_size({"width": 1920, "height": 1080})
    viewer.goto("/status?wall")
    size = headline(viewer).evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    assert size >= 60
    expect(viewer.get_by_role("navigation", name="Sections")).to_be_hidden()
    assert viewer.evaluate("document.documentElement.scrollWidth <= innerWidth")
    load_axe(viewer)
    assert violations(viewer) == []
    for width, height in ((1920, 1080), (390, 844)):
        viewer.set_viewport_size({"width": width, "height": height})
        assert_fits(viewer)
    viewer.get_by_role("link", name="Leave wall mode").click()
    expect(viewer.get_by_role("button", name="Check now")).to_be_visible()


def assert_fits(wall: Page) -> None:
    """Whole causes, as many as there is room for, how many there are besides, and nothing over
    another."""
    more = wall.locator("[data-more]")
    expect(more).to_be_visible()
    causes = wall.locator(".trouble")
    shown = causes.filter(visible=True)
    assert 0 < shown.count() < causes.count()
    expect(more).to_have_text(f"+{causes.count() - shown.count()} more")
    assert wall.evaluate("document.documentElement.scrollHeight <= innerHeight")
    cut = "all => all.filter(text => text.scrollHeight > text.clientHeight + 1).length"
    assert wall.locator(".trouble-text").filter(visible=True).evaluate_all(cut) == 0
    told, leave = (
        wall.locator(selector).bounding_box() for selector in (".told", ".headline > .btn")
    )
    assert told is not None
    assert leave is not None
    is_below = leave["y"] >= told["y"] + told["height"]
    assert is_below or leave["x"] >= told["x"] + told["width"]


def test_on_paper_everything_is_open_and_the_buttons_are_gone(viewer: Page) -> None:
    viewer.goto("/status")
    viewer.emulate_media(media="print")
    expect(headline(viewer)).to_be_visible()
    expect(viewer.get_by_role("button", name="Check now")).to_be_hidden()
    viewer.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert viewer.locator("details").evaluate_all("all => all.every(details => details.open)")
    assert len(viewer.pdf()) > 10_000


def test_a_change_comes_by_itself_and_leaves_the_reader_where_they_are(
    console: Console, viewer: Page
) -> None:
    soon(viewer)
    viewer.goto("/status")
    details = viewer.locator("details.proved").first
    details.locator("summary").click()
    console.database(
        "UPDATE secrets_ui_statussnapshot SET findings = "
        "replace(findings, 'still has placeholders', 'still holds placeholders')"
    )
    expect(viewer.get_by_text("still holds placeholders").first).to_be_visible()
    expect(details).to_have_attribute("open", "")
    assert viewer.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_page_that_cannot_be_refreshed_says_so_and_recovers(viewer: Page, watch: Watch) -> None:
    watch.excuse("net::ERR_FAILED")
    soon(viewer)
    viewer.goto("/status?wall")
    expect(headline(viewer)).to_have_text(UNHEALTHY)
    viewer.route("**/status*", lambda route: route.abort())
    expect(viewer.get_by_text("This console has not answered since")).to_be_visible()
    expect(viewer.locator("body")).to_have_class(re.compile("is-lost"))
    viewer.unroute_all(behavior="wait")
    soon(viewer)
    expect(viewer.get_by_text("This console has not answered since")).to_be_hidden()


def test_a_page_whose_session_has_ended_says_so(viewer: Page) -> None:
    soon(viewer)
    viewer.goto("/status")
    viewer.context.clear_cookies()
    expect(viewer.get_by_text("You are signed out, so this page shows the past.")).to_be_visible()


def test_a_check_can_be_asked_for_and_an_outside_change_that_it_finds_is_acknowledged(
    console: Console, viewer: Page, person: Callable[..., Page]
) -> None:
    console.database(
        "UPDATE secrets_ui_statusrunner SET every = 60, alive_at = ?", "2999-01-01 00:00:00"
    )
    viewer.goto("/status")
    viewer.get_by_role("button", name="Check now").click()
    expect(viewer.get_by_text("A check was asked for, and begins in a moment")).to_be_visible()
    console.write_outside("dev", "config", MIYABI_ROOT="/theirs")
    console.run_checks()
    viewer.goto("/status")
    expect(viewer.get_by_text("The last check ended at")).to_be_visible()

    admin = person("admin")
    admin.goto(console.path("secret", "dev", "config"))
    found = admin.get_by_role("region", name="What the last check found")
    found.locator("summary", has_text="Acknowledge").press("Enter")
    assert_accessible(admin)
    found.get_by_label("Reason").fill("OPS-5: it was meant")
    found.get_by_role("button", name="Acknowledge").click()
    expect(found.get_by_text("Acknowledged by admin")).to_contain_text("OPS-5: it was meant")
    expect(found.locator("summary", has_text="Acknowledge")).to_have_count(0)
    assert_accessible(admin)


@pytest.mark.parametrize("path", ["/status", "/status?wall", "/prod/status"])
def test_it_can_be_read_without_javascript(person: Callable[..., Page], path: str) -> None:
    page = person("viewer", java_script_enabled=False)
    page.goto(path)
    expect(headline(page)).to_be_visible()
    expect(page.locator(".strip").first).to_be_visible()
