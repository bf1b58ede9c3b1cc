"""Memory and time of sign-ins at once: `python -m benchmarks.hashing`.

Forty passwords are verified at the same moment in two processes of eight threads, as in a console
with two workers: with Django's own parameters and no limit, and as the console does it.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, cast

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

WORKERS, THREADS, SIGN_INS = 2, 8, 40
# Places for hashes over both processes; Django's own has no limit.
AT_ONCE = {"before": 0, "now": 2}
Process = subprocess.Popen[str]


def measure() -> dict[str, object]:
    return {way: _measure(way) for way in AT_ONCE}


def _measure(way: str) -> dict[str, object]:
    """What all take at one moment at most, and afterwards, in MiB over what they had before."""
    command = [sys.executable, "-m", "benchmarks.hashing", way]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(WORKERS)
    ]
    alone = max(json.loads(_hear(process)) for process in processes)
    before, began = _resident(processes), time.perf_counter()
    for process in processes:
        _tell(process)
    with ThreadPoolExecutor(WORKERS) as pool:
        ended = [pool.submit(_hear, process) for process in processes]
        samples = [before]
        while not all(one.done() for one in ended):
            samples.append(_resident(processes))
            time.sleep(0.002)
    refused = sum(int(one.result()) for one in ended)
    seconds, after = time.perf_counter() - began, _resident(processes)
    for process in processes:
        process.communicate("end\n")
    return {
        "most_mib": round(max(samples) - before),
        "kept_mib": round(after - before),
        "seconds": round(seconds, 2),
        "told_to_wait": refused,
        "milliseconds_of_one_alone": alone,
    }


def _hear(process: Process) -> str:
    return cast(IO[str], process.stdout).readline()


def _tell(process: Process) -> None:
    stdin = cast(IO[str], process.stdin)
    stdin.write("go\n")
    stdin.flush()


def _resident(processes: Sequence[Process]) -> float:
    """VmRSS in MiB: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html"""
    texts = [Path(f"/proc/{process.pid}/status").read_text() for process in processes]
    return sum(int(kib) / 1024 for text in texts for kib in re.findall(r"VmRSS:\s+(\d+)", text))


def _work(way: str) -> None:
    """One worker's share of the sign-ins."""
    settings.configure(SECRET_KEY="of a benchmark", HASHES_AT_ONCE=AT_ONCE[way])
    from secrets_ui.services.people.hashing import Argon2, HashingBusy

    hasher = Argon2() if way == "now" else Argon2PasswordHasher()
    encoded = hasher.encode("a password of some length", "a salt of some length")
    began = time.perf_counter()
    hasher.verify("wrong", encoded)
    print(round((time.perf_counter() - began) * 1000), flush=True)
    sys.stdin.readline()
    refused = []

    def verify(number: int) -> None:
        try:
            hasher.verify("wrong", encoded)
        except HashingBusy:
            refused.append(number)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(verify, range(SIGN_INS // WORKERS)))
        print(len(refused), flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    if sys.argv[1:]:
        _work(sys.argv[1])
    else:
        print(json.dumps(measure(), indent=1))
