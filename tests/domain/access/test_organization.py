"""What an organization's control policies and its id do to the answers of who can read."""

from dataclasses import replace

import pytest

from secrets_ui.domain.access.answers import WhoCan
from secrets_ui.domain.access.evidence import Denied, Evidence, Missing, Organization, Unreachable
from secrets_ui.domain.access.reach import Ability
from secrets_ui.domain.access.who import who_can
from testkit.accounts import ACCOUNT, CAN_READ, DECRYPT, READ, MadeAccount, allow, policy
from testkit.organizations import CALL, FULL, deny, organization

OUTSIDE = "arn:aws:iam::444444444444:role/ci"


def found_with(given: Evidence[Organization], account: MadeAccount | None = None) -> WhoCan:
    """Of a role that can read, and of somebody outside who is let in."""
    if account is None:
        account = MadeAccount()
        account.role("reader", CAN_READ, expected=True)
        account.role("aws-service-role/x.amazonaws.com/linked", CAN_READ, expected=True)
        account.secret_policy.append(allow(READ, Principal={"AWS": OUTSIDE}))
        account.key_policy.append(allow(DECRYPT, Principal={"AWS": OUTSIDE}))
    return who_can(replace(account.evidence(), organization=given), account.details)


def read_by(found: WhoCan) -> dict[str, bool | None]:
    return {row.title.rpartition("/")[2]: row.read.can for row in found.rows}


@pytest.mark.parametrize(
    ("given", "can"),
    [
        (organization(FULL.text), {"ci": True, "reader": True, "linked": True}),
        # An SCP limits this account's principals alone, and no service-linked role.
        (
            organization(FULL.text, policy(deny(DECRYPT))),
            {"ci": True, "reader": False, "linked": True},
        ),
        # Each level has to allow.
        (organization(policy(allow("s3:*"))), {"ci": True, "reader": False, "linked": True}),
        # An RCP limits what is done with the secret, by whomever.
        (
            organization(FULL.text, rcps=(policy(deny(READ, Principal="*")),)),
            {"ci": False, "reader": False, "linked": True},
        ),
        *[
            (organization(*texts), {"ci": True, "reader": None, "linked": True})
            for texts in (("{",), (policy(allow("s3:*")), "{"), (FULL.text, "{"))
        ],
        (
            organization(policy(deny("*")), management=ACCOUNT),
            {"ci": True, "reader": True, "linked": True},
        ),
        (Missing(CALL), {"ci": True, "reader": True, "linked": True}),
        (Denied(CALL, "organizations:ListParents"), {"ci": True, "reader": True, "linked": True}),
    ],
)
def test_control_policies_are_part_of_the_answer(
    given: Evidence[Organization], can: dict[str, bool | None]
) -> None:
    assert read_by(found_with(given)) == can


NOT_AT_NIGHT = {"StringNotLike": {"aws:userid": "*:night-*"}}
NOT_CURRENT = {"StringNotEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}


@pytest.mark.parametrize(
    ("given", "how"),
    [
        (
            organization(FULL.text, policy(deny("*", Condition=NOT_AT_NIGHT))),
            "in a session named night-",
        ),
        (
            organization(
                FULL.text, rcps=(policy(deny("*", Principal="*", Condition=NOT_AT_NIGHT)),)
            ),
            "in a session named night-",
        ),
        (
            organization(FULL.text, policy(deny(READ, Condition=NOT_CURRENT))),
            "of the stage AWSCURRENT",
        ),
    ],
    ids=["SCP", "RCP", "stage"],
)
def test_what_a_caller_may_choose_is_chosen_for_control_policies_too(
    given: Evidence[Organization], how: str
) -> None:
    account = MadeAccount()
    account.role("reader", CAN_READ, expected=True)
    [row] = found_with(given, account).rows
    assert row.read.condition == how


def test_a_denial_names_the_control_policy() -> None:
    found = found_with(organization(FULL.text, policy(deny(READ, Sid="NoSecrets"))))
    [reader] = [row for row in found.rows if row.title.endswith("/reader")]
    assert reader.read.by == (
        f"{READ} is denied: service control policy guard, statement NoSecrets",
    )
    assert not reader.verdicts[Ability.DELETE].can


def test_the_organization_s_id_decides_conditions_on_it() -> None:
    """A perimeter: nobody outside the organization. It cannot be told of other accounts."""
    outside = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-example"}}
    perimeter = policy(deny("*", Principal="*", Condition=outside))
    found = found_with(organization(FULL.text, rcps=(perimeter,)))
    assert read_by(found) == {"ci": None, "reader": True, "linked": True}
    account = MadeAccount()
    path = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-example/r-ab12/*"}}
    account.role("pathed", policy(allow([READ, DECRYPT], Condition=path)), expected=None)
    assert read_by(found_with(organization(FULL.text), account)) == {"pathed": True}
    assert read_by(found_with(Missing(CALL), account)) == {"pathed": False}
    assert read_by(found_with(Denied(CALL, "o:x"), account)) == {"pathed": None}


@pytest.mark.parametrize(
    ("given", "said", "is_whole"),
    [
        (organization(FULL.text), "SCPs and RCPs of organization o-example are part", True),
        (organization(management=ACCOUNT), "management account", True),
        (Missing(CALL), "in no organization", True),
        (Denied(CALL, "organizations:ListParents"), "not seen: the console's role lacks", True),
        (Unreachable(CALL, "Rate exceeded."), "not seen: Rate exceeded.", False),
    ],
)
def test_every_answer_says_whether_they_were_seen(
    given: Evidence[Organization], said: str, is_whole: bool
) -> None:
    """What was throttled this once is a gap; what is never permitted is said, and is none."""
    found = found_with(given)
    assert said in found.control
    assert (not found.gaps) is is_whole
