#!/usr/bin/env python
"""Django's command line for the console."""

import io
import os
import signal
import sys

from miyabi_admin.hardening import harden

# Compute from standard input alone: they run on any machine, without a console's keys and
# environments.
PURE_COMMANDS = {"evaluate_access"}


def print_every_text() -> None:
    """A character that the shell's encoding lacks is escaped: a command never fails in printing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miyabi_admin.settings")
    harden()
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    if PURE_COMMANDS.intersection(sys.argv[1:2]):
        settings.configure(
            INSTALLED_APPS=[
                "secrets_ui.apps.EvaluatorAlone",
                "django.contrib.auth",
                "django.contrib.contenttypes",
            ]
        )
    print_every_text()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"miyabi: {error}")  # one clear line instead of a traceback
    except (
        BrokenPipeError
    ):  # as with `| head`: the reader of the pipe has gone, and what is buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)


if __name__ == "__main__":
    main()
