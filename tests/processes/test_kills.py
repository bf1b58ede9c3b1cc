"""SIGKILL at each step of a save, proposal and decision: settle_audit restores agreement."""

import os
import random
import signal
import time
from contextlib import suppress

import pytest

from tests.processes.consoles import Console, Consoles
from tests.processes.outside import Aws

pytestmark = pytest.mark.processes
SWAPS = ("secret.save", "secret.approve", "secret.emergency")


def outcomes(steady: Console, secret: str) -> list[tuple[str, str]]:
    """The action and outcome of each intent on a secret, "open" while it has none.

    Each has one at the most.
    """
    rows = steady.ask("records", secret=secret)
    ends = [row for row in rows if row["phase"] == "outcome"]
    assert len({row["intent"] for row in ends}) == len(ends)
    found = {row["intent"]: row["outcome"] for row in ends}
    return [
        (row["action"], found.get(str(row["sequence"]), "open"))
        for row in rows
        if row["phase"] == "intent"
    ]


def ensure_agreement(steady: Console, aws: Aws, secret: str) -> None:
    """What must hold after settle_audit.

    Nothing is open. A version counts as done exactly where it is, or was, current. No label of an
    edit is left. The chain holds.
    """
    settled = steady.ask("settle")
    assert settled["status"] == 0, settled["text"]
    labels = aws.labels(secret)
    hashes = {str(row["sequence"]): row["hash"] for row in steady.ask("records", secret=secret)}
    for row in steady.ask("records", secret=secret):
        if row["phase"] == "outcome" and row["action"] in SWAPS:
            version = row["version_id"] or hashes[row["intent"]]
            was_current = {"AWSCURRENT", "AWSPREVIOUS"} & set(labels.get(version, ()))
            assert (row["outcome"] == "done") is bool(was_current), row
    assert "open" not in [outcome for _, outcome in outcomes(steady, secret)]
    assert "MIYABI-EDIT-" not in str(labels)
    assert steady.ask("verify")["status"] == 0


def outcome_of(action: str, steady: Console, secret: str) -> str:
    """The last outcome of an action, "none" when it was not even intended."""
    return dict(outcomes(steady, secret)).get(action, "none")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "call", ["DescribeSecret", "GetSecretValue", "PutSecretValue", "swap", "label"]
)
def test_s61_a_save_killed_at_any_call_is_settled_to_what_aws_has(
    call: str, moment: str, consoles: Consoles, dev: Aws
) -> None:
    secret, base = dev.make_secret()
    consoles.kill_at(call, moment, "save", secret=secret, base=base, values={"A": "new"})

    ensure_agreement(consoles.steady, dev, secret)
    is_done = (call, moment) == ("swap", "after") or call == "label"
    was_intended = call in ("PutSecretValue", "swap", "label")
    assert dev.values(secret) == {"A": "new" if is_done else "1", "B": "2"}
    assert outcome_of("secret.save", consoles.steady, secret) == (
        "done" if is_done else "not_applied" if was_intended else "none"
    )
    again = consoles.steady.ask(
        "save", secret=secret, base=dev.current(secret), values={"B": "later"}
    )
    assert again["refused"] == ""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("call", "nth"),
    [("DescribeSecret", 1), ("PutSecretValue", 1), ("DescribeSecret", 2), ("label", 1)],
)
def test_s61_a_secret_s_first_version_killed_at_any_call(
    call: str, nth: int, moment: str, consoles: Consoles, dev: Aws
) -> None:
    secret, _ = dev.make_secret(None)
    consoles.kill_at(call, moment, "save", nth=nth, secret=secret, base="", values={"A": "new"})

    ensure_agreement(consoles.steady, dev, secret)
    is_done = (call, moment) == ("PutSecretValue", "after") or nth == 2 or call == "label"
    assert len(dev.versions(secret)) == (1 if is_done else 0)
    expected = "done" if is_done else "not_applied" if call == "PutSecretValue" else "none"
    assert outcome_of("secret.save", consoles.steady, secret) == expected


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("call", "nth"), [("GetSecretValue", 2), ("PutSecretValue", 1), ("swap", 1)]
)
def test_s61_a_restore_killed_at_any_call_is_settled_to_what_aws_has(
    call: str, nth: int, moment: str, consoles: Consoles, dev: Aws
) -> None:
    """The second value that it reads is that of the version to be restored."""
    secret, earlier = dev.make_secret()
    base = dev.put(secret, '{"A": "changed"}')
    consoles.kill_at(
        call, moment, "save", nth=nth, secret=secret, base=base, values={}, restores=earlier
    )

    ensure_agreement(consoles.steady, dev, secret)
    is_done = (call, moment) == ("swap", "after")
    assert dev.value(secret) == ('{"A": "1", "B": "2"}' if is_done else '{"A": "changed"}')
    assert outcome_of("secret.save", consoles.steady, secret) == (
        "done" if is_done else "none" if call == "GetSecretValue" else "not_applied"
    )


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("call", "nth"), [("GetSecretValue", 2), ("PutSecretValue", 1), ("swap", 1), ("label", 1)]
)
def test_s61_a_copy_killed_at_any_call_is_settled_at_both_ends(
    call: str, nth: int, moment: str, consoles: Consoles, dev: Aws, staging: Aws
) -> None:
    """The second value that it reads is that of the source."""
    secret, base = dev.make_secret()
    source, version = staging.make_secret('{"A": "copied"}')
    copies = {"environment": "staging", "secret": source, "version": version, "key": "A"}
    consoles.kill_at(
        call, moment, "save", nth=nth, secret=secret, base=base, values={}, copies=copies
    )

    ensure_agreement(consoles.steady, dev, secret)
    is_done = (call, moment) == ("swap", "after") or call == "label"
    copied, stayed = '{"A": "copied", "B": "2"}', '{"A": "1", "B": "2"}'
    assert dev.value(secret) == (copied if is_done else stayed)
    assert outcome_of("secret.save", consoles.steady, secret) == (
        "done" if is_done else "none" if call == "GetSecretValue" else "not_applied"
    )
    # Whether AWS handed the value out cannot be asked.
    expected = "unknown" if call == "GetSecretValue" else "done"
    assert outcomes(consoles.steady, source) == [("value.read", expected)]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", ["DescribeSecret", "label"])
@pytest.mark.parametrize("off", [False, True])
def test_s61_a_pin_killed_at_any_call_is_settled_to_where_its_label_is(
    off: bool, call: str, moment: str, consoles: Consoles, dev: Aws
) -> None:
    secret, version = dev.make_secret()
    about = {"secret": secret, "version": version, "name": "good"}
    if off:
        assert consoles.steady.ask("pin", **about)["refused"] == ""
    consoles.kill_at(call, moment, "pin", **about, off=off)

    ensure_agreement(consoles.steady, dev, secret)
    is_done = (call, moment) == ("label", "after")
    assert ("MIYABI-PIN-good" in dev.labels(secret)[version]) is (is_done is not off)
    assert outcome_of("version.unpin" if off else "version.pin", consoles.steady, secret) == (
        "none" if call == "DescribeSecret" else "done" if is_done else "not_applied"
    )
    again = consoles.steady.ask("pin", **about, off=off)
    assert again["refused"] == ("NothingChanged" if is_done else "")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", ["DescribeSecret", "GetSecretValue", "PutSecretValue"])
def test_s61_a_proposal_killed_at_any_call_waits_or_was_never_made(
    call: str, moment: str, consoles: Consoles, staging: Aws
) -> None:
    secret, base = staging.make_secret()
    consoles.kill_at(
        call, moment, "save", secret=secret, base=base, values={"A": "new"}, environment="staging"
    )

    ensure_agreement(consoles.steady, staging, secret)
    is_made = (call, moment) == ("PutSecretValue", "after")
    assert ("MIYABI-PROPOSAL-" in str(staging.labels(secret))) is is_made
    expected = "done" if is_made else "not_applied" if call == "PutSecretValue" else "none"
    assert outcome_of("secret.propose", consoles.steady, secret) == expected
    if is_made:
        approved = consoles.steady.ask(
            "approve",
            sequence=intent_of("secret.propose", consoles.steady, secret),
            environment="staging",
        )
        assert approved["refused"] == ""
        assert staging.values(secret) == {"A": "new", "B": "2"}


def intent_of(action: str, steady: Console, secret: str) -> int:
    rows = steady.ask("records", secret=secret)
    return next(
        int(row["sequence"]) for row in rows if (row["phase"], row["action"]) == ("intent", action)
    )


def propose(consoles: Consoles, staging: Aws) -> tuple[str, int]:
    secret, base = staging.make_secret()
    proposed = consoles.steady.ask(
        "save", secret=secret, base=base, values={"A": "new"}, environment="staging"
    )
    assert proposed["refused"] == ""
    return secret, proposed["sequence"]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", ["DescribeSecret", "swap", "label"])
@pytest.mark.parametrize(
    ("job", "action"), [("approve", "secret.approve"), ("begin_emergency", "secret.emergency")]
)
def test_s61_an_approval_or_emergency_killed_at_any_call_is_done_or_still_to_be_made(
    job: str, action: str, call: str, moment: str, consoles: Consoles, staging: Aws
) -> None:
    secret, sequence = propose(consoles, staging)
    consoles.kill_at(call, moment, job, sequence=sequence, environment="staging")

    ensure_agreement(consoles.steady, staging, secret)
    is_done = (call, moment) == ("swap", "after") or call == "label"
    assert outcome_of(action, consoles.steady, secret) == (
        "done" if is_done else "not_applied" if call == "swap" else "none"
    )
    assert ("MIYABI-PROPOSAL-" in str(staging.labels(secret))) is not is_done
    told = [title for title in consoles.steady.ask("tell") if secret in title]
    assert [t for t in told if t.startswith("Emergency")] == (
        [f"Emergency change in staging: {secret}"] if is_done and action != "secret.approve" else []
    )
    # Nobody has looked at what was done alone, whoever was killed.
    [emergency] = [
        row["sequence"]
        for row in consoles.steady.ask("records", secret=secret)
        if (row["phase"], row["action"]) == ("intent", "secret.emergency")
    ] or [0]
    looked = consoles.steady.ask("look_at_emergency", sequence=emergency, environment="staging")
    assert looked["found"] is (is_done and bool(emergency))
    again = consoles.steady.ask("approve", sequence=sequence, environment="staging")
    assert again["refused"] == ("SecretNotEditable" if is_done else "")
    assert staging.values(secret) == {"A": "new", "B": "2"}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_s61_a_rejection_killed_at_its_call_is_done_or_still_to_be_made(
    moment: str, consoles: Consoles, staging: Aws
) -> None:
    secret, sequence = propose(consoles, staging)
    consoles.kill_at("label", moment, "reject", sequence=sequence, environment="staging")

    ensure_agreement(consoles.steady, staging, secret)
    assert outcome_of("secret.reject", consoles.steady, secret) == (
        "done" if moment == "after" else "not_applied"
    )
    again = consoles.steady.ask("reject", sequence=sequence, environment="staging")
    assert again["refused"] == ("SecretNotEditable" if moment == "after" else "")
    assert "MIYABI-PROPOSAL-" not in str(staging.labels(secret))
    assert staging.values(secret) == {"A": "1", "B": "2"}


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("call", "nth"), [("GetSecretValue", 1), ("PutSecretValue", 1), ("label", 1)]
)
def test_s61_putting_on_top_killed_at_any_call_is_finished_by_doing_it_again(
    call: str, nth: int, moment: str, consoles: Consoles, staging: Aws
) -> None:
    secret, old = propose(consoles, staging)
    staging.put(secret, '{"A": "1", "B": "theirs"}')
    consoles.kill_at(call, moment, "put_on_top", sequence=old, environment="staging")

    ensure_agreement(consoles.steady, staging, secret)
    again = consoles.steady.ask("put_on_top", sequence=old, environment="staging")
    is_over = (call, moment) == ("label", "after")
    assert again["refused"] == ("SecretNotEditable" if is_over else "")
    assert str(staging.labels(secret)).count("MIYABI-PROPOSAL-") == 1
    made = [o for a, o in outcomes(consoles.steady, secret) if a == "secret.propose"]
    assert made.count("done") == 2
    last = max(
        row["sequence"]
        for row in consoles.steady.ask("records", secret=secret)
        if (row["phase"], row["action"]) == ("intent", "secret.propose")
    )
    assert consoles.steady.ask("approve", sequence=last, environment="staging")["refused"] == ""
    assert staging.values(secret) == {"A": "new", "B": "theirs"}


def test_s61_saves_killed_at_random_times_leave_the_record_and_aws_agreed(
    consoles: Consoles, dev: Aws
) -> None:
    secret, first = dev.make_secret()
    consoles.proxy.reset()
    deaths, longest = 0, 0.25  # seconds that a save is left to live
    for number in range(25):
        child = consoles.mortal.fork(
            "save", secret=secret, base=dev.current(secret), values={"A": f"new {number}"}
        )
        child.go()
        time.sleep(random.uniform(0, longest))
        with suppress(ProcessLookupError):  # it came to its end before that
            os.kill(child.pid, signal.SIGKILL)
        is_dead = child.end()[1] is None
        deaths += is_dead
        longest *= 1.25 if is_dead else 0.8  # how long a save takes is the machine's affair
        settled = consoles.steady.ask("settle")
        assert settled["status"] == 0, settled["text"]
        assert dev.current(secret) == [first, *saved_versions(consoles.steady, secret)][-1]
        assert "MIYABI-EDIT-" not in str(dev.labels(secret))
    assert deaths >= 5, "The kills came too late to mean anything."
    assert "open" not in [outcome for _, outcome in outcomes(consoles.steady, secret)]
    assert consoles.steady.ask("verify")["status"] == 0


def saved_versions(steady: Console, secret: str) -> list[str]:
    rows = steady.ask("records", secret=secret)
    return [
        row["version_id"]
        for row in rows
        if (row["action"], row["outcome"]) == ("secret.save", "done")
    ]
