"""Runs axe-core in the page: WCAG 2.2, levels A and AA, and no scrolling to the side."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary
from zlib import crc32

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import CDPSession, Page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# target-size (2.5.8) is off in axe unless asked for, although it is one of AA. region is no rule of
# WCAG: whatever is on a page stands in a landmark, by which a screen reader finds it.
EVERY_RULE = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": WCAG},
    "rules": {"target-size": {"enabled": True}, "region": {"enabled": True}},
}
WIDE, NARROW = 1180, 320  # CSS pixels; 320 is what 1.4.10, Reflow, asks for
# The colour schemes of a narrow and of a wide page; every other page has them the other way round.
SCHEMES = (("light", "dark"), ("dark", "light"))

COLOURS = Path(__file__).with_name("colours.js").read_text(encoding="utf-8")
# What sticks to the end of the window lies over the edge of whatever is scrolled there, and so does
# the bar at the top, further down. Each violation is told as rule: help; selector of the element,
# and what it lacks. What passed is some hundred kilobytes, and stays in the page.
BEGIN = """
globalThis.violations = async (options, coloured = "*") => {
  for (const bar of document.querySelectorAll(".always")) bar.style.position = "static";
  scrollTo(0, 0);
  axe.configure({ rules: [{ id: "color-contrast", selector: coloured }] });
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}; ${node.target} ${node.failureSummary ?? ""}`));
};
"""
SCRIPT = f"{Axe().axe_script}\n(() => {{ {COLOURS} {BEGIN} }})();"
EVERYTHING = "(options) => violations(options)"
# Of the colours those of a kind that no page before had, in the same run: axe goes through the
# whole page, and finds what lies over what, anew for each.
NEWS = """async ([options, known]) => {
  const { texts, kinds } = newTexts(known);
  for (const text of texts) text.dataset.news = "";
  const found = await violations(options, "[data-news]");
  for (const text of texts) delete text.dataset.news;
  if (document.documentElement.scrollWidth > innerWidth) found.push("it scrolls to the side");
  return { found, kinds };
}"""
HAS_AXE = "'violations' in globalThis"

# To the end of the page: one that is detached takes the page's virtual authenticator with it.
_sessions: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()
_known: dict[str, set[int]] = {"light": set(), "dark": set()}  # kinds of texts, by colour scheme


def assert_accessible(page: Page) -> None:
    """Narrow in one colour scheme, and wide in the other.

    Colours take axe longer than all else, and most texts of a page are of kinds that every page
    has: in each scheme a kind is judged once. Every other rule judges the whole page, twice.
    """
    kind = "/".join(urlsplit(page.url).path.split("/")[:3])  # whatever secret or record it shows
    schemes = SCHEMES[crc32(kind.encode()) % 2]
    page.wait_for_load_state()  # a text is seen before its styles are there
    load_axe(page)
    found: list[str] = []
    kinds: list[list[int]] = []
    for scheme, width in zip(schemes, (NARROW, WIDE), strict=True):
        show(page, scheme, width)
        news = page.evaluate(NEWS, [EVERY_RULE, sorted(_known[scheme])])
        found += [f"{scheme}, {width} px: {result}" for result in news["found"]]
        kinds.append(news["kinds"])
    assert found == [], f"{page.url}\n" + "\n".join(found)
    for scheme, new in zip(schemes, kinds, strict=True):
        _known[scheme].update(new)


def load_axe(page: Page) -> None:
    """Not by page.evaluate, whose eval has the browser compile it anew for each page."""
    if page.evaluate(HAS_AXE):
        return
    if page not in _sessions:
        _sessions[page] = page.context.new_cdp_session(page)
    done = _sessions[page].send("Runtime.evaluate", {"expression": SCRIPT, "silent": True})
    assert "exceptionDetails" not in done, done


def show(page: Page, scheme: Any, width: int) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 800})


def violations(page: Page) -> list[str]:
    """What breaks a rule, by element; axe is loaded."""
    found: list[str] = page.evaluate(EVERYTHING, EVERY_RULE)
    return found
