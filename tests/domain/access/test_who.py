"""Who can read: over generated accounts, every answer is the evaluator's, request by request."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secrets_ui.domain.access.account import Principal
from secrets_ui.domain.access.answers import Kind, WhoCan
from secrets_ui.domain.access.context import PRINCIPAL_TAGS, Caller
from secrets_ui.domain.access.evidence import AccessEvidence, Denied, Known, Unreachable
from secrets_ui.domain.access.path import ask_decrypt, ask_read
from secrets_ui.domain.access.reach import Ability
from secrets_ui.domain.access.who import is_expected, who_can
from secrets_ui.domain.errors import AwsCall
from secrets_ui.domain.iam.truth import all_of, any_of
from testkit.accounts import (
    ACCOUNT,
    CAN_READ,
    DECRYPT,
    ENVIRONMENT,
    KEY,
    PLANTS,
    READ,
    SECRET,
    TAGGED,
    TRUST,
    MadeAccount,
    allow,
    make_account,
    policy,
)

SESSIONS = ("whatever", "night-shift", "on-call-7")
STAGES: tuple[dict[str, str], ...] = ({}, {"secretsmanager:VersionStage": "AWSCURRENT"})
CALL = AwsCall("iam:GetAccountAuthorizationDetails")
MAY_ASSUME = {
    "": (),  # a user
    TRUST: ("the AWS service lambda.amazonaws.com",),
    TAGGED: ("whoever in this account is allowed to by IAM",),
}


def answers(account: MadeAccount) -> WhoCan:
    return who_can(account.evidence(), account.details)


def callers_of(account: MadeAccount, principal: Principal) -> Iterator[Caller]:
    """Every caller that a principal can be, in the sessions and of the stages that plants know."""
    identity = principal.identity
    known = account.details.value.evidence_of(principal, CALL)
    for stage in STAGES:
        if principal.is_user:
            yield Caller(identity.arn, identity.arn, known, is_lambda=False, chosen=stage)
            continue
        unknown = {PRINCIPAL_TAGS} if identity.trust == TAGGED else set()
        for session in SESSIONS:
            arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{identity.name}/{session}"
            yield Caller(arn, identity.arn, known, False, stage, frozenset(unknown))


def evaluated(
    evidence: AccessEvidence, callers: Iterable[Caller], hops: Iterable[str] = (READ, DECRYPT)
) -> bool | None:
    """The best of all callers, each of every hop, with the policies whole."""

    def asked(action: str, caller: Caller) -> bool | None:
        ask = ask_decrypt if action.startswith("kms:") else ask_read
        return ask(evidence, action, caller).truth

    return any_of(all_of(asked(action, caller) for action in hops) for caller in callers)


@pytest.mark.slow
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), roles=st.integers(1, 60))
def test_every_answer_is_what_was_planted_and_what_the_evaluator_says(
    seed: int, roles: int
) -> None:
    account = make_account(seed, roles)
    found = answers(account)
    assert {row.title: row.read.can for row in found.rows} == account.expected
    evidence = account.evidence()
    by_title = {row.title: row for row in found.rows}
    for principal in account.principals:
        row = by_title[principal.identity.arn]
        assert row.read.can is evaluated(evidence, callers_of(account, principal))


@pytest.mark.slow
def test_every_kind_of_path_in_an_account_of_two_hundred() -> None:
    account = make_account(11, 200)
    found = answers(account)
    assert {row.title: row.read.can for row in found.rows} == account.expected
    assert {row.kind for row in found.rows} == {Kind.ROLE, Kind.USER, Kind.OUTSIDE}
    evidence, by_title = account.evidence(), {row.title: row for row in found.rows}
    for principal in account.principals:
        row = by_title[principal.identity.arn]
        assert row.read.can is evaluated(evidence, callers_of(account, principal))
        if row.read.can:
            assert row.trusted == MAY_ASSUME[principal.identity.trust]


@pytest.mark.parametrize("kind", PLANTS)
def test_a_path_alone(kind: str) -> None:
    account = make_account(1, 1, (kind,))
    [row] = answers(account).rows
    assert {row.title: row.read.can} == account.expected
    if row.read.can:
        assert row.read.by
    if row.read.can is None:
        assert row.read.missing


def test_outsiders_come_first_and_readers_before_others() -> None:
    account = make_account(3, 40)
    rows = answers(account).rows
    kinds = [row.kind is Kind.OUTSIDE for row in rows]
    assert kinds == sorted(kinds, reverse=True)
    inside = [row.read.can is False for row in rows if row.kind is not Kind.OUTSIDE]
    assert inside == sorted(inside)


def test_what_decides_is_named_at_both_hops() -> None:
    account = make_account(1, 1, ("secret policy",))
    [row] = answers(account).rows
    assert row.read.by == (
        f"{READ}: secret policy, statement 1",
        f"{DECRYPT}: policy own-0, statement 1",
        f"{DECRYPT}: key policy, statement Account",
    )
    assert row.trusted == ("the AWS service lambda.amazonaws.com",)


def test_the_session_that_can_is_named() -> None:
    [row] = answers(make_account(1, 1, ("session",))).rows
    assert row.read.condition == "in a session named night-shift"


@pytest.mark.parametrize(
    ("sure", "open_"), [((READ, SECRET), (DECRYPT, KEY)), ((DECRYPT, KEY), (READ, SECRET))]
)
def test_a_hop_that_is_not_known_leaves_the_answer_open_whichever_it_is(
    sure: tuple[str, str], open_: tuple[str, str]
) -> None:
    account = MadeAccount()
    from_office = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    account.role("ops", policy(allow(*sure), allow(*open_, Condition=from_office)), expected=None)
    [row] = answers(account).rows
    assert row.read.can is None


def test_a_session_that_two_policies_allow_together_is_found() -> None:
    account = MadeAccount()
    like = {"StringLike": {"aws:userid": "*:night-*"}}
    account.role(
        "ops", policy(allow(READ, SECRET, Condition=like), allow(DECRYPT, KEY)), expected=True
    )
    other = {"StringNotLike": {"aws:userid": "*:*-shift"}}
    account.secret_policy = [
        {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": other}
    ]
    [row] = answers(account).rows
    assert row.read.condition == "in a session named night-shift"


def unlike(letters: str) -> list[dict[str, Any]]:
    """Denials of every session whose name lacks one of the letters."""
    conditions = ({"StringNotLike": {"aws:userid": f"*:*-{letter}-*"}} for letter in letters)
    return [allow("*", Condition=condition) | {"Effect": "Deny"} for condition in conditions]


def test_what_depends_on_more_names_than_are_tried_is_not_known() -> None:
    account, nothing = MadeAccount(), unlike("abcdefgh")
    reads = allow(READ, SECRET), allow(DECRYPT, KEY)
    account.role("asks", policy(*reads, *nothing), expected=None)
    account.role("open", policy(*reads), expected=True)
    account.role("closed", policy(*nothing), expected=False)
    found = answers(account)
    assert {row.title: row.read.can for row in found.rows} == account.expected
    [asks] = [row.read for row in found.rows if row.title.endswith("/asks")]
    assert asks.condition == "in a session of another name"
    assert "aws:userid" in asks.missing[0]


def test_a_name_that_is_not_tried_may_go_with_a_stage() -> None:
    account = MadeAccount()
    staged = allow(READ, SECRET, Condition={"StringEquals": STAGES[1]})
    account.role("asks", policy(staged, allow(DECRYPT, KEY), *unlike("abcdefgh")), expected=None)
    [row] = answers(account).rows
    assert row.read.can is None
    assert row.read.condition == "in a session of another name of the stage AWSCURRENT"


@pytest.mark.parametrize(
    "userid", ["*", "*:night-*", "AROA*:night-*", "*X:night", "AROAOPS*night", "AROAOPS*"]
)
def test_a_session_is_found_by_whatever_pattern_of_its_user_id(userid: str) -> None:
    account = MadeAccount()
    like = {"StringLike": {"aws:userid": userid}}
    account.role(
        "ops", policy(allow(READ, SECRET, Condition=like), allow(DECRYPT, KEY)), expected=True
    )
    [row] = answers(account).rows
    assert row.read.can, (userid, row)


def test_a_list_of_people_is_answered_by_one_of_them() -> None:
    account = MadeAccount()
    people = {"StringLike": {"aws:userid": [f"*:person-{number}" for number in range(500)]}}
    account.role(
        "sso", policy(allow(READ, SECRET, Condition=people), allow(DECRYPT, KEY)), expected=True
    )
    [row] = answers(account).rows
    assert row.read.condition.startswith("in a session named person-")


def test_a_session_is_found_beside_one_that_is_denied_by_its_name() -> None:
    account = MadeAccount()
    admins = {"StringLike": {"aws:userid": "*:admin*"}}
    account.role(
        "ops", policy(allow(READ, SECRET, Condition=admins), allow(DECRYPT, KEY)), expected=True
    )
    admin = f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/admin"
    account.secret_policy.append(allow("*", Principal={"AWS": admin}) | {"Effect": "Deny"})
    [row] = answers(account).rows
    assert row.read.can


def test_a_stage_that_stands_in_a_variable_is_tried() -> None:
    account = MadeAccount()
    staged = {"StringEquals": {"aws:PrincipalTag/s": "${secretsmanager:VersionStage}"}}
    account.role(
        "ops",
        policy(allow(READ, SECRET, Condition=staged), allow(DECRYPT, KEY)),
        expected=True,
        tags={"s": "AWSCURRENT"},
    )
    [row] = answers(account).rows
    assert row.read.condition == "of the stage AWSCURRENT"


def test_every_session_has_a_user_id_also_one_of_an_unknown_name() -> None:
    account = MadeAccount()
    variable = {"StringEquals": {"aws:PrincipalTag/x": "${aws:userid}"}}
    account.secret_policy.append(allow("*", Principal="*", Condition=variable) | {"Effect": "Deny"})
    absent = {"Null": {"aws:userid": "true"}}
    account.role(
        "ops", policy(allow(READ, SECRET, Condition=absent), allow(DECRYPT, KEY)), expected=False
    )
    [row] = [row for row in answers(account).rows if row.title.endswith("/ops")]
    assert row.read.can is False


def test_what_a_user_id_owns_cannot_be_told() -> None:
    account = MadeAccount()
    owned = {"StringLike": {"aws:PrincipalArn": "*/${aws:userid}"}}
    account.role(
        "ops", policy(allow(READ, SECRET, Condition=owned), allow(DECRYPT, KEY)), expected=None
    )
    [row] = answers(account).rows
    assert row.read.can is None


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}])
def test_a_policy_that_is_open_to_all_names_anybody(principal: object) -> None:
    account = MadeAccount()
    account.secret_policy.append(allow(READ, Principal=principal))
    account.key_policy.append(allow(DECRYPT, Principal=principal))
    [row] = answers(account).rows
    assert (row.kind, row.title, row.read.can) == (Kind.OUTSIDE, "anybody in any AWS account", True)


def test_an_organization_is_not_known_and_so_not_told() -> None:
    account = MadeAccount()
    inside = {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}
    account.secret_policy.append(allow(READ, Principal="*", Condition=inside))
    account.key_policy.append(allow(DECRYPT, Principal="*", Condition=inside))
    [row] = answers(account).rows
    assert row.read.can is None
    assert any("aws:PrincipalOrgID" in reason for reason in row.read.missing)


def test_this_account_by_a_condition_is_nobody_outside() -> None:
    account = MadeAccount()
    ours = {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}
    account.secret_policy.append(allow(READ, Principal="*", Condition=ours))
    account.key_policy.append(allow(DECRYPT, Principal="*", Condition=ours))
    account.role("boring", expected=True)
    found = answers(account)
    assert {row.title: row.read.can for row in found.rows} == account.expected


def _named_outside(account: MadeAccount) -> None:
    """An outsider who can read."""
    arn = "arn:aws:iam::444444444444:role/ci"
    account.secret_policy.append(allow(READ, Principal={"AWS": arn}))
    account.key_policy.append(allow(DECRYPT, Principal={"AWS": arn}))
    account.expected[arn] = True


@pytest.mark.parametrize("name", ["resource_policy", "key_policy", "grants", "key", "secret"])
@pytest.mark.parametrize(
    "why", [Denied(CALL, "kms:GetKeyPolicy"), Unreachable(CALL, "Rate exceeded.")]
)
def test_what_was_denied_or_throttled_makes_no_answer_no(
    name: str, why: Denied | Unreachable
) -> None:
    account = MadeAccount()
    account.role("reader", CAN_READ, expected=True)
    _named_outside(account)
    rows = who_can(account.evidence(**{name: why}), account.details).rows
    assert {row.title for row in rows} >= account.expected.keys()
    assert not [row.title for row in rows if row.read.can is False]
    assert all(row.read.can or row.read.missing for row in rows)
    # Grants can only add, so who reads without them still does.
    assert any(row.read.can for row in rows) is (name == "grants")


def test_without_the_list_everybody_is_missing_and_it_says_so() -> None:
    account = make_account(5, 30)
    found = who_can(account.evidence(), Denied(CALL, "iam:GetAccountAuthorizationDetails"))
    assert not found.is_whole(Ability.READ)
    assert "iam:GetAccountAuthorizationDetails" in found.gaps[0]
    outside = {row.title: row.read.can for row in found.rows if row.kind is Kind.OUTSIDE}
    assert outside.items() <= account.expected.items()
    assert all(row.read.can is not False for row in found.rows if row.kind is Kind.UNLISTED)


def test_the_other_columns() -> None:
    account = MadeAccount()
    put = policy(allow("secretsmanager:PutSecretValue"), allow(["kms:GenerateDataKey", DECRYPT]))
    account.role("putter", put, expected=False)
    account.role("deleter", policy(allow("secretsmanager:Delete*")), expected=False)
    for action in ("secretsmanager:PutResourcePolicy", "kms:PutKeyPolicy", "kms:CreateGrant"):
        account.role(action.partition(":")[2].lower(), policy(allow(action)), expected=False)
    account.role("self", policy(allow("iam:AttachRolePolicy")), expected=False)
    account.user("self", policy(allow("iam:PutUserPolicy")), expected=False)
    found = answers(account)
    can = {
        ability: sorted(row.name for row in found.can(ability))
        for ability in (Ability.PUT, Ability.DELETE, Ability.CHANGE_POLICY)
    }
    assert can == {
        Ability.PUT: ["role/putter"],
        Ability.DELETE: ["role/deleter"],
        Ability.CHANGE_POLICY: [
            *("role/creategrant", "role/putkeypolicy", "role/putresourcepolicy"),
            *("role/self", "user/self"),
        ],
    }


def test_the_key_that_aws_manages_is_closed_to_other_accounts() -> None:
    account = MadeAccount()
    outside = "arn:aws:iam::444444444444:role/ci"
    account.secret_policy.append(allow(READ, Principal={"AWS": outside}))
    account.role("reader", policy(allow(READ)), expected=True)
    evidence = account.evidence()
    secret = Known(replace(evidence.secret.value, kms_key_id=""), CALL)
    evidence = replace(evidence, secret=secret, versions=Known((), CALL))
    found = who_can(evidence, account.details)
    assert [row.read.can for row in found.rows] == [False, True]


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/miyabi-lambda-execution", True),
        (f"arn:aws:iam::{ACCOUNT}:role/team/miyabi-lambda-execution", True),
        (f"arn:aws:iam::{ACCOUNT}:role/miyabi-console", True),
        (f"arn:aws:iam::{ACCOUNT}:role/ci-deploy", True),
        (f"arn:aws:iam::{ACCOUNT}:user/ci-deploy", False),
        ("arn:aws:iam::444444444444:role/miyabi-lambda-execution", False),
        ("arn:aws:iam::444444444444:role/ci-deploy", False),
        ("anybody in any AWS account", False),
    ],
)
def test_who_is_expected(arn: str, expected: bool) -> None:
    assert is_expected(replace(ENVIRONMENT, readers=("role/ci-deploy",)), arn) is expected


@pytest.mark.parametrize(
    "name",
    ["iam::444444444444:role/a b", "iam::444444444444:role/x/", "iam::444444444444:user/\u202e<b>",
     "sts::444444444444:assumed-role/x", "sts::444444444444:assumed-role/x/y/z",
     f"sts::{ACCOUNT}:assumed-role/reader/\u00e9"],
)  # fmt: skip
@pytest.mark.parametrize("how", ["principal", "condition", "grantee"])
def test_whom_nobody_can_be_is_no_outsider_and_hides_nobody(name: str, how: str) -> None:
    """AWS does not check what a condition names."""
    account, arn = MadeAccount(), f"arn:aws:{name}"
    role = account.role("reader", CAN_READ, expected=True)
    match how:
        case "principal":
            account.secret_policy = [allow(READ, Principal={"AWS": arn})]
        case "condition":
            asked = {"ArnLike": {"aws:PrincipalArn": arn}}
            account.secret_policy = [allow(READ, Principal="*", Condition=asked)]
        case _:
            account.granted(arn)
    assert [(row.title, row.read.can) for row in answers(account).rows] == [(role, True)]
