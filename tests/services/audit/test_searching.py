"""Searching the audit log: each filter, pages, one record with its neighbours, and exports."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError

from secrets_ui.domain.audit.actions import Action, Outcome, Phase, ReadPurpose
from secrets_ui.domain.errors import AuditUnavailable
from secrets_ui.models import AuditEntry, AuditRecord, Reservation
from secrets_ui.services import audit
from secrets_ui.services.audit import choosing, exporting, records, writing
from secrets_ui.services.audit.choosing import SearchTooLong
from secrets_ui.services.audit.exporting import ExportUnderWay
from secrets_ui.services.audit.new_record import NewRecord
from testkit.intents import intend
from tests.services.saving import HANA, KENJI

pytestmark = pytest.mark.django_db
VISIBLE = ("dev", "prod")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the clock of the records that follow."""

    def set_clock(time: str) -> None:
        monkeypatch.setattr(writing, "now", lambda: f"2026-03-01T{time}:00.000000Z")

    return set_clock


@pytest.fixture
def log(db: None, at: Callable[[str], None]) -> None:
    """1: hana signs in. 2 and 3: hana's save in dev, done. 4: kenji's save in prod, open.

    5: hana is refused in prod. 6 and 7: kenji's save in staging, not applied.
    """
    at("10:00")
    audit.record(Action.SIGN_IN, HANA)
    at("11:00")
    details = {"why": "asked", "n": 1}
    with audit.act(
        Action.SAVE,
        HANA,
        environment="dev",
        secret="miyabi/dev/é",
        keys=["É", "B"],
        details=details,
    ) as act:
        act.add_request("put")
        at("12:00")
        act.done(request_id="move", version_id="v1", details={"n": 2})
    intend(Action.SAVE, KENJI, environment="prod", secret="miyabi/prod/config", version_id="v2")
    at("13:00")
    audit.record(
        Action.REFUSE_ACCESS, HANA, Outcome.REFUSED, environment="prod", details={"why": "=1+1"}
    )
    with audit.act(Action.SAVE, KENJI, environment="staging", secret="miyabi/staging/x") as act:
        act.not_applied("x")


def found(**filters: str) -> list[int]:
    return [entry.record.sequence for entry in records.search(filters, VISIBLE).entries]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [5, 4, 2, 1]),
        ({"person": "hana"}, [5, 2, 1]),
        ({"person": "han"}, []),
        ({"environment": "dev"}, [2]),
        ({"environment": "staging"}, []),
        ({"action": "secret.save"}, [4, 2]),
        ({"action": "secret"}, []),
        ({"secret": "dev/"}, [2]),
        ({"secret": "é"}, [2]),
        ({"key": "É"}, [2]),
        ({"key": "B"}, [2]),
        ({"key": "C"}, []),
        ({"after": "2026-03-01T11:00"}, [5, 4, 2]),
        ({"after": "2026-03-01 11:00:00.000001Z"}, [5, 4]),
        ({"after": "2026-03-01T11:00:00Z"}, [5, 4, 2]),
        ({"before": "2026-03-01 11:00"}, [1]),
        ({"before": "2026-03-01T11:00:00.000001Z"}, [2, 1]),
        ({"after": "2026-03-01 11:00", "before": "2026-03-01 12:00"}, [2]),
        ({"outcome": "done"}, [2, 1]),
        ({"outcome": "refused"}, [5]),
        ({"outcome": "open"}, [4]),
        ({"outcome": "not_applied"}, []),
        ({"outcome": "done", "person": "hana", "action": "secret.save"}, [2]),
    ],
)
def test_each_filter_leaves_out_what_it_does_not_name(
    log: None, filters: dict[str, str], expected: list[int]
) -> None:
    assert found(**filters) == expected


def test_an_entry_joins_an_intent_and_its_outcome(log: None) -> None:
    refused, open_save, save, signed = records.search({}, VISIBLE).entries
    assert (save.outcome, save.keys, save.version_id) == ("done", ["É", "B"], "v1")
    assert save.request_ids == ["put", "move"]
    assert save.details == {"why": "asked", "n": 2}
    assert save.ended == AuditRecord.objects.get(sequence=3)
    assert (open_save.outcome, open_save.ended, open_save.version_id) == ("open", None, "v2")
    assert (open_save.request_ids, open_save.details, open_save.keys) == ([], {}, [])
    assert (refused.outcome, refused.details, refused.ended) == ("refused", {"why": "=1+1"}, None)
    assert (signed.outcome, signed.version_id) == ("done", "")


def test_of_two_outcomes_the_last_counts(log: None) -> None:
    [late] = AuditRecord.objects.filter(sequence=4)
    audit.settle(late, Outcome.UNKNOWN, "", "a test", by=HANA)
    assert found(outcome="open") == []
    assert records.search({"outcome": "unknown"}, VISIBLE).entries[0].outcome == "unknown"


def test_every_outcome_finds_what_the_log_shows_with_it_and_nothing_else(log: None) -> None:
    """Also of an intent with two outcomes, of which the log shows the last."""
    for sequence, outcome in ((4, Outcome.UNKNOWN), (4, Outcome.DONE)):
        intent = AuditRecord.objects.get(sequence=sequence)
        row = NewRecord(
            phase=Phase.OUTCOME, action=intent.action, actor=KENJI, outcome=outcome, intent="4"
        )
        writing.append(row)
    for outcome in (Outcome.REFUSED, Outcome.FAILED, Outcome.CONFLICT):
        audit.record(Action.STEP_UP, HANA, outcome)
    intend(Action.SAVE, KENJI, environment="prod")
    shown = records.search({}, VISIBLE).entries
    assert {entry.outcome for entry in shown} == {"done", "refused", "failed", "conflict", "open"}
    for offered in choosing.choices(VISIBLE)["outcomes"]:
        expected = [entry.record.sequence for entry in shown if entry.outcome == offered]
        assert found(outcome=offered) == expected


def test_an_entry_says_what_was_read_for_what_and_why_something_was_not_done(db: None) -> None:
    purpose = {"why": ReadPurpose.EDIT}
    with audit.act(Action.READ_VALUE, HANA, environment="dev", details=purpose) as read:
        read.not_applied("the secret has changed")
    with audit.act(Action.REVEAL, HANA, environment="dev") as shown:
        shown.done(details={"why": "it was there"})
    intend(Action.SAVE, KENJI, environment="dev", details={"why": "not over yet"})
    open_save, reveal, own = records.search({}, VISIBLE).entries
    assert (own.what, own.why_not) == ("Read by the console for a save", "the secret has changed")
    assert (reveal.what, reveal.why_not) == ("Value shown", "")
    assert (open_save.what, open_save.why_not) == ("Save", "")
    outcome = records.open_record(own.record.sequence + 1, VISIBLE)
    assert outcome is not None
    assert outcome.what == "Read by the console for a save"


def test_a_page_holds_so_many_rows_and_says_where_the_next_begins(db: None) -> None:
    for _ in range(records.ROWS):
        audit.record(Action.SIGN_IN, HANA)
    page = records.search({}, [])
    assert (len(page.entries), page.older) == (records.ROWS, 0)
    audit.record(Action.SIGN_IN, HANA)
    page = records.search({}, [])
    assert (len(page.entries), page.older) == (records.ROWS, 2)
    assert page.entries[0].record.sequence == records.ROWS + 1
    rest = records.search({}, [], below=page.older)
    assert [entry.record.sequence for entry in rest.entries] == [1]
    assert rest.older == 0


def test_one_record_stands_between_its_neighbours(log: None) -> None:
    outcome = records.open_record(3, VISIBLE)
    assert outcome is not None
    assert outcome.entry.record.sequence == 3
    assert outcome.intent == AuditRecord.objects.get(sequence=2)
    assert outcome.previous == AuditRecord.objects.get(sequence=2)
    assert outcome.next == AuditRecord.objects.get(sequence=4)
    first = records.open_record(1, VISIBLE)
    assert first is not None
    assert (first.intent, first.previous) == (None, None)
    assert first.next == AuditRecord.objects.get(sequence=2)
    intent = records.open_record(2, VISIBLE)
    assert intent is not None
    assert intent.entry.ended == AuditRecord.objects.get(sequence=3)


def test_a_record_that_is_not_there_or_not_visible_is_none(log: None) -> None:
    assert records.open_record(0, VISIBLE) is None
    assert records.open_record(8, VISIBLE) is None
    assert records.open_record(6, VISIBLE) is None
    assert records.open_record(2, []) is None
    assert records.open_record(1, []) is not None


def test_the_choices_are_what_the_visible_records_hold(log: None) -> None:
    choices = choosing.choices(["prod"])
    assert choices["people"] == ["hana", "kenji"]
    assert choices["actions"] == ["access.refused", "secret.save", "sign_in"]
    assert choices["outcomes"] == [*Outcome, "open"]
    assert choosing.choices([])["people"] == ["hana"]


def exported(form: str, visible: tuple[str, ...] = VISIBLE, **filters: str) -> str:
    return "".join(exporting.export(filters, visible, form))


def test_an_export_as_csv_has_a_header_and_inert_cells(log: None) -> None:
    text = exported("csv", person="hana")
    assert text.startswith('\ufeff"sequence","at",')
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["sequence"] for row in rows] == ["1", "2", "3", "5"]
    assert tuple(rows[0]) == exporting.COLUMNS
    assert rows[1]["keys"] == '["É","B"]'
    assert rows[2]["intent"] == "2"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_text(db: None, start: str) -> None:
    with audit.act(Action.SAVE, HANA, environment="dev", reason=f"{start}1+1"):
        pass
    [row] = csv.DictReader(io.StringIO(exported("csv"), newline=""))
    assert row["reason"] == f"'{start}1+1"


def test_an_export_as_json_lines_has_each_record_with_its_parts(log: None) -> None:
    lines = [json.loads(line) for line in exported("jsonl", outcome="done").splitlines()]
    assert [line["sequence"] for line in lines] == [1, 2, 3]
    assert tuple(lines[1]) == exporting.COLUMNS
    assert (lines[1]["keys"], lines[1]["details"]) == (["É", "B"], {"n": 1, "why": "asked"})
    assert (lines[2]["request_ids"], lines[2]["version_id"]) == (["put", "move"], "v1")
    assert "É" in exported("jsonl", key="É")


def test_an_export_holds_only_what_one_may_see(log: None) -> None:
    sequences = [json.loads(line)["sequence"] for line in exported("jsonl", ("dev",)).splitlines()]
    assert sequences == [1, 2, 3]


def test_an_export_is_in_the_order_of_the_log_whatever_its_pages_hold(
    log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outcome may stand many pages behind its intent: the save of 4 is settled last."""
    audit.settle(AuditRecord.objects.get(sequence=4), Outcome.UNKNOWN, "", "a test", by=HANA)
    audit.record(Action.SIGN_OUT, HANA)
    everywhere = (*VISIBLE, "staging")
    whole = exported("jsonl", everywhere)
    for size in (1, 2, 3):
        monkeypatch.setattr(exporting, "PAGE", size)
        assert exported("jsonl", everywhere) == whole
    assert [json.loads(line)["sequence"] for line in whole.splitlines()] == [*range(1, 10)]


def test_an_export_begins_before_anything_is_read_and_leaves_no_query_open(
    log: None, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    """So its first byte does not wait for the log, and a slow reader holds up nobody."""
    monkeypatch.setattr(exporting, "PAGE", 1)
    texts = exporting.export({}, VISIBLE, "csv")
    with django_assert_num_queries(0):
        assert next(texts).count("\n") == 1
    first = next(texts)
    AuditEntry.objects.filter(sequence=2).update(at="2020")
    with django_assert_num_queries(3):
        second = next(texts)
    assert [first.count("\r\n"), second.count("\r\n")] == [1, 1]


def test_records_that_are_added_while_an_export_runs_are_not_in_it(log: None) -> None:
    texts = exporting.export({}, VISIBLE, "jsonl")
    first = next(texts)
    audit.record(Action.SIGN_OUT, HANA)
    assert "sign_out" not in first + "".join(texts)


def test_a_person_has_one_export_at_once_and_the_second_is_refused_on_record(log: None) -> None:
    first = exporting.begin(HANA, {}, VISIBLE, "csv")
    with pytest.raises(ExportUnderWay):
        exporting.begin(HANA, {}, VISIBLE, "csv")
    last = AuditRecord.objects.first()
    assert last is not None
    assert (last.action, last.outcome, last.actor) == ("rate.limited", "refused", "hana")
    # Another person's, and one's own when the first was closed without being read.
    exporting.begin(KENJI, {}, VISIBLE, "csv").close()
    first.close()
    assert "".join(exporting.begin(HANA, {}, VISIBLE, "csv"))


def test_an_export_that_goes_on_keeps_its_place_and_one_that_died_frees_it(
    log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_RENEWED", -1)
    begun = exporting.begin(HANA, {}, VISIBLE, "csv")
    long_ago = datetime.now(UTC) - timedelta(seconds=61)
    Reservation.objects.update(at=long_ago)
    next(begun)
    with pytest.raises(ExportUnderWay):
        exporting.begin(HANA, {}, VISIBLE, "csv")
    Reservation.objects.update(at=long_ago)
    exporting.begin(HANA, {}, VISIBLE, "csv").close()


def test_an_export_that_cannot_be_recorded_takes_no_place(
    log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AuditUnavailable("a test")

    with monkeypatch.context() as broken:
        broken.setattr(exporting, "record", refuse)
        with pytest.raises(AuditUnavailable):
            exporting.begin(HANA, {}, VISIBLE, "csv")
    exporting.begin(HANA, {}, VISIBLE, "csv").close()


@pytest.mark.parametrize("error", ["interrupted", "canceling statement due to statement timeout"])
def test_a_search_that_the_database_gave_up_is_told_as_that(error: str) -> None:
    cause = psycopg.errors.QueryCanceled() if error != "interrupted" else None
    with pytest.raises(SearchTooLong), choosing.in_time():
        raise OperationalError(error) from cause
    with pytest.raises(OperationalError, match="disk"), choosing.in_time():
        raise OperationalError("disk I/O error")
