"""The audit log: filtered pages, one record, exports."""

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client

from secrets_ui.domain.audit.actions import Action, Outcome
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import AuditRecord
from secrets_ui.services import audit
from testkit.intents import intend
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db
HANA, KENJI = Actor("hana", "192.0.2.7"), Actor("kenji", "192.0.2.8")
DEV, PROD = (
    {"environment": "dev", "secret": "miyabi/dev/config"},
    {"environment": "prod", "secret": "miyabi/prod/api-keys"},
)


@pytest.fixture
def chain(db: None) -> dict[str, int]:
    """Some records by name; the numbers of the lines that the log shows."""
    signed = audit.record(Action.SIGN_IN, HANA)
    with audit.act(Action.READ_VALUE, HANA, **DEV, version_id="v-read") as read:
        read.done(request_id="request-1")
    with audit.act(
        Action.SAVE, KENJI, **PROD, keys=["GITHUB_TOKEN"], reason="OPS-7: it leaked"
    ) as save:
        save.done(request_id="request-2", version_id="v-save")
    opened = intend(Action.SAVE, KENJI, **DEV, keys=["BASE_URL"])
    refused = audit.record(
        Action.REFUSE_ACCESS, HANA, Outcome.REFUSED, **PROD, details={"action": "secret.edit"}
    )
    return {
        "signed": signed.sequence,
        "read": read.sequence,
        "save": save.sequence,
        "open": opened.sequence,
        "refused": refused.sequence,
    }


def lines(answer: Any) -> list[int]:
    return [entry.record.sequence for entry in answer.context["page"].entries]


def test_it_works(chain: dict[str, int], signed_in: SignedIn) -> None:
    page = signed_in("auditor").get("/audit")
    assert page.status_code == 200
    assert lines(page) == [chain[name] for name in ("refused", "open", "save", "read", "signed")]
    shown = page.content.decode()
    assert "miyabi/prod/api-keys" in shown
    assert "kenji" in shown


@pytest.mark.parametrize("url", ["/audit", "/audit/1", "/audit/export.csv", "/audit/export.jsonl"])
def test_it_needs_access(
    chain: dict[str, int], signed_in: SignedIn, client: Client, url: str
) -> None:
    assert client.get(url)["Location"] == f"/sign-in?next={url}"
    for role in ("viewer", "nobody"):
        assert signed_in(role).get(url).status_code == 403
    allowed = signed_in("editor").get(url).status_code
    assert allowed == (403 if "export" in url else 200)


@pytest.mark.parametrize("url", ["/audit", "/audit/1", "/audit/export.csv"])
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_it_rejects_other_methods(
    chain: dict[str, int], signed_in: SignedIn, url: str, method: str
) -> None:
    assert getattr(signed_in("admin"), method)(url).status_code == 405


@pytest.mark.parametrize(
    "url",
    [
        "/audit/0",
        "/audit/999",
        f"/audit/{2**63}",
        f"/audit/{10**40}",
        "/audit/-1",
        "/audit/x",
        "/audit/export.xlsx",
    ],
)
def test_a_missing_id_is_404(chain: dict[str, int], signed_in: SignedIn, url: str) -> None:
    assert signed_in("admin").get(url).status_code == 404


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"person": "hana"}, ["refused", "read", "signed"]),
        ({"environment": "prod"}, ["refused", "save"]),
        ({"secret": "config"}, ["open", "read"]),
        ({"key": "GITHUB_TOKEN"}, ["save"]),
        ({"key": "GITHUB"}, []),
        ({"action": "secret.save"}, ["open", "save"]),
        ({"outcome": "done"}, ["save", "read", "signed"]),
        ({"outcome": "open"}, ["open"]),
        ({"outcome": "refused", "person": "hana"}, ["refused"]),
        ({"before": "2001-01-01"}, []),
        ({"after": "2001-01-01 10:00"}, ["refused", "open", "save", "read", "signed"]),
    ],
)
def test_each_filter_is_in_the_url(
    chain: dict[str, int], signed_in: SignedIn, filters: dict[str, str], expected: list[str]
) -> None:
    assert lines(signed_in("auditor").get("/audit", filters)) == [chain[name] for name in expected]


def test_a_filter_that_cannot_be_read_shows_what_was_expected_and_no_lines(
    chain: dict[str, int], signed_in: SignedIn
) -> None:
    page = signed_in("auditor").get("/audit", {"after": "yesterday"})
    assert page.context["page"] is None
    assert "2026-11-23 14:05" in page.content.decode()


def test_the_list_shows_reasons_and_tells_own_reads_from_values_that_were_shown(
    db: None, signed_in: SignedIn
) -> None:
    with audit.act(Action.SAVE, KENJI, **DEV, reason="OPS-7: it <leaked>") as save:
        save.not_applied("somebody was faster")
    with audit.act(Action.READ_VALUE, HANA, **DEV, details={"why": "to apply an edit"}) as read:
        read.done()
    with audit.act(Action.REVEAL, HANA, **DEV, reason="to compare") as shown:
        shown.done()
    text = signed_in("auditor").get("/audit").content.decode()
    for words in ("OPS-7: it &lt;leaked&gt;", "somebody was faster", "to compare"):
        assert words in text
    assert text.count("Read by the console for a save") == 1
    assert "Read by the console for a save" in (
        signed_in("auditor").get(f"/audit/{read.sequence + 1}").content.decode()
    )


def test_the_list_shows_whose_role_was_given_and_which_right_was_refused(
    chain: dict[str, int], signed_in: SignedIn
) -> None:
    about = {"account": "hana<1>", "role": "editor"}
    audit.record(Action.GIVE_ROLE, KENJI, environment="dev", details=about)
    audit.record(Action.SWITCH_OFF_ACCOUNT, KENJI, details={"account": "hana<2>"})
    audit.record(Action.SET_GROUP_ROLES, KENJI, details={"account": "kenji"})
    text = signed_in("auditor").get("/audit").content.decode()
    for words in ("hana&lt;1&gt;: editor", "hana&lt;2&gt;</bdi>", "<bdi>secret.edit</bdi>"):
        assert words in text
    assert '<div class="hint"><bdi>kenji' not in text


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("2001-01-01", 'value="2001-01-01T00:00" min'),
        ("2001-01-01 10:00Z", 'value="2001-01-01T10:00" min'),
        ("2001-01-01T10:00", 'value="2001-01-01T10:00" min'),
        ("2001-01-01 10:00:09", 'value="2001-01-01T10:00:09" step="1" min'),
    ],
)
def test_a_time_in_the_url_is_in_its_field_as_a_browser_takes_it(
    chain: dict[str, int], signed_in: SignedIn, typed: str, held: str
) -> None:
    client = signed_in("auditor")
    for name in ("after", "before"):
        page = client.get("/audit", {name: typed})
        assert f'name="{name}" type="datetime-local" {held}' in page.content.decode()
        assert len(lines(page)) == (5 if name == "after" else 0)
        exported = b"".join(client.get("/audit/export.jsonl", {name: typed, "person": "hana"}))
        assert bool(exported) is (name == "after")


def test_the_filter_is_folded_until_one_is_set(chain: dict[str, int], signed_in: SignedIn) -> None:
    client = signed_in("auditor")
    fold = '<details class="sheet fold">'
    assert fold in client.get("/audit").content.decode()
    for filters in ({"person": "hana"}, {"after": "yesterday"}, {"before": "2001-01-01"}):
        page = client.get("/audit", filters).content.decode()
        assert fold not in page
        assert '<details class="sheet fold" open>' in page


def test_an_export_whose_filter_cannot_be_read_is_refused_instead_of_being_wider(
    chain: dict[str, int], signed_in: SignedIn
) -> None:
    assert signed_in("auditor").get("/audit/export.csv", {"after": "yesterday"}).status_code == 400
    assert not AuditRecord.objects.filter(action="audit.export").exists()


def test_a_second_export_at_once_is_refused_in_words(
    chain: dict[str, int], signed_in: SignedIn
) -> None:
    client = signed_in("auditor")
    unread = client.get("/audit/export.csv")
    refused = client.get("/audit/export.jsonl")
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert "An export of yours is under way" in refused.content.decode()
    # Read to its end, and closed by whoever sent it.
    assert b"".join(unread)
    assert client.get("/audit/export.jsonl").status_code == 200


def test_pages_go_on_below_a_record_so_that_new_ones_never_shift_them(signed_in: SignedIn) -> None:
    for number in range(60):
        audit.record(Action.SIGN_IN, Actor(f"person-{number}"))
    client = signed_in("auditor")
    first = client.get("/audit")
    audit.record(Action.SIGN_IN, HANA)
    second = client.get("/audit", {"below": first.context["page"].older})
    assert len(lines(first)) == 50
    assert lines(second) == list(range(10, 0, -1))
    assert second.context["page"].older == 0


@pytest.mark.parametrize("below", ["x", "-1", "9" * 30, "1.5"])
def test_a_page_that_cannot_be_read_is_the_first(
    chain: dict[str, int], signed_in: SignedIn, below: str
) -> None:
    assert len(lines(signed_in("auditor").get("/audit", {"below": below}))) == 5


def test_one_record_has_its_place_in_the_chain_its_outcome_and_request_ids(
    chain: dict[str, int], signed_in: SignedIn
) -> None:
    page = signed_in("auditor").get(f"/audit/{chain['save']}")
    shown = page.content.decode()
    record = AuditRecord.objects.get(sequence=chain["save"])
    assert record.hash in shown
    assert "OPS-7: it leaked" in shown
    assert "request-2" in shown
    assert f"/audit/{chain['save'] - 1}" in shown
    assert f"/audit/{chain['save'] + 1}" in shown


def test_only_records_of_the_environments_that_one_may_audit_are_seen(
    chain: dict[str, int], signed_in: SignedIn
) -> None:
    client = signed_in("auditor", "dev")
    assert lines(client.get("/audit")) == [chain[name] for name in ("open", "read", "signed")]
    assert lines(client.get("/audit", {"environment": "prod"})) == []
    assert client.get(f"/audit/{chain['save']}").status_code == 404
    assert client.get(f"/audit/{chain['save'] + 1}").status_code == 404  # its outcome
    for url in ("/audit", f"/audit/{chain['save'] - 1}", f"/audit/{chain['open']}"):
        assert "miyabi/prod" not in client.get(url).content.decode()
    for form in ("csv", "jsonl"):
        assert b"miyabi/prod" not in b"".join(client.get(f"/audit/export.{form}"))


def test_csv_holds_each_column_of_intents_and_outcomes(
    chain: dict[str, int], signed_in: SignedIn
) -> None:
    answer = signed_in("auditor").get(
        "/audit/export.csv", {"action": "secret.save", "outcome": "done"}
    )
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="audit-')
    assert [(row["sequence"], row["phase"]) for row in rows] == [
        (str(chain["save"]), "intent"),
        (str(chain["save"] + 1), "outcome"),
    ]
    assert rows[0]["reason"] == "OPS-7: it leaked"
    assert rows[1]["hash"] == AuditRecord.objects.get(sequence=chain["save"] + 1).hash


def test_json_lines_hold_one_record_each(chain: dict[str, int], signed_in: SignedIn) -> None:
    answer = signed_in("auditor").get("/audit/export.jsonl")
    rows = [json.loads(line) for line in b"".join(answer).decode().splitlines()]
    assert answer["Content-Type"] == "application/x-ndjson"
    assert len(rows) == AuditRecord.objects.count()
    assert (rows[4]["keys"], rows[4]["request_ids"]) == (["GITHUB_TOKEN"], ["request-2"])


def test_an_export_is_itself_on_record_with_its_filters(
    chain: dict[str, int], signed_in: SignedIn
) -> None:
    client = signed_in("auditor", "dev", name="aki")
    b"".join(client.get("/audit/export.jsonl", {"person": "hana"}))
    record = AuditRecord.objects.get(action="audit.export")
    assert record.actor == "aki"
    assert json.loads(record.details) == {
        "form": "jsonl",
        "filters": {"person": "hana"},
        "environments": ["dev"],
    }


def test_an_act_that_was_not_carried_out_is_shown_and_found_by_these_words(
    db: None, signed_in: SignedIn
) -> None:
    with audit.act(Action.READ_VALUE, HANA, **DEV) as read:
        read.not_applied("the secret has changed")
    client = signed_in("auditor")
    page = client.get("/audit", {"outcome": "not_applied"})
    assert lines(page) == [read.sequence]
    text = page.content.decode()
    assert '<option value="not_applied" selected>not carried out</option>' in text
    # In the filter, in the chip of what is filtered, and in the list.
    assert text.count("not carried out") == 3
    assert "not carried out" in client.get(f"/audit/{read.sequence}").content.decode()
