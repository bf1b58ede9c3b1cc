"""A console process for tests: takes jobs as JSON lines on stdin and answers in JSON lines.

The services run as they are, on a database and a local AWS that the environment names, with one
connection to the database. A job begins after its `pause`. One with `fork` runs in a child of its
own, which says its process id and waits for a line before it starts: a test can then kill it at any
step.
"""

import io
import json
import os
import sys
import time
from typing import Any

import django

_jobs = open(0, "rb", buffering=0)  # noqa: SIM115  unbuffered, so that a forked child takes over exactly where its parent stopped
_answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # what the console logs goes to standard error; the answers have a pipe of their own


def main() -> None:
    django.setup()
    from django.db import connections

    from tests.processes.jobs import JOBS  # models can be imported from here on

    answer(ready=os.getpid())
    for line in _jobs:
        # A child that is killed before it reads the empty line that starts it leaves it to us.
        if not line.strip():
            continue
        job = json.loads(line)
        if job.pop("fork", False):
            connections.close_all()  # a child must not share it
            fork(job, JOBS)
        else:
            answer(**run(job, JOBS))
    os._exit(0)  # nothing is left to tidy up, and an interpreter takes its time over it


def run(job: dict[str, Any], jobs: Any) -> dict[str, Any]:
    do = jobs[job.pop("do")]
    time.sleep(job.pop("pause", 0))
    return {"said": do(**job)}


def fork(job: dict[str, Any], jobs: Any) -> None:
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        answer(ended=-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
        return
    answer(pid=os.getpid())
    _jobs.readline()
    answer(**run(job, jobs))
    os._exit(0)


def answer(**result: Any) -> None:
    _answers.write(json.dumps(result) + "\n")
    _answers.flush()


if __name__ == "__main__":
    sys.stdin = io.StringIO()
    main()
