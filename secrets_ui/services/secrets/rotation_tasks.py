"""What is to be rotated because somebody leaves: by whom, and by when.

A task is done once the person knows the value no longer, which `debts` tells.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model

from ...domain.audit.actions import Action
from ...domain.environment import Environment
from ...domain.errors import InvalidInput
from ...domain.people.actor import Actor
from ...models import RotationTask
from .. import audit
from .debts import Debt, debt_id, debts_of, to_rotate

# What is planned for later is no plan.
LATEST = timedelta(days=366)


class InvalidPlan(InvalidInput):
    """An owner or a day that cannot be."""

    title = "This cannot be planned so"


@dataclass(frozen=True)
class Task:
    """A value that `person` knows, who is to change it, by their account's name, and by when.

    `debt` is the id of what they know.
    """

    person: str
    environment: str
    secret: str
    key: str
    owner: str
    due: date

    @property
    def debt(self) -> str:
        return debt_id(self.person, self.environment, self.secret, self.key)

    @property
    def is_late(self) -> bool:
        return self.due < datetime.now(UTC).date()

    @property
    def due_at(self) -> datetime:
        """Noon of its day, for words such as "in 3 days"."""
        return datetime(self.due.year, self.due.month, self.due.day, 12, tzinfo=UTC)


def task_of(debt: Debt, owner: str, due: date) -> Task:
    return Task(debt.person, debt.environment, debt.secret, debt.key, owner, due)


def owners() -> list[str]:
    """Every account that is on. None of them is given a task of their own."""
    users = get_user_model()._default_manager.filter(is_active=True).order_by("username")
    return list(users.values_list("username", flat=True))


def plan_rotation(
    actor: Actor, person: str, tasks: Collection[Task], dropped: Collection[Task]
) -> str:
    """Plans these, in place of what was planned of the same values, and no longer those dropped.
    Returns the mark of its record.

    Raises InvalidPlan, AuditUnavailable.
    """
    if not (tasks or dropped):
        raise InvalidPlan("Nothing is new in this list. Choose an owner for at least one key.")
    _ensure_sensible(tasks)

    def plan() -> None:
        for task in dropped:
            RotationTask.objects.filter(**_place(task)).delete()
        for task in tasks:
            kept = {"owner": task.owner, "due": task.due}
            RotationTask.objects.update_or_create(**_place(task), defaults=kept)

    details: dict[str, object] = {"account": person, "keys": len(tasks)}
    if tasks:
        details["owners"] = sorted({task.owner for task in tasks})
        details["last_due"] = max(task.due for task in tasks).isoformat()
    if dropped:
        details["dropped"] = len(dropped)
    return audit.record(Action.PLAN_ROTATION, actor, details=details, in_transaction=plan).mark


def _place(task: Task) -> dict[str, Any]:
    names = ("person", "environment", "secret", "key")
    return {name: getattr(task, name) for name in names}


def _ensure_sensible(tasks: Collection[Task]) -> None:
    today, there = datetime.now(UTC).date(), set(owners())
    for task in tasks:
        if task.owner not in there:
            raise InvalidPlan(f"There is no active account {task.owner[:60]}.", key="owner")
        if task.owner == task.person:
            raise InvalidPlan(f"{task.person} leaves, so somebody else changes it.", key="owner")
        if not today <= task.due <= today + LATEST:
            raise InvalidPlan("A day is today or later, and within a year.", key="due")


def to_do(environments: Sequence[Environment]) -> list[Debt]:
    """What is to be rotated there: what people know who may not know it any more, and what is
    planned of those who are to leave."""
    tasks = planned([environment.name for environment in environments])
    # What people know whose account is off is there anyway.
    leaving = sorted({task.person for task in tasks.values()} & set(owners()))
    known = (debt for person in leaving for debt in debts_of(person, environments))
    return [
        *to_rotate(environments),
        *(debt for debt in known if debt.id in tasks and not debt.why),
    ]


def planned(environments: Iterable[str], person: str = "") -> dict[str, Task]:
    """The tasks of these environments, of one person or of all, by the id of the debt; the first
    due first. One whose debt is paid is done."""
    rows = RotationTask.objects.filter(environment__in=environments).order_by("due", "pk")
    if person:
        rows = rows.filter(person=person)
    found = (
        Task(row.person, row.environment, row.secret, row.key, row.owner, row.due) for row in rows
    )
    return {task.debt: task for task in found}
