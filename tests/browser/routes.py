"""Answers changed, or kept, on their way into a page."""

from collections.abc import Callable

from playwright.sync_api import APIResponse, BrowserContext, Page, Route

Change = Callable[[str], str]


def change_answers(target: Page | BrowserContext, url: str, change: Change) -> None:
    """The bodies of answers from `url` (a glob) reach the page as `change` makes them."""

    def handle(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=change(answer.text()))

    target.route(url, handle)


def change_headers(
    target: Page | BrowserContext, url: str, change: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    """The headers of answers from `url` (a glob) reach the page as `change` makes them."""

    def handle(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers=change(answer.headers))

    target.route(url, handle)


def keep_answers(context: BrowserContext, keep: Callable[[Route, APIResponse], None]) -> None:
    """Calls `keep` with every answer before its page has it. An event after that would come too
    late where the page has gone on meanwhile: Chromium forgets the bodies of the page before."""

    def handle(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        keep(route, answer)
        route.fulfill(response=answer)

    context.route("**/*", handle)


def end_routes(context: BrowserContext) -> None:
    """No further request is handled, and handlers that still run come to their end.

    Call it before the context is closed. A handler whose page is gone fails, and with it whichever
    test is running then.
    """
    for page in context.pages:
        page.unroute_all(behavior="wait")
    context.unroute_all(behavior="wait")
