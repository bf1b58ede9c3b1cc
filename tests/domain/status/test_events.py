"""Events: told once, with an end notice; what hits many secrets at once is one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.status.events import Change, events_of, follow
from secrets_ui.domain.status.messages import webhook_payload
from secrets_ui.domain.status.status import StatusFinding

T0 = datetime(2026, 11, 25, 2, 14, tzinfo=UTC)
FAIL = StatusFinding("decrypt_is_allowed", "fail", "The key policy does not allow it.")
UNKNOWN = replace(FAIL, status="unknown")
PASS = replace(FAIL, status="pass")
WARN = replace(FAIL, status="warn")


def play(*passes: tuple[StatusFinding, ...]) -> list[list[Any]]:
    """The kinds of changes that each pass tells."""
    result, kept = [], tuple[StatusFinding, ...]()
    for number, findings in enumerate(passes):
        kept, changes = follow(kept, findings, "s", T0 + timedelta(minutes=5 * number))
        result.append([change.kind for change in changes])
    return result


def test_a_finding_is_told_when_it_appears_and_when_it_goes_and_not_between() -> None:
    assert play((FAIL,), (FAIL,), (PASS,), (PASS,)) == [["began"], [], ["ended"], []]


def test_a_finding_whose_check_is_gone_has_ended_too() -> None:
    assert play((FAIL,), ()) == [["began"], ["ended"]]


def test_a_change_of_its_status_is_told() -> None:
    assert play((WARN,), (FAIL,), (FAIL,)) == [["began"], ["changed"], []]


def test_one_lost_answer_is_no_event_and_two_are() -> None:
    assert play((PASS,), (UNKNOWN,), (PASS,)) == [[], [], []]
    assert play((PASS,), (UNKNOWN,), (UNKNOWN,), (UNKNOWN,), (PASS,)) == [
        [],
        [],
        ["began"],
        [],
        ["ended"],
    ]


def test_what_does_not_count_is_never_told() -> None:
    assert play(
        (replace(UNKNOWN, weight="second opinion"),), (replace(UNKNOWN, weight="second opinion"),)
    ) == [[], []]


def test_since_is_when_it_began() -> None:
    kept, _ = follow((), (FAIL,), "s", T0)
    kept, _ = follow(kept, (FAIL,), "s", T0 + timedelta(hours=1))
    assert kept[0].since == T0.isoformat(timespec="seconds")


@given(st.lists(st.sampled_from(["fail", "warn", "unknown", "pass", "skipped"]), max_size=12))
def test_begins_and_ends_alternate(statuses: list[str]) -> None:
    kinds = [
        kind
        for result in play(*((replace(FAIL, status=s),) for s in statuses))
        for kind in result
        if kind != "changed"
    ]
    assert kinds == ["began", "ended"] * (len(kinds) // 2) + ["began"] * (len(kinds) % 2)


def test_the_same_finding_of_a_thousand_secrets_is_one_event() -> None:
    changes = [
        Change("began", f"miyabi/prod/{n:04}", replace(FAIL, since=T0.isoformat()))
        for n in range(1000)
    ]
    [event] = events_of("prod", changes, T0)
    assert len(event.secrets) == 1000
    assert event.title == "New failure in prod: decrypt is allowed (1,000 secrets)"
    result = event.to_json()
    assert (result["count"], len(result["secrets"])) == (1000, 20)


@given(
    st.permutations(
        [Change(kind, secret, FAIL) for kind in ("began", "ended") for secret in ("a", "b", "c")]
    )
)
def test_the_order_of_changes_makes_no_difference(changes: list[Change]) -> None:
    assert events_of("dev", changes, T0) == events_of(
        "dev", sorted(changes, key=lambda c: (c.kind, c.secret)), T0
    )


def test_the_webhook_gets_text_for_slack_and_the_event_for_programs() -> None:
    finding = replace(FAIL, text="Policy <a> & b does not allow it.", since=T0.isoformat())
    [event] = events_of("prod", [Change("began", "miyabi/prod/a", finding)], T0)
    payload = webhook_payload(event, "id-1", "https://console/status")
    assert "Policy &lt;a&gt; &amp; b does not allow it." in payload["text"]
    assert payload["text"].endswith("<https://console/status>")
    assert payload["event"]["id"] == "id-1"
    assert payload["event"]["text"] == finding.text
    [ended] = events_of("prod", [Change("ended", "miyabi/prod/a", finding)], T0)
    assert "It was: Policy" in webhook_payload(ended, "id-2", "")["text"]


def test_an_event_names_whom_to_ask_once_each_and_an_end_does_not() -> None:
    first = replace(FAIL, owner="Platform", runbook="https://docs.test/a")
    second = replace(FAIL, owner="MCP", runbook="https://docs.test/a")
    findings = (first, second, second)
    began = [Change("began", f"s{number}", found) for number, found in enumerate(findings)]
    [event] = events_of("prod", began, T0)

    assert (event.owners, event.runbooks) == (("Platform", "MCP"), ("https://docs.test/a",))
    assert event.describe().endswith("Owner: Platform and MCP. Runbook: https://docs.test/a")
    assert event.to_json()["owners"] == ["Platform", "MCP"]
    [ended] = events_of("prod", [replace(change, kind="ended") for change in began], T0)
    assert "Owner" not in ended.describe()
