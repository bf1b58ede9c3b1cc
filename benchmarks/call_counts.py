"""How many AWS calls a page and a save make, counted at the endpoint."""

import uuid
from collections.abc import Callable

from benchmarks.bare import current_version, make_client
from benchmarks.browser import Browser
from benchmarks.servers import EDITOR, Servers
from secrets_ui.aws.session import AwsSessions

SECRET = "miyabi/dev/config"


def measure(servers: Servers) -> dict[str, object]:
    """Calls by operation, with the most that there may be. Every page was opened before."""
    browser = servers.browser
    page, history = f"/dev/secret/{SECRET}", f"/dev/history/{SECRET}"
    browser.get(page)
    base = current_version(make_client(AwsSessions(servers.aws.endpoint), "dev"), SECRET)
    return {
        "list page": _counted(servers, lambda: browser.get("/dev/"), goal=1),
        "list page of 1,000": _counted(servers, lambda: browser.get("/prod/"), goal=1),
        "history page": _counted(servers, lambda: browser.get(history), goal=2),
        "secret's page": _counted(servers, lambda: browser.get(page), goal=2),
        "comparison of 3 environments": _counted(servers, lambda: browser.get("/compare"), goal=3),
        "save": _counted(servers, lambda: save(browser, base, "/srv/bench"), goal=5),
        "promote": _counted(servers, lambda: promote(servers), goal=7),
    }


def _counted(servers: Servers, act: Callable[[], object], goal: int) -> dict[str, object]:
    servers.aws.take_calls(EDITOR)
    act()
    calls = servers.aws.take_calls(EDITOR)
    return {"total": sum(calls.values()), "goal_at_most": goal, "calls": calls}


def save(browser: Browser, base: str, value: str) -> None:
    """One key, saved as the edit page's script does it."""
    form = {
        "base": base,
        "once": str(uuid.uuid4()),
        "step": "save",
        "confirmed": "on",
        "form-0-name": "MIYABI_ROOT",
        "form-0-action": "set",
        "form-0-value": value,
    }
    browser.post(f"/dev/edit/{SECRET}", form, expect=200, Accept="application/json")


def promote(servers: Servers) -> None:
    """The key that was saved in dev goes to staging, as the page of a copy sends it."""
    client = make_client(AwsSessions(servers.aws.endpoint), "dev")
    target = SECRET.replace("dev", "staging")
    form = {
        "target": "staging",
        "version": current_version(client, SECRET),
        "base-staging": current_version(client, target),
        "once": str(uuid.uuid4()),
    }
    path = "/compare/set?secret=config&key=MIYABI_ROOT&source=dev"
    servers.browser.post(path, form, expect=302)
