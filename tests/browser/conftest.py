"""One Chromium and one console for each worker; each test has a context, signed in by role."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from testkit.copying_aws import CopyingAws
from tests.browser.console import Console, running
from tests.browser.contexts import Contexts
from tests.browser.pages import sign_in
from tests.browser.shapes import Opened
from tests.browser.watching import Watch, tell_breaches

# Playwright's event loop stays in the thread that runs the tests. Without this Django would refuse
# its database to every later test.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

NO_CHROMIUM = (
    "Chromium is not installed, so the tests in a browser cannot run. "
    "Install it, or set CHROMIUM to its path."
)
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # The pages of a context are shown by one process, however many a test opens, and none is
    # started beforehand for a page that may come.
    "--process-per-site",
    "--renderer-process-limit=1",
    # What is drawn goes to a picture, without a graphics card and so without a process for one.
    "--in-process-gpu",
    # A page lives for a second, and optimised code of its scripts, and of axe, comes too late.
    "--js-flags=--no-opt,--no-maglev",
)
# Seconds. A web session without use ends after thirty minutes, and a proof is fresh for an hour.
RENEWED_AFTER = 1200
PATIENCE = 30_000  # milliseconds: a machine may be busy
expect.set_options(timeout=PATIENCE)


def find_chromium() -> str | None:
    """As the Makefile finds it."""
    names = (os.environ.get("CHROMIUM") or "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the whole browser, which alone has the back-forward cache."""
    path = find_chromium()
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(NO_CHROMIUM)
    if path is None:
        pytest.skip(NO_CHROMIUM)
    return path


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium: str) -> dict[str, Any]:
    """The build without a window where it is installed: the same pages in half the CPU time."""
    quick = None if os.environ.get("CHROMIUM") else shutil.which("chromium-headless-shell")
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": quick or chromium, "args": [*QUIET, *as_root]}


@pytest.fixture(scope="session")
def console(
    browser_type_launch_args: dict[str, Any],
    local_aws: CopyingAws,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Console]:
    with running(local_aws, tmp_path_factory.mktemp("console")) as console:
        yield console


@pytest.fixture(scope="session")
def base_url(console: Console) -> str:
    """Where pytest-playwright's contexts begin."""
    return console.url


@pytest.fixture(scope="session")
def session_of(console: Console, browser: Browser) -> Callable[[str], StorageState]:
    """The cookies of a role's web session with a fresh proof, signed in through the real page."""
    signed_in: dict[str, tuple[float, StorageState]] = {}

    def sign_in_now_and_then(role: str) -> StorageState:
        if role not in signed_in or time.monotonic() - signed_in[role][0] > RENEWED_AFTER:
            context, now = browser.new_context(base_url=console.url), time.monotonic()
            sign_in(context.new_page(), role, console.password)
            signed_in[role] = now, context.storage_state()
            context.close()
        return signed_in[role][1]

    return sign_in_now_and_then


@pytest.fixture(scope="session")
def opened() -> Opened:
    """What the tours of all roles have opened; none of it breached anything."""
    return Opened()


@pytest.fixture
def watch(console: Console) -> Iterator[Watch]:
    """Every test also asserts: no error, no breach of the policy, no request to other origins."""
    watch = Watch(console.url)
    yield watch
    console.aws.mend()  # what this test broke is whole for the next one
    console.delete_made()
    assert watch.unexcused() == []


@pytest.fixture(scope="session")
def contexts(console: Console, browser: Browser) -> Contexts:
    def prepare(context: BrowserContext) -> None:
        context.set_default_timeout(PATIENCE)
        tell_breaches(context)

    return Contexts(browser, console.url, prepare)


@pytest.fixture
def anybody(contexts: Contexts, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Opens a page of somebody who has not signed in; options as of Contexts.lend."""
    lent: list[BrowserContext] = []

    def open_page(state: StorageState | None = None, **options: Any) -> Page:
        context = contexts.lend(state, **options)
        lent.append(context)
        watch.listen(context)
        return context.new_page()

    yield open_page
    for context in lent:
        watch.leave(context)
        contexts.take_back(context)


@pytest.fixture
def person(
    anybody: Callable[..., Page], session_of: Callable[[str], StorageState]
) -> Callable[..., Page]:
    """Opens a page of somebody with a role."""

    def open_page(role: str, **options: Any) -> Page:
        return anybody(session_of(role), **options)

    return open_page


@pytest.fixture
def editor(person: Callable[..., Page]) -> Page:
    return person("editor")
