"""`python -m miyabi_admin.background PARENT COMMAND=SECONDS …`: what repeats beside the server.

Each command of manage.py has a thread of one process, which takes as much memory as a worker. It
logs as the server does, and ends with the process PARENT, or with the first of its threads.
"""

import os
import sys
import threading
import time

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from .counting import count_as
from .hardening import harden

LOOK_EVERY = 1  # seconds


def main(parent: int, repeated: list[str]) -> int:
    harden()
    count_as("beside")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miyabi_admin.settings")
    try:
        django.setup()
    except ImproperlyConfigured:
        # The workers say why, and the server ends.
        return 1
    threads = [_start(*argument.split("=")) for argument in repeated]
    while os.getppid() == parent and all(thread.is_alive() for thread in threads):
        time.sleep(LOOK_EVERY)
    # Whoever started it starts it again; one that ended because its parent did is not missed.
    return 1


def _start(command: str, seconds: str) -> threading.Thread:
    # Daemons: one that waits for AWS must not keep the process from its end.
    thread = threading.Thread(
        target=call_command,
        args=[command],
        kwargs={"every": int(seconds)},
        name=command,
        daemon=True,
    )
    thread.start()
    return thread


if __name__ == "__main__":
    # Without waiting for threads of pools. What was under way, settle_audit ends another time.
    os._exit(main(int(sys.argv[1]), sys.argv[2:]))
