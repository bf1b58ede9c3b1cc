"""Resident memory of a gunicorn worker after a tour of the console's pages."""

import re
from pathlib import Path

from benchmarks.browser import Browser
from benchmarks.servers import Server, Servers

TOUR = (
    "/dev/", "/prod/", "/prod/?q=token", "/staging/", "/dev/secret/miyabi/dev/api-keys",
    "/prod/secret/miyabi/prod/config", "/dev/edit/miyabi/dev/api-keys", "/dev/changes",
    "/audit", "/audit?person=editor", "/audit/2",
)  # fmt: skip


def measure(servers: Servers, tours: int) -> dict[str, object]:
    """The largest worker ÷ the largest one of the plain page, in MiB, where /proc tells it."""
    cookies = servers.browser.cookies
    for _ in range(tours):  # a new connection each time, so that every worker has its share
        _visit(Browser(servers.console.port, cookies), TOUR)
        _visit(Browser(servers.reference.port, cookies), ("/dev/reference", "/prod/reference"))
    console, plain = _resident(servers.console), _resident(servers.reference)
    if not (console and plain):
        return {"ratio": None, "why": "this system has no /proc"}
    return {
        "ratio": round(max(console) / max(plain), 2),
        "raw_mib": {"console": console, "plain": plain},
        "all_processes_mib": _all_processes(servers.console),
        "tours": tours,
    }


def _all_processes(server: Server) -> dict[str, float]:
    """Of the server, its workers and the process beside them: each page of memory counted once
    (pss), and in each process (rss)."""
    pids = [server.pid, *server.children()]
    texts = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
    return {
        kind.lower(): round(
            sum(int(re.findall(rf"^{kind}:\s+(\d+) kB", text, re.M)[0]) for text in texts) / 1024, 1
        )
        for kind in ("Pss", "Rss")
    }


def _visit(browser: Browser, paths: tuple[str, ...]) -> None:
    for path in paths:
        browser.get(path)
    browser.close()


def _resident(server: Server) -> list[float]:
    """VmRSS of each worker: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html"""
    texts = [Path(f"/proc/{pid}/status").read_text() for pid in server.workers()]
    return [
        round(int(found[1]) / 1024, 1)
        for text in texts
        if (found := re.search(r"VmRSS:\s+(\d+) kB", text))
    ]
