"""Reads, alarms and cost in a browser: the chart, its table, phone, dark and print."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from deploy.demo.metrics import fill_metrics
from tests.browser.axe import assert_accessible
from tests.browser.console import Console
from tests.browser.pages import heading


@pytest.fixture(scope="module")
def metrics(console: Console) -> None:
    """Staging's month, with the alarm that rings; dev and prod have no data point."""
    fill_metrics(
        console.accounts["staging"].clients.kms.meta.endpoint_url, [console.environment("staging")]
    )


@pytest.fixture
def page(metrics: None, person: Callable[..., Page]) -> Page:
    return person("viewer")


def test_from_the_list_to_the_reads_and_on_to_the_cost_of_all(page: Page) -> None:
    page.goto("/staging/")
    page.get_by_role("link", name="Reads and cost").click()
    expect(heading(page)).to_have_text("Reads and cost of staging")
    expect(page.locator(".summary")).to_contain_text("2 alarms are in alarm.")
    expect(page.get_by_role("img", name="Reads and errors in staging")).to_be_visible()
    page.get_by_role("link", name="Cost of all environments").click()
    expect(heading(page)).to_contain_text("Cost in ")
    expect(page.get_by_role("heading", name="One more environment")).to_be_visible()


def test_every_number_of_the_drawing_stands_in_a_table(page: Page) -> None:
    page.goto("/staging/usage")
    table = page.get_by_role("table", name="Reads and errors in staging by day")
    expect(table).to_be_hidden()
    page.get_by_text("Every number as a table").click()
    expect(table.get_by_role("rowheader")).to_have_count(30)
    bars = page.locator(".chart .reads .bar title").all_text_contents()
    assert len(bars) >= 29  # a day without a number has none, as today where midnight just went by
    every_cell = table.locator("tbody tr td:nth-of-type(1)").all_inner_texts()
    cells = [cell for cell in every_cell if cell != "–"]
    assert [bar.partition(": ")[2].removesuffix(" so far") for bar in reversed(bars)] == cells
    assert_accessible(page)


def test_what_is_denied_is_said_and_accessible(console: Console, page: Page) -> None:
    for operation in ("GetMetricData", "DescribeAlarms", "ListSecrets"):
        console.aws.break_call(operation, "AccessDeniedException", "User is not authorized")
    for path in ("/staging/usage", "/cost"):
        page.goto(path)
        expect(page.get_by_text("cloudwatch:GetMetricData").first).to_be_visible()
        expect(page.get_by_text("$0.00")).to_have_count(0)
        assert_accessible(page)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_letters_keep_their_size_and_nothing_is_cut_off(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/staging/usage")
    chart = page.locator(".chart").bounding_box()
    assert chart is not None
    for text in page.locator(".chart text:visible").all():
        box = text.bounding_box()
        assert box is not None
        assert 11 <= box["height"] <= 19
        assert box["x"] >= chart["x"] - 1
        assert box["x"] + box["width"] <= chart["x"] + chart["width"] + 1


def test_print_shows_the_drawing_in_ink_and_leaves_out_buttons(page: Page) -> None:
    page.goto("/staging/usage")
    page.emulate_media(media="print")
    expect(page.locator(".chart")).to_be_visible()
    expect(page.get_by_text("Every number as a table")).to_be_hidden()
    expect(page.get_by_role("link", name="Cost of all environments")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
