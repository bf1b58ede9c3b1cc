"""Looking at processes from outside, by `ps`."""

import subprocess
import time


def is_running(pid: int) -> bool:
    """Whether the process is there, and not a zombie that nobody has waited for."""
    state = _ps("-o", "stat=", "-p", str(pid)).strip()
    return bool(state) and not state.startswith("Z")


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 60
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not is_running(pid)


def descendants(pid: int) -> list[int]:
    """Children, their children, and so on."""
    pairs = [
        (int(child), int(parent))
        for child, parent in map(str.split, _ps("-eo", "pid=,ppid=").splitlines())
    ]
    found, wave = [], {pid}
    while wave:
        wave = {child for child, parent in pairs if parent in wave}
        found += sorted(wave)
    return found


def command_line(pid: int) -> str:
    return _ps("-o", "args=", "-p", str(pid))


def _ps(*arguments: str) -> str:
    # Whole lines, whatever the width of the terminal.
    return subprocess.run(["ps", "-ww", *arguments], capture_output=True, text=True).stdout
