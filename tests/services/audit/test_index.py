"""What the log is searched by follows its records, can be made anew, and is compared with them."""

from collections.abc import Callable
from functools import partial
from itertools import combinations

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from secrets_ui.domain.audit.actions import Action, Outcome
from secrets_ui.models import AuditEntry, AuditRecord, AuditStretch, AuditWord
from secrets_ui.services import audit
from secrets_ui.services.audit import index, verify
from secrets_ui.services.audit.choosing import choose
from secrets_ui.services.audit.records import search
from testkit.intents import intend
from tests.services.saving import HANA, KENJI

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
VISIBLE = ("dev", "prod")
Line = tuple[object, ...]


def lines() -> list[Line]:
    words = [f"{name}__text" for name in ("environment", "actor", "action", "outcome", "keys")]
    return list(AuditEntry.objects.order_by("sequence").values_list("sequence", *words))


def empty() -> None:
    for model in (AuditEntry, AuditStretch, AuditWord):
        model.objects.all().delete()


@pytest.fixture
def log() -> None:
    """1: a sign-in. 2 and 3: a save, done. 4: a save that is open. 5 and 6: a save with two
    outcomes, of which 7 is the last."""
    audit.record(Action.SIGN_IN, HANA)
    with audit.act(Action.SAVE, HANA, environment="dev", secret="miyabi/dev/x", keys=["A"]) as act:
        act.done()
    intend(Action.SAVE, KENJI, environment="prod", secret="miyabi/prod/x", keys=["A", "B"])
    with audit.act(Action.SAVE, KENJI, environment="prod", keys=["B"]) as late:
        audit.settle(AuditRecord.objects.get(sequence=5), Outcome.UNKNOWN, "", "a test", by=HANA)
        late.done()


EXPECTED = [
    (1, "", "hana", "sign_in", "done", "[]"),
    (2, "dev", "hana", "secret.save", "done", '["A"]'),
    (4, "prod", "kenji", "secret.save", "open", '["A","B"]'),
    (5, "prod", "kenji", "secret.save", "done", '["B"]'),
]


def test_each_act_has_one_line_with_how_it_ended(log: None) -> None:
    assert lines() == EXPECTED
    assert [stretch.last for stretch in AuditStretch.objects.all()] == [7]


def test_records_that_the_index_does_not_hold_are_added_with_the_next_one(log: None) -> None:
    """As a console of an earlier release writes them, while both are running."""
    empty()
    audit.record(Action.SIGN_OUT, HANA)
    assert lines() == [*EXPECTED, (8, "", "hana", "sign_out", "done", "[]")]


def test_it_is_made_anew_from_the_records_in_batches(
    log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "BATCH", 2)
    monkeypatch.setattr(index, "STRETCH", 3)
    empty()
    index.catch_up()
    assert lines() == EXPECTED
    stretches = AuditStretch.objects.order_by("number").values_list("number", "last")
    assert list(stretches) == [(0, 2), (1, 5), (2, 7)]
    AuditStretch.objects.all().delete()
    index.catch_up()
    assert lines() == EXPECTED


def test_a_list_of_keys_may_be_long(db: None) -> None:
    keys = [f"KEY_{number}" for number in range(3000)]
    with audit.act(Action.SAVE, HANA, environment="dev", keys=keys):
        pass
    found = search({"key": "KEY_2999"}, VISIBLE)
    assert [entry.record.sequence for entry in found.entries] == [1]


def line(sequence: int) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(sequence=sequence)


TAMPERED = {
    "a line is hidden": (lambda: line(2).delete(), [2]),
    "the last line is hidden": (lambda: line(5).delete(), [5]),
    "a line is made up": (lambda: line(1).update(sequence=3), [1, 3]),
    "a line is made up after the last": (lambda: line(1).update(sequence=90), [1, 90]),
    "a save is shown as open": (lambda: line(2).update(outcome=word("open")), [2]),
    "an open save is shown as done": (lambda: line(4).update(outcome=word("done")), [4]),
    "the first of two outcomes is shown": (lambda: line(5).update(outcome=word("unknown")), [5]),
    "an event is shown as open": (lambda: line(1).update(outcome=word("open")), [1]),
    "another person": (lambda: line(4).update(actor=word("hana")), [4]),
    "another time": (lambda: line(4).update(at="2020"), [4]),
    "another word": (lambda: AuditWord.objects.filter(text="kenji").update(text="k"), [4, 5]),
}


def word(text: str) -> int:
    return AuditWord.objects.filter(text=text).values_list("id", flat=True)[0]


@pytest.mark.parametrize(("tamper", "wrong"), TAMPERED.values(), ids=TAMPERED)
@pytest.mark.parametrize("processes", [1, 3])
def test_s71_an_index_that_hides_a_record_is_found(
    log: None,
    monkeypatch: pytest.MonkeyPatch,
    tamper: Callable[[], object],
    wrong: list[int],
    processes: int,
) -> None:
    monkeypatch.setattr(verify, "SHARE", 2)
    assert verified(processes) == []
    tamper()
    assert verified(processes) == wrong
    empty()
    index.catch_up()
    assert verified(processes) == []


def verified(processes: int) -> list[int]:
    """In parts, as processes share them, one after the other."""
    parts = verify._divide(processes)
    assert len(parts) == processes
    verify_part = partial(verify._verify, [settings.AUDIT_KEY])
    breaks, reached = verify._put_together([verify_part(part) for part in parts])
    assert reached.sequence == 7
    return [found.sequence for found in breaks]


@pytest.mark.parametrize("sequence", range(1, 8))
def test_s71_a_changed_record_is_found_in_whichever_part_it_is(
    log: None, monkeypatch: pytest.MonkeyPatch, sequence: int
) -> None:
    monkeypatch.setattr(verify, "SHARE", 2)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_no_update")
        cursor.execute(
            "UPDATE secrets_ui_auditrecord SET reason = 'another' WHERE sequence = %s", [sequence]
        )
    assert verified(1) == verified(3) == [sequence]


ASKED = {
    "person": "hana",
    "environment": "dev",
    "secret": "miyabi",
    "key": "A",
    "action": "secret.save",
    "outcome": "done",
    "after": "2020-01-01T00:00",
    "before": "2100-01-01T00:00",
}


@pytest.mark.parametrize(
    "names", [(), *((name,) for name in ASKED), *combinations(ASKED, 2)], ids="+".join
)
@pytest.mark.parametrize("visible", [VISIBLE, ("dev",)], ids=["all", "some"])
def test_no_question_sorts_what_it_finds_or_reads_the_records_for_it(
    log: None, names: tuple[str, ...], visible: tuple[str, ...]
) -> None:
    """SQLite's plans do not depend on how many records there are. The times of a million stand in
    docs/performance.md."""
    filters = {name: ASKED[name] for name in names}
    lines = choose(filters, visible).order_by("-sequence").values_list("sequence")
    plan = lines[:51].explain()
    assert "TEMP B-TREE" not in plan
    assert "secrets_ui_auditrecord" not in plan
    indexed = {"person": "actor", "action": "action", "outcome": "outcome"}
    columns = [indexed[name] for name in names if name in indexed]
    # Or by the few sequences that a time or a part of a name leaves.
    known = ["sequence<", "sequence=", *(f"COVERING INDEX entries_by_{name}" for name in columns)]
    assert not columns or any(text in plan for text in known)


def test_a_page_takes_as_many_queries_however_long_the_log_is(
    log: None, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    everything = {**ASKED, "environment": "dev"}
    with django_assert_max_num_queries(12):
        assert search(everything, VISIBLE).entries[0].record.sequence == 2
