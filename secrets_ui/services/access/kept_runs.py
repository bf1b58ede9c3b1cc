"""Keeps runs of the access checks for some time: findings, never values, with who and when. A run
can be exported as Markdown for a ticket.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ...domain.access.finding import Finding
from ...domain.access.run import Run
from ...domain.environment import Environment
from ...domain.people.actor import Actor
from ...models import CheckRun


def keep(run: Run, actor: Actor) -> CheckRun:
    return CheckRun.objects.create(
        environment=run.environment,
        secret=run.secret,
        actor=actor.name,
        verdict=run.verdict,
        result=json.dumps(run.to_json()),
    )


def find(environment: Environment, number: int) -> CheckRun | None:
    """A run of this environment, None when there is none with this number."""
    return (
        CheckRun.objects.filter(environment=environment.name, pk=number).first()
        if number < 2**62
        else None
    )


def kept_until(kept: CheckRun) -> datetime:
    return kept.at + _kept_for()


@transaction.atomic
def purge_runs() -> int:
    """Deletes those that were kept long enough. Returns how many. Raises Error."""
    return int(CheckRun.objects.filter(at__lte=timezone.now() - _kept_for()).delete()[0])


def _kept_for() -> timedelta:
    return timedelta(days=settings.CHECK_RUN_KEEP_DAYS)


def read(kept: CheckRun) -> Run:
    return Run.from_json(json.loads(kept.result))


def as_markdown(kept: CheckRun, address: str) -> str:
    """ARNs, statements and findings; `address` leads back to the run."""
    run = read(kept)
    head = f"# Can the Lambda read {kept.secret}?\n\n**{run.headline}**\n"
    origin = f"{kept.at:%Y-%m-%d %H:%M:%S} UTC, by {kept.actor}. {address}\n"
    lines = [line for found in run.findings for line in _lines(found)]
    return "\n".join([head, origin, *lines, *(f"\n{text}" for text in run.not_seen)])


def _lines(finding: Finding) -> Iterator[str]:
    yield f"- {finding.status.upper()} `{finding.check}`: {finding.text}"
    if finding.error:
        yield f"  - The Lambda sees: `{finding.error}`"
    for shown in finding.shown if finding.status in ("fail", "warn") else ():
        document = json.dumps(dict(shown.document), indent=2, ensure_ascii=False)
        yield f"  - {shown.why}\n\n    ```json\n{_indented(document)}\n    ```\n"
    if finding.remedy:
        yield f"  - To fix: {finding.remedy.text}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
