"""Why somebody can or cannot read a secret under the key aws/secretsmanager."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secrets_ui.domain.access.evidence import Denied
from secrets_ui.domain.access.reach import Ability
from secrets_ui.domain.access.who import who_can
from testkit.accounts import CALL, DECRYPT, READ, allow, policy
from testkit.managed_key_accounts import (
    MANAGED_KEY,
    READS,
    ManagedKeyAccount,
    make_managed_key_account,
)
from testkit.organizations import deny, organization
from tests.checks.judging.test_why import explained, explained_as_the_table

OUTSIDE = "arn:aws:iam::444444444444:role/ci"
KEY_POLICY = "Key policy of aws/secretsmanager, as AWS documents it"


def denied(*statements: dict[str, object], boundary: str = "") -> ManagedKeyAccount:
    account = ManagedKeyAccount()
    limit = account.managed("limit", boundary) if boundary else ""
    account.role("subject", READS, policy(*statements), expected=False, boundary=limit)
    return account


@pytest.mark.slow
@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), ability=st.sampled_from(Ability))
def test_it_agrees_with_the_table_and_never_offers_to_change_the_key_policy(
    seed: int, ability: Ability
) -> None:
    account = make_managed_key_account(seed, 3)
    for row in who_can(account.evidence(), account.details).rows:
        found = explained_as_the_table(account, ability, row)
        told = "\n".join(step.cli for offer in found.offers for step in offer.steps)
        assert "kms " not in told


def test_a_yes_shows_the_policy_that_aws_documents() -> None:
    found = explained(denied(allow("s3:*")))
    _, decrypt = found.ways[0].hops
    [layer] = [layer for layer in decrypt.layers if layer.title == KEY_POLICY]
    assert layer.says == "allows it"
    assert [shown.layer for shown in layer.statements] == ["key policy"]
    assert found.offers


@pytest.mark.parametrize(
    ("account", "words"),
    [
        (
            denied(deny(DECRYPT, Sid="NoKeys")),
            f"Exclude {MANAGED_KEY} from statement NoKeys of policy own-1.",
        ),
        (
            denied(boundary=policy(allow("*"), deny([DECRYPT, "kms:Encrypt"], Sid="NoKeys"))),
            f"Exclude {MANAGED_KEY} from statement NoKeys of the permissions boundary.",
        ),
    ],
)
def test_a_deny_is_the_reason_and_is_lifted_for_this_key(
    account: ManagedKeyAccount, words: str
) -> None:
    found = explained(account)
    assert found.headline == "No, role/subject cannot read it: kms:Decrypt is denied."
    _, decrypt = found.ways[0].hops
    assert [shown.document["Sid"] for shown in decrypt.denied_by] == ["NoKeys"]
    assert found.offers[0].steps[0].words == (words,)
    assert found.offers[0].outcome.endswith("role/subject can read it.")


def test_without_the_key_s_id_no_offer_names_one() -> None:
    found = explained(denied(deny(DECRYPT)), key=Denied(CALL, "kms:DescribeKey"))
    told = [step.cli for offer in found.offers for step in offer.steps]
    assert told
    assert not [cli for cli in told if "any.key" in cli]


def test_no_way_leads_through_its_policy_or_grants() -> None:
    found = explained(denied(allow("kms:*")), Ability.CHANGE_POLICY)
    actions = [hop.action for way in found.ways for hop in way.hops]
    assert actions[0] == "secretsmanager:PutResourcePolicy"
    assert not [action for action in actions if action.startswith("kms:")]


@pytest.mark.parametrize("scp", [policy(allow("*"), deny(DECRYPT)), policy(allow("s3:*"))])
def test_against_an_scp_nothing_is_offered(scp: str) -> None:
    found = explained(denied(allow("s3:*")), organization=organization(scp))
    assert (found.verdict.can, found.offers) == (False, ())


def test_somebody_outside_is_told_why_and_offered_nothing() -> None:
    account = ManagedKeyAccount()
    account.secret_policy.append(allow(READ, Principal={"AWS": OUTSIDE}))
    found = explained(account, title=OUTSIDE)
    read, decrypt = found.ways[0].hops
    assert (read.can, decrypt.can, found.offers) == (True, False, ())
    assert [part.element for part in decrypt.closest.unfit] == ["StringEquals kms:CallerAccount"]
