"""Watches for console errors, breaches of the policy, and requests to another origin."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    APIResponse,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Route,
    WebError,
)

from tests.browser.routes import keep_answers

# A breach is told by the browser's own console too, but not where a report is all that happens.
TELL_BREACHES = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""
# Chromium reports each answer of 400 and more; tests check these themselves.
STATUS = "the server responded with a status of"


def tell_breaches(context: BrowserContext) -> None:
    """From its next page on, each breach is an error in the browser's own console."""
    context.add_init_script(TELL_BREACHES)


class Watch:
    """Listens to contexts; `unexcused()` is what it heard, without what a test expects to break."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.heard: list[str] = []
        self._excused = [STATUS]

    def listen(self, context: BrowserContext) -> None:
        """Its breaches of the policy are heard if it was prepared by `tell_breaches`."""
        for event, hear in self._hearing():
            context.on(event, hear)  # type: ignore[call-overload]

    def leave(self, context: BrowserContext) -> None:
        for event, hear in self._hearing():
            context.remove_listener(event, hear)

    def _hearing(self) -> list[tuple[str, Callable[[Any], None]]]:
        return [
            ("console", self._on_console),
            ("weberror", self._on_error),
            ("request", self._on_request),
            ("page", self._on_page),
        ]

    def excuse(self, words: str) -> None:
        self._excused.append(words)

    def unexcused(self) -> list[str]:
        return [text for text in self.heard if not any(words in text for words in self._excused)]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.heard.append(f"{message.type}: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.heard.append(f"uncaught: {error.error}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.heard.append(f"request: {request.url}")

    def _on_page(self, page: Page) -> None:
        page.on(
            "dialog",
            lambda dialog: (self.heard.append(f"dialog: {dialog.message}"), dialog.accept()),
        )


class Bodies:
    """Everything that the server sends to a context, as (where, body)."""

    def __init__(self, context: BrowserContext) -> None:
        self.received: list[tuple[str, bytes]] = []
        keep_answers(context, self._keep)

    def _keep(self, route: Route, answer: APIResponse) -> None:
        if not 300 <= answer.status < 400:
            where = f"{route.request.method} {route.request.url} {answer.status}"
            self.received.append((where, answer.body()))
