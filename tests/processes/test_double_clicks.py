"""S62, with real processes: the same form sent twice at once makes exactly one new version."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.processes.conftest import Start
from tests.processes.consoles import Console
from tests.processes.outside import Aws

pytestmark = pytest.mark.processes
ROUNDS = 15


def at_once(pair: tuple[Console, Console], *jobs: dict[str, Any]) -> list[dict[str, Any]]:
    for console, job in zip(pair, jobs, strict=True):
        console.tell(**job)
    return [console.hear()["said"] for console in pair]


def a_save(secret: str, base: str, value: str, **more: Any) -> dict[str, Any]:
    return {"do": "save", "secret": secret, "base": base, "values": {"A": value}, **more}


def intents(console: Console, secret: str, action: str) -> list[dict[str, Any]]:
    return [
        row
        for row in console.ask("records", secret=secret)
        if (row["phase"], row["action"]) == ("intent", action)
    ]


def test_s62_a_double_click_makes_one_version_and_both_are_told_the_same(
    pair: tuple[Console, Console], dev: Aws
) -> None:
    secret, base = dev.make_secret()
    for number in range(ROUNDS):
        sent = a_save(secret, base, f"new {number}", once=str(uuid.uuid4()))
        first, second = at_once(pair, sent, sent)

        assert first == second
        assert first["refused"] == ""
        assert dev.labels(secret) == {first["version"]: ["AWSCURRENT"], base: ["AWSPREVIOUS"]}
        assert len(dev.versions(secret)) == number + 2
        base = first["version"]
    assert len(intents(pair[0], secret, "secret.save")) == ROUNDS


def test_s62_a_browser_s_retry_is_told_what_the_first_sending_came_to(
    pair: tuple[Console, Console], dev: Aws
) -> None:
    secret, base = dev.make_secret()
    sent = a_save(secret, base, "new", once=str(uuid.uuid4()))
    first = pair[0].ask(**sent)
    dev.put(secret, json.dumps({"A": "by somebody else"}))

    assert pair[1].ask(**sent) == first
    assert dev.values(secret) == {"A": "by somebody else"}


def test_s62_a_double_click_on_the_last_allowed_change_is_no_refusal(
    start: Start, sqlite_copy: Callable[[], str], dev: Aws
) -> None:
    console = start(sqlite_copy(), WRITES_PER_MINUTE="1")
    secret, base = dev.make_secret()
    sent = a_save(secret, base, "new", once=str(uuid.uuid4()))

    assert console.ask(**sent) == console.ask(**sent)
    assert console.ask(**a_save(secret, dev.current(secret), "newer"))["refused"] == "TooMany"


def test_s62_other_values_in_a_page_that_was_sent_before_are_refused_not_passed_over(
    pair: tuple[Console, Console], dev: Aws
) -> None:
    """Back brings the page with its old idempotency key; what is typed next is a new change."""
    secret, base = dev.make_secret()
    once = str(uuid.uuid4())
    assert pair[0].ask(**a_save(secret, base, "first", once=once))["refused"] == ""

    assert pair[0].ask(**a_save(secret, base, "second", once=once))["refused"] == "VersionConflict"
    assert (
        pair[1].ask(**a_save(secret, base, "first", once=once, actor="mallory"))["refused"]
        == "VersionConflict"
    )
    assert dev.values(secret)["A"] == "first"


def test_s62_a_proposal_sent_twice_is_made_once(
    pair: tuple[Console, Console], staging: Aws
) -> None:
    secret, base = staging.make_secret()
    sent = a_save(secret, base, "new", once=str(uuid.uuid4()), environment="staging")
    first, second = at_once(pair, sent, sent)

    assert first == second
    assert first["refused"] == ""
    assert len(staging.versions(secret)) == 2


def propose(console: Console, staging: Aws) -> tuple[str, int]:
    secret, base = staging.make_secret()
    return secret, console.ask(**a_save(secret, base, "new", environment="staging"))["sequence"]


@pytest.mark.parametrize("second", ["approve", "reject"])
def test_of_two_people_who_decide_at_once_one_does(
    second: str, pair: tuple[Console, Console], staging: Aws
) -> None:
    for _ in range(ROUNDS // 2):
        secret, sequence = propose(pair[0], staging)
        one = {"do": "approve", "sequence": sequence, "environment": "staging", "actor": "kenji"}
        result = at_once(pair, one, {**one, "do": second, "actor": "yuki"})

        assert sorted(answer["refused"] for answer in result)[0] == ""
        assert {answer["refused"] for answer in result} - {""} <= {
            "SecretNotEditable",
            "VersionConflict",
        }
        rows = pair[0].ask("records", secret=secret)
        done = [
            row["action"]
            for row in rows
            if row["outcome"] == "done" and row["action"] in ("secret.approve", "secret.reject")
        ]
        assert len(done) == 1
        assert staging.values(secret)["A"] == ("new" if done == ["secret.approve"] else "1")
        assert "MIYABI" not in str(staging.labels(secret))
