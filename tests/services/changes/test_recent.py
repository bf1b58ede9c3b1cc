"""The last changes: all kinds of them, page by page, and only what one may see."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.people.actor import CONSOLE, Actor
from secrets_ui.models import StatusSnapshot
from secrets_ui.services import audit
from secrets_ui.services.changes import recent
from secrets_ui.services.changes.recent import RecentChange, RecentPage, recent_changes
from secrets_ui.services.configuration import get_environment
from tests.services.saving import HANA, KENJI

pytestmark = pytest.mark.django_db


def act(
    action: Action,
    actor: Actor = HANA,
    secret: str = "config",
    *,
    version: str = "v",
    outcome: dict[str, object] | None = None,
    **options: Any,
) -> int:
    """An act that took effect, straight into the log; the number of its intent."""
    name = f"miyabi/dev/{secret}"
    with audit.act(action, actor, environment="dev", secret=name, **options) as begun:
        begun.done(version_id=version, details=outcome or {})
    return begun.sequence


def note_outside(secret: str, *moments: datetime, by: str = "") -> None:
    """Keeps changes as a status pass does."""
    changes = [
        {
            "kind": "label",
            "text": f"The label X{number} was taken off.",
            "at": at.isoformat(),
            "by": by,
        }
        for number, at in enumerate(moments)
    ]
    StatusSnapshot.objects.create(
        environment="dev",
        secret=secret,
        status="warn",
        at=datetime.now(UTC),
        remembered=json.dumps({"sight": {}, "changes": changes}),
    )


def page(
    below: int = 0, reach: tuple[str, ...] = (), sees: Callable[[str], bool] = lambda name: True
) -> RecentPage:
    return recent_changes(get_environment("dev"), reach, sees, below=below)


def told(change: RecentChange) -> tuple[str, str]:
    return change.what, change.by


def test_each_kind_of_change_has_its_words_and_its_record() -> None:
    saved = act(Action.SAVE, keys=["A"], reason="OPS-1")
    act(Action.SAVE, details={"restored": "v0"})
    act(Action.PROPOSE)
    act(Action.PROPOSE, details={"restored": "v0"})
    act(Action.APPROVE, KENJI, details={"proposed_by": "hana"})
    act(Action.REJECT, KENJI, reason="no good", details={"proposed_by": "hana"})
    act(Action.REJECT, HANA, details={"proposed_by": "hana"})
    # As earlier releases told it.
    act(Action.REJECT, CONSOLE, outcome={"proposed_by": "hana"})

    changes = page().changes
    assert [told(change) for change in reversed(changes)] == [
        ("Saved", "hana"),
        ("Restored", "hana"),
        ("Proposed", "hana"),
        ("Proposed a restore", "hana"),
        ("Approved", "kenji"),
        ("Rejected", "kenji"),
        ("Taken back", "hana"),
        ("Ended undecided", ""),
    ]
    first, rejected = changes[-1], changes[2]
    assert (first.record, first.keys, first.reason) == (saved, ("A",), "OPS-1")
    assert (rejected.reason, rejected.proposed_by) == ("no good", "hana")


def test_what_did_not_take_effect_or_changed_nothing_is_left_out() -> None:
    act(Action.READ_VALUE)
    act(Action.REVEAL)
    with audit.act(Action.SAVE, HANA, environment="dev", secret="miyabi/dev/config") as begun:
        begun.not_applied("why")
    with audit.act(Action.SAVE, HANA, environment="prod", secret="miyabi/prod/config") as begun:
        begun.done()
    assert page() == RecentPage((), 0, 0)


def test_pages_hold_every_change_once_whatever_is_added_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recent, "ROWS", 3)
    made = [act(Action.SAVE) for _ in range(7)]
    first = page()
    act(Action.SAVE)
    second = page(first.older)
    third = page(second.older)

    shown = [change.record for part in (first, second, third) for change in part.changes]
    assert shown == made[::-1]
    assert third.older == 0


def test_changes_from_outside_stand_on_the_page_of_their_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recent, "ROWS", 1)
    act(Action.SAVE)
    between = datetime.now(UTC)
    act(Action.SAVE)
    week = timedelta(days=7)
    note_outside("miyabi/dev/a", between, by="arn:aws:iam::111111111111:user/ana")
    note_outside("miyabi/dev/b", between - week)
    note_outside("miyabi/dev/c", between + week)

    first = page()
    second = page(first.older)
    assert [change.secret for change in first.changes] == ["miyabi/dev/c", "miyabi/dev/config"]
    assert first.left_out == 1  # of the two that fall into this page one has room
    assert [change.secret for change in second.changes] == ["miyabi/dev/config", "miyabi/dev/b"]
    assert page(1) == RecentPage((), 0, 0)


def test_a_change_from_outside_says_who_and_what() -> None:
    note_outside("miyabi/dev/a", datetime.now(UTC), by="ana")
    note_outside("", datetime.now(UTC))
    by_secret = {change.secret: change for change in page().changes}
    assert told(by_secret["miyabi/dev/a"]) == ("Changed outside this console", "ana")
    assert by_secret["miyabi/dev/a"].text == "The label X0 was taken off."
    assert (by_secret[""].by, by_secret[""].record) == ("", 0)


def test_who_is_limited_to_some_names_sees_these_alone() -> None:
    for secret in ("api-keys", "api-keys-old", "config", "team/one"):
        act(Action.SAVE, secret=secret)
        note_outside(f"miyabi/dev/{secret}", datetime.now(UTC))
    note_outside("", datetime.now(UTC))

    def seen(*reach: str) -> set[str]:
        return {change.secret.removeprefix("miyabi/dev/") for change in page(0, reach).changes}

    assert seen("api-keys") == {"api-keys"}
    assert seen("api-") == {"api-keys", "api-keys-old"}
    assert seen("team/", "config") == {"team/one", "config"}
    assert page(0, ("team/",), lambda name: False).changes == ()


def test_a_page_is_two_queries_and_the_log_is_read_by_its_index() -> None:
    for _ in range(3):
        act(Action.SAVE)
    page()
    with CaptureQueriesContext(connection) as queries:
        page()
    assert len(queries) == 2
    if connection.vendor != "sqlite":
        return  # PostgreSQL reads a small table whole
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert "audit_done" in plan
    assert "TEMP B-TREE" not in plan
