"""Runs axe-core in the page: WCAG 2.2, levels A and AA, and no scrolling to the side."""

from __future__ import annotations

from urllib.parse import urlsplit
from zlib import crc32

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# target-size (2.5.8) is off in axe unless asked for, although it is one of AA. region is no rule of
# WCAG: whatever is on a page stands in a landmark, by which a screen reader finds it.
EVERY_RULE = {
    "runOnly": {"type": "tag", "values": WCAG},
    "rules": {"target-size": {"enabled": True}, "region": {"enabled": True}},
}
WIDE, NARROW = 1180, 320  # CSS pixels; 320 is what 1.4.10, Reflow, asks for
# Each page has both colour schemes and both widths. axe takes a second for each: every other page
# has them the other way round, so that what pages share is seen in all four.
APPEARANCES = (
    (("light", NARROW), ("dark", WIDE)),
    (("dark", NARROW), ("light", WIDE)),
)
SCRIPT = Axe().axe_script
UNSTICK = "document.querySelectorAll('.always').forEach((bar) => { bar.style.position = 'static' })"
# Each violation as rule: help; selector of the element, and what it lacks. What passed is some
# hundred kilobytes, and stays in the page.
RUN = """async (options) => {
  const { violations } = await axe.run(options);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}; ${node.target} ${node.failureSummary ?? ""}`));
}"""
SCROLLS = "document.documentElement.scrollWidth > innerWidth"


def appearances(url: str) -> tuple[tuple[str, int], ...]:
    """Which a page has: those of one kind the same, whatever secret or record they show."""
    kind = "/".join(urlsplit(url).path.split("/")[:3])
    return APPEARANCES[crc32(kind.encode()) % 2]


def assert_accessible(page: Page) -> None:
    """In light and dark, wide and narrow."""
    page.evaluate(SCRIPT)
    # What sticks to the end of the window lies over the edge of whatever is scrolled there.
    page.evaluate(UNSTICK)
    found = []
    for scheme, width in appearances(page.url):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 800})
        # Further down, the bar at the top lies over the edge of some target.
        page.evaluate("scrollTo(0, 0)")
        found += [f"{scheme}, {width} px: {result}" for result in violations(page)]
        if page.evaluate(SCROLLS):
            found.append(f"{scheme}, {width} px: it scrolls to the side")
    page.set_viewport_size({"width": WIDE, "height": 800})
    assert found == [], f"{page.url}\n" + "\n".join(found)


def violations(page: Page) -> list[str]:
    """What breaks a rule, by element."""
    found: list[str] = page.evaluate(RUN, {"resultTypes": ["violations"], **EVERY_RULE})
    return found
