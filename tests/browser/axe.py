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
# The width at which a page is narrow, and at which it is wide, has the one colour scheme or the
# other: every other page has them the other way round.
SCHEMES = (("light", "dark"), ("dark", "light"))

COLOURS = Path(__file__).with_name("colours.js").read_text(encoding="utf-8")
# What sticks to the end of the window lies over the edge of whatever is scrolled there.
UNSTICK = "document.querySelectorAll('.always').forEach((bar) => { bar.style.position = 'static' })"
# Further down, the bar at the top lies over the edge of some target. Each violation is told as
# rule: help; selector of the element, and what it lacks. What passed is some hundred kilobytes, and
# stays in the page.
BEGIN = """
globalThis.violations = async (options, context = document) => {
  scrollTo(0, 0);
  const { violations } = await axe.run(context, options);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}; ${node.target} ${node.failureSummary ?? ""}`));
};
"""
SCRIPT = f"{Axe().axe_script}\n(() => {{ {COLOURS} {BEGIN} {UNSTICK} }})();"
EVERYTHING = "(options) => violations(options)"
# Of the colours those of a kind that no page before had.
NARROWLY = """async ([options, known]) => {
  const only = (...values) => ({ resultTypes: ["violations"], runOnly: { type: "rule", values } });
  const rules = { ...options.rules, "color-contrast": { enabled: false } };
  const found = await violations({ ...options, rules });
  if (document.documentElement.scrollWidth > innerWidth) found.push("it scrolls to the side");
  const { texts, kinds } = newTexts(known);
  if (texts.length) found.push(...await violations(only("color-contrast"), { include: texts }));
  return { found, kinds };
}"""
SCROLLS = "document.documentElement.scrollWidth > innerWidth"

# To the end of the page: one that is detached takes the page's virtual authenticator with it.
_sessions: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()
_known: dict[str, set[int]] = {"light": set(), "dark": set()}  # kinds of texts, by colour scheme


def assert_accessible(page: Page) -> None:
    """By every rule when wide; and narrow, in the other colours.

    Colours take axe longer than all else, and most texts of a page are of kinds that every page
    has: in the second scheme a kind is judged once.
    """
    kind = "/".join(urlsplit(page.url).path.split("/")[:3])  # whatever secret or record it shows
    narrow, wide = SCHEMES[crc32(kind.encode()) % 2]
    load_axe(page)
    show(page, narrow, NARROW)
    narrowly: dict[str, Any] = page.evaluate(NARROWLY, [EVERY_RULE, sorted(_known[narrow])])
    found = [f"{narrow}, {NARROW} px: {result}" for result in narrowly["found"]]
    show(page, wide, WIDE)
    found += [f"{wide}, {WIDE} px: {result}" for result in violations(page)]
    if page.evaluate(SCROLLS):
        found.append(f"{wide}, {WIDE} px: it scrolls to the side")
    assert found == [], f"{page.url}\n" + "\n".join(found)
    _known[narrow] |= {*narrowly["kinds"]}


def load_axe(page: Page) -> None:
    """Not by page.evaluate, whose eval has the browser compile it anew for each page."""
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
