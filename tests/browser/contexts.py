"""Contexts that one test after the other takes.

A context of its own for each test would have the browser start a process, and the page's files
read and compiled, some 150 times.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, StorageState

from tests.browser.routes import end_routes

Options = tuple[tuple[str, Any], ...]


class Contexts:
    """Each is lent with the cookies that are asked for, and nothing else of the test before."""

    def __init__(self, browser: Browser, url: str, prepare: Callable[[BrowserContext], None]):
        self._browser, self._url, self._prepare = browser, url, prepare
        self._free: dict[Options, list[BrowserContext]] = defaultdict(list)
        self._lent: dict[BrowserContext, Options | None] = {}

    def lend(
        self, state: StorageState | None = None, *, own: bool = False, **options: Any
    ) -> BrowserContext:
        """With `own` a new one that no other test has: a clock, say, stays for good."""
        key = tuple(sorted(options.items()))
        free = [] if own else self._free[key]
        context = free.pop() if free else self._make(options)
        self._lent[context] = None if own else key
        if state:
            context.add_cookies(state["cookies"])  # type: ignore[typeddict-item,arg-type]
        return context

    def take_back(self, context: BrowserContext) -> None:
        end_routes(context)
        key = self._lent.pop(context)
        if key is None:
            context.close()
            return
        # The first page keeps the process alive that the next test's pages are shown by.
        for page in context.pages[1:]:
            page.close()
        context.set_offline(False)
        context.clear_permissions()
        context.clear_cookies()
        self._free[key].append(context)

    def _make(self, options: dict[str, Any]) -> BrowserContext:
        context = self._browser.new_context(base_url=self._url, **options)
        self._prepare(context)
        context.new_page().goto("/livez")
        return context
