"""`manage.py evaluate_access < requests.jsonl`: one answer a line, in the order of the requests."""

import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from secrets_ui.domain.iam.wire import Answer, answer_line

MAX_LINE_BYTES = 4 * 1024 * 1024


class Command(BaseCommand):
    help = "Evaluate access requests: JSON Lines in, JSON Lines out. Asks nothing of AWS."
    requires_system_checks: list[str] = []  # neither the database nor the settings matter here

    def handle(self, *args: Any, **options: Any) -> None:
        """Every line is answered; one that cannot be evaluated makes the exit status 1."""
        bad = 0
        for answer in answers(sys.stdin.buffer):
            self.stdout.write(answer.line)
            bad += answer.is_error
        if bad:
            raise CommandError(
                f"{bad} of the requests could not be evaluated; their answers hold an error."
            )


def answers(stream: BinaryIO) -> Iterator[Answer]:
    for line in lines(stream):
        if line is None:
            yield Answer(
                {"id": None, "error": f"request: longer than {MAX_LINE_BYTES} bytes"}, is_error=True
            )
        elif line.strip():
            yield answer_line(line)


def lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """Yield the lines of a stream; None for one that is too long to read."""
    while line := stream.readline(MAX_LINE_BYTES):
        if len(line) < MAX_LINE_BYTES or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE_BYTES)
        yield None
