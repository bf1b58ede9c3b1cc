"""What is kept of who can read, and what a later look makes of it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secrets_ui.domain.access.answers import WhoCan
from secrets_ui.domain.access.evidence import Denied
from secrets_ui.domain.access.kept_readers import KeptReaders, follow
from secrets_ui.domain.access.reach import Ability
from secrets_ui.domain.access.who import who_can
from secrets_ui.domain.secrets.dates import as_moment
from testkit.accounts import (
    ACCOUNT,
    CALL,
    CAN_READ,
    DECRYPT,
    NAME,
    NOTHING,
    READ,
    MadeAccount,
    allow,
    make_account,
    policy,
)

CI = f"arn:aws:iam::{ACCOUNT}:role/ci-deploy"
FROM_THE_OFFICE = policy(
    allow([READ, DECRYPT], Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
)


def look(*documents: str, name: str = "ci-deploy", days: int = 0) -> WhoCan:
    account = MadeAccount()
    account.role(name, *documents, expected=None)
    found = who_can(account.evidence(), account.details)
    return replace(found, read_at=found.read_at + timedelta(days=days))


def follow_all(*looks: WhoCan, forget_before: str = "") -> KeptReaders:
    kept = KeptReaders()
    for found in looks:
        kept = follow(kept, found, forget_before)
    return kept


def test_the_first_look_finds_nothing_new() -> None:
    kept = follow_all(look(CAN_READ))
    assert (kept.changes, kept.standing()) == ((), [])
    assert kept.rights[CI][Ability.READ].by


def test_what_somebody_gains_is_said_with_the_statements_and_since_when() -> None:
    later = look(CAN_READ, days=1)
    kept = follow_all(look(NOTHING), later)
    [change] = kept.standing()
    assert change.describe(NAME) == (
        f"role/ci-deploy can read {NAME} since {as_moment(later.read_at)}, by {READ}: "
        f"policy own-0, statement 1; {DECRYPT}: policy own-0, statement 2; "
        f"{DECRYPT}: key policy, statement Account."
    )


def test_what_somebody_loses_is_a_change_and_no_trouble() -> None:
    kept = follow_all(look(NOTHING), look(CAN_READ, days=1), look(NOTHING, days=2))
    assert [change.is_gain for change in kept.changes] == [True, False]
    assert kept.standing() == []
    assert f"cannot read {NAME} any more since" in kept.changes[1].describe(NAME)


def test_what_comes_back_counts_from_then_and_what_is_lost_is_not_told_any_more() -> None:
    back = look(CAN_READ, days=3)
    kept = follow_all(look(NOTHING), look(CAN_READ, days=1), look(NOTHING, days=2), back)
    assert [change.at for change in kept.standing()] == [back.read_at.isoformat(timespec="seconds")]

    both = look(CAN_READ, policy(allow("secretsmanager:DeleteSecret")), days=1)
    kept = follow_all(look(NOTHING), both, look(CAN_READ, days=2))
    assert [change.abilities for change in kept.standing()] == [(Ability.READ,)]


def test_an_expected_reader_is_no_trouble() -> None:
    name = "miyabi-lambda-execution"
    kept = follow_all(look(NOTHING, name=name), look(CAN_READ, name=name))
    assert ([change.is_expected for change in kept.changes], kept.standing()) == ([True], [])


def test_what_cannot_be_told_of_one_leaves_what_was_known_of_it() -> None:
    kept = follow_all(look(CAN_READ), look(FROM_THE_OFFICE, days=1))
    assert (kept.changes, kept.rights[CI][Ability.READ].is_told) == ((), True)
    kept = follow_all(look(FROM_THE_OFFICE), look(FROM_THE_OFFICE, days=1))
    assert (kept.changes, kept.rights[CI][Ability.READ].is_told) == ((), False)
    kept = follow_all(look(FROM_THE_OFFICE), look(CAN_READ, days=1))
    assert [change.is_gain for change in kept.changes] == [True]


def test_a_look_that_lacks_an_answer_changes_nothing() -> None:
    account = MadeAccount()
    broken = who_can(account.evidence(), Denied(CALL, "iam:GetAccountAuthorizationDetails"))
    assert follow_all(broken).at == ""  # the next one is the first
    before = follow_all(look(CAN_READ))
    after = follow(before, broken, "")
    assert (after.rights, after.at, after.changes) == (before.rights, before.at, ())
    assert "iam:GetAccountAuthorizationDetails" in after.gaps[0]


def test_old_changes_are_forgotten() -> None:
    looks = look(NOTHING), look(CAN_READ, days=1), look(CAN_READ, days=9)
    since = (looks[2].read_at - timedelta(days=7)).isoformat(timespec="seconds")
    assert follow_all(*looks).changes
    assert follow_all(*looks, forget_before=since).changes == ()


@pytest.mark.slow
@settings(max_examples=10)
@given(first=st.integers(0, 2**16), second=st.integers(0, 2**16))
def test_the_changes_are_the_difference_and_all_survives_json(first: int, second: int) -> None:
    looks = [
        who_can(made.evidence(), made.details)
        for made in (make_account(first, 12), make_account(second, 12))
    ]
    kept = follow_all(*looks)
    assert KeptReaders.from_json(json.loads(json.dumps(kept.to_json()))) == kept
    was, now = ({row.title for row in found.can(Ability.READ)} for found in looks)
    untold = {row.title for found in looks for row in found.untold(Ability.READ)}
    for is_gain, names in ((True, now - was), (False, was - now)):
        told = {c.principal for c in kept.changes if c.is_gain is is_gain and "read" in c.abilities}
        assert told - untold == names - untold


@pytest.mark.parametrize("principal", ["anybody in any AWS account", CI])
def test_nothing_of_a_document_is_kept(principal: str) -> None:
    account = MadeAccount()
    mark = policy(allow([READ, DECRYPT], Sid="Mine", Condition={"Null": {"aws:x": "true"}}))
    account.role("ci-deploy", mark, expected=True)
    account.secret_policy.append(allow(READ, Principal="*"))
    account.key_policy.append(allow(DECRYPT, Principal="*"))
    text = json.dumps(follow_all(who_can(account.evidence(), account.details)).to_json())
    assert principal in text
    assert not any(part in text for part in ("aws:x", "Effect", "Resource"))
