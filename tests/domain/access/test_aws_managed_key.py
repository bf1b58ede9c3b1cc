"""A secret under the key aws/secretsmanager: both hops are judged, by the policy AWS documents."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secrets_ui.domain.access.answers import Row
from secrets_ui.domain.access.evidence import Denied, Known
from secrets_ui.domain.access.path import ask_decrypt
from secrets_ui.domain.access.policies import list_policies
from secrets_ui.domain.access.reach import Ability
from secrets_ui.domain.access.who import who_can
from testkit.accounts import ACCOUNT, CALL, DECRYPT, KEY, READ, SECRET, allow, policy
from testkit.managed_key_accounts import (
    MANAGED_PLANTS,
    READS,
    ManagedKeyAccount,
    make_managed_key_account,
)
from testkit.organizations import FULL, deny, organization
from tests.domain.access.test_who import callers_of, evaluated

PUT, GENERATE = "secretsmanager:PutSecretValue", "kms:GenerateDataKey"
HOPS = {Ability.READ: (READ, DECRYPT), Ability.PUT: (PUT, GENERATE, DECRYPT)}
UNTOLD = Denied(CALL, "kms:DescribeKey")


def rows(account: ManagedKeyAccount, **changes: Any) -> dict[str, Row]:
    found = who_can(account.evidence(**changes), account.details)
    return {row.title: row for row in found.rows}


def reader(*statements: dict[str, Any], **evidence: Any) -> Row:
    account = ManagedKeyAccount()
    account.role("reader", READS, policy(*statements), expected=None)
    [row] = rows(account, **evidence).values()
    return row


@pytest.mark.slow
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), principals=st.integers(1, 60))
def test_every_answer_is_what_was_planted_and_what_the_evaluator_says(
    seed: int, principals: int
) -> None:
    account = make_managed_key_account(seed, principals)
    found, evidence = rows(account), account.evidence()
    assert {title: row.read.can for title, row in found.items()} == account.expected
    for principal in account.principals:
        row = found[principal.identity.arn]
        for ability, hops in HOPS.items():
            callers = callers_of(account, principal)
            assert row.verdicts[ability].can is evaluated(evidence, callers, hops)


@pytest.mark.parametrize("kind", MANAGED_PLANTS)
def test_a_path_alone(kind: str) -> None:
    account = make_managed_key_account(1, 1, (kind,))
    [row] = rows(account).values()
    assert {row.title: row.read.can} == account.expected
    assert row.read.by or row.read.can is not True
    assert row.read.missing or row.read.can is not None


def test_the_policy_that_aws_documents_is_named_as_such() -> None:
    assert reader().read.by == (
        f"{READ}: policy own-0, statement 1",
        f"{DECRYPT}: key policy of aws/secretsmanager, as AWS documents it",
    )


def test_a_deny_is_named() -> None:
    assert reader(deny(DECRYPT, Sid="NoKeys")).read.by == (
        f"{DECRYPT} is denied: policy own-1, statement NoKeys",
    )


def test_writing_needs_the_key_as_well() -> None:
    may_put = allow(PUT)
    assert reader(may_put).verdicts[Ability.PUT].can
    refused = reader(may_put, deny(GENERATE))
    assert (refused.read.can, refused.verdicts[Ability.PUT].can) == (True, False)


@pytest.mark.parametrize(
    ("scp", "can"),
    [
        (FULL.text, True),
        (policy(allow("secretsmanager:*")), False),
        (policy(allow(["secretsmanager:*", DECRYPT])), True),
        (policy(allow("*"), deny(DECRYPT)), False),
    ],
)
def test_scps_have_to_allow_it_and_rcps_do_not_count(scp: str, can: bool) -> None:
    rcps = (policy(deny("kms:*", Principal="*")),)
    assert reader(organization=organization(scp, rcps=rcps)).read.can is can


def test_nobody_changes_its_policy_or_makes_grants_of_it() -> None:
    row = reader(allow(["kms:PutKeyPolicy", "kms:CreateGrant"]))
    assert row.verdicts[Ability.CHANGE_POLICY].can is False


@pytest.mark.parametrize("service", ["", "ssm"])
def test_it_is_used_through_secrets_manager_alone(service: str) -> None:
    account = ManagedKeyAccount()
    account.role("reader", policy(allow("*")), expected=True)
    caller = next(callers_of(account, account.principals[0]))
    assert ask_decrypt(account.evidence(), caller=caller).is_allowed
    assert ask_decrypt(account.evidence(), caller=caller, service=service).truth is False


def test_its_policy_is_none_that_can_be_changed_even_if_it_was_read() -> None:
    evidence = ManagedKeyAccount().evidence(key_policy=Known(policy(allow("kms:*")), CALL))
    assert "key" not in [found.location for found in list_policies(evidence)]


@pytest.mark.parametrize(
    ("statement", "can"),
    [
        (allow(DECRYPT, KEY), True),
        (deny(DECRYPT), False),
        (deny("kms:*") | {"Resource": f"arn:aws:kms:*:{ACCOUNT}:key/*"}, False),
        # Any of these may be it.
        (deny(DECRYPT) | {"Resource": KEY}, None),
        (deny(DECRYPT) | {"Resource": "arn:aws:kms:*:*:key/12*"}, None),
        (deny(DECRYPT) | {"Resource": "arn:aws:kms:*:*:*/1234abcd-*"}, None),
        (deny(DECRYPT) | {"Resource": f"arn:aws:kms:*:*:*{KEY[-36:]}"}, None),
        ({"Effect": "Deny", "Action": DECRYPT, "NotResource": KEY}, None),
        # A key of another account is not.
        (deny(DECRYPT) | {"Resource": KEY.replace(ACCOUNT, "2" * 12)}, True),
        (deny(DECRYPT) | {"Resource": SECRET}, True),
    ],
)
def test_an_id_that_aws_did_not_tell_is_known_to_no_policy(
    statement: dict[str, Any], can: bool | None
) -> None:
    row = reader(statement, key=UNTOLD)
    assert row.read.can is can
    if can is None:
        [missing] = row.read.missing
        assert missing.startswith("the id of the key aws/secretsmanager, on which a policy depends")
        assert "kms:DescribeKey" in missing
