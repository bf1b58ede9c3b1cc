"""What "arrived" means, by what the lines of the loader say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.errors import AwsAccessDenied, AwsCall
from secrets_ui.domain.secrets.arrival import UNDER_WAY, rollout_of
from secrets_ui.domain.secrets.rollout import (
    ENDED_WITHIN,
    GONE_AFTER,
    WINDOW,
    FunctionLog,
    Report,
    Rollout,
)
from secrets_ui.domain.secrets.secret import Secret

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
NAME = "miyabi/prod/api-keys"
ARN = f"arn:aws:secretsmanager:us-west-2:333333333333:secret:{NAME}-AbCdEf"
NEW, OLD, OLDER = "n" * 32, "o" * 32, "e" * 32
SECRET = Secret(ARN, NAME, versions={NEW: ("AWSCURRENT",), OLD: ("AWSPREVIOUS",)})
SAVED = NOW - timedelta(minutes=30)


def report(stream: str, minutes_ago: float, version: str = NEW, **more: Any) -> Report:
    more = {"initialization_type": "on-demand", **more}
    name = more.pop("name", NAME)
    return Report(stream, NOW - timedelta(minutes=minutes_ago), {name: version}, **more)


def log(*reports: Report, **more: Any) -> FunctionLog:
    """Read in full; each stream that has no line of the last hour was looked at, and is silent."""
    known = {
        "since": NOW - WINDOW,
        "silent": frozenset(r.stream for r in reports) - more.get("running", frozenset()),
        **more,
    }
    return FunctionLog("/aws/lambda/miyabi-app", NOW - WINDOW, NOW, reports=reports, **known)


def judged(*reports: Report, **more: Any) -> Rollout:
    """`more` are members of the log, and `version_id` and `current_since`."""
    asked = {name: more.pop(name) for name in ("version_id", "current_since") if name in more}
    return rollout_of(
        "prod", SECRET, [NEW, OLD], log(*reports, **more), **{"current_since": SAVED, **asked}
    )


def states(found: Rollout) -> dict[str, str]:
    return {instance.stream: instance.state for instance in found.instances}


def test_it_has_arrived_when_every_instance_that_runs_read_it_last() -> None:
    found = judged(report("a", 50, OLD), report("a", 20), report("b", 5))
    assert found.arrived
    assert (found.new, found.of, found.percent) == (2, 2, 100)
    [a] = [one for one in found.instances if one.stream == "a"]
    assert (a.version_id, a.since, a.last) == (NEW, NOW - timedelta(minutes=20), a.since)
    assert found.old_last_read == NOW - timedelta(minutes=50)


def test_since_is_the_first_line_of_the_version_that_is_held() -> None:
    [one] = judged(
        report("a", 5), report("a", 50), report("a", 40, OLD), report("a", 30), report("a", 9)
    ).instances
    assert (one.since, one.last) == (NOW - timedelta(minutes=30), NOW - timedelta(minutes=5))


@pytest.mark.parametrize(
    ("old", "more", "state", "arrived"),
    [
        # Its line of the loader is of the last hour itself.
        (report("old", 59, OLD), {}, "old", False),
        # It wrote nothing for the loader, but other lines.
        (report("old", 600, OLD), {"running": frozenset({"old"})}, "old", False),
        (report("old", 600, OLD), {}, "gone", True),
        (report("old", 600, OLD, initialization_type=""), {}, "gone", True),
        # Silence tells nothing of these.
        (report("old", 600, OLD, initialization_type="snap-start"), {}, "unclear", None),
        (
            report("old", 600, OLD, initialization_type="provisioned-concurrency"),
            {},
            "unclear",
            None,
        ),
        # The function has changed since: its instances ended, and those of a published version not.
        (
            report("old", 30, OLD, function_version="$LATEST"),
            {"function_changed": NOW - timedelta(minutes=20)},
            "gone",
            True,
        ),
        (
            report("old", 30, OLD, function_version="7"),
            {"function_changed": NOW - timedelta(minutes=20)},
            "old",
            False,
        ),
        # Just now, so the requests that they are at go on.
        (
            report("old", 30, OLD, function_version="$LATEST"),
            {"function_changed": NOW - ENDED_WITHIN / 2},
            "old",
            False,
        ),
        # Nobody could look whether it runs.
        (report("old", 600, OLD), {"silent": frozenset()}, "unclear", None),
    ],
)
def test_an_instance_with_another_version_holds_it_up_until_it_is_gone(
    old: Report, more: dict[str, Any], state: str, arrived: bool | None
) -> None:
    found = judged(old, report("new", 5), **more)
    assert states(found) == {"old": state, "new": "new"}
    assert found.arrived is arrived
    assert (found.percent == 100) is (arrived is True)
    assert found.reason


def denied() -> AwsAccessDenied:
    call = AwsCall("logs:FilterLogEvents", "/aws/lambda/miyabi-app", code="AccessDeniedException")
    return AwsAccessDenied("The console's role may not.", call, permission="logs:FilterLogEvents")


@pytest.mark.parametrize(
    ("reports", "more", "reason"),
    [
        ([], {"has_lines": True}, "The loader does not report"),
        ([], {"has_lines": False}, "The function has written no line"),
        ([report("a", 5, name="miyabi/prod/config")], {}, "has not read this secret"),
        ([report("a", 600, OLD)], {}, "No instance has read it yet"),
        ([report("a", 0.1)], {"current_since": NOW - UNDER_WAY / 2}, "younger than a minute"),
        ([report("a", 5)], {"since": NOW - timedelta(hours=4)}, "read back to 08:00 UTC alone"),
        ([report("a", 5)], {"since": None}, "not even for the last minutes"),
        ([report("a", 5)], {"problem": denied()}, "(AccessDeniedException)"),
    ],
)
def test_what_is_not_known_is_said_to_be_and_why(
    reports: list[Report], more: dict[str, Any], reason: str
) -> None:
    found = judged(*reports, **more)
    assert found.arrived is None
    assert reason in found.reason
    assert found.percent < 100


def test_an_old_version_that_runs_is_proof_however_little_of_the_log_was_read() -> None:
    found = judged(report("a", 5), report("b", 20, OLD), since=None, problem=denied())
    assert found.arrived is False
    assert not found.can_change


def test_a_version_that_is_not_current_has_not_arrived() -> None:
    found = judged(report("a", 5, OLD), version_id=OLD)
    assert (found.arrived, found.version_id) == (False, OLD)
    assert "is not current" in found.reason
    nothing = rollout_of("prod", Secret(ARN, NAME), [], log(report("a", 5)))
    assert (nothing.arrived, nothing.can_change) == (None, False)


@pytest.mark.parametrize("name", [NAME, ARN, ARN.removesuffix("-AbCdEf")])
def test_it_may_be_asked_for_by_name_or_arn(name: str) -> None:
    assert judged(report("a", 5, name=name)).arrived


def test_another_secret_s_lines_do_not_count() -> None:
    found = judged(report("a", 5), report("b", 5, OLD, name=f"{NAME}-2"))
    assert found.arrived
    assert states(found) == {"a": "new"}


def test_s117_what_aws_does_not_list_is_never_repeated_as_a_version(canary: str) -> None:
    found = judged(report("a", 5, canary))
    assert found.arrived is False
    assert canary not in repr(found.instances) + found.reason


# Lines of some streams at any time of the window, of the new version or of others.
LINES = st.lists(
    st.builds(
        report,
        st.sampled_from("abcd"),
        st.floats(0, WINDOW.total_seconds() / 60),
        st.sampled_from([NEW, OLD, OLDER]),
        initialization_type=st.sampled_from(["on-demand", "snap-start", ""]),
    ),
    min_size=1,
    max_size=12,
)


@given(LINES, st.frozensets(st.sampled_from("abcd")), st.frozensets(st.sampled_from("abcd")))
def test_arrived_is_never_said_while_an_instance_may_hold_another_version(
    lines: list[Report], running: frozenset[str], silent: frozenset[str]
) -> None:
    found = judged(*lines, running=running, silent=silent - running)
    last = {line.stream: line for line in sorted(lines, key=lambda line: line.at)}
    may_hold = {
        stream
        for stream, line in last.items()
        if line.versions[NAME] != NEW
        and (
            stream in running
            or stream not in silent
            or line.at >= NOW - GONE_AFTER
            or line.initialization_type == "snap-start"
        )
    }
    has_it = any(line.versions[NAME] == NEW for line in last.values())
    assert bool(found.arrived) is (has_it and not may_hold)
    assert 0 <= found.percent <= 100
