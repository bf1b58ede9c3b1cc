"""Why somebody can or cannot: the calls, their layers, the closest statement."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secrets_ui.checks.judging.why import explain
from secrets_ui.domain.access.account import AccountDetails, Group
from secrets_ui.domain.access.answers import Row
from secrets_ui.domain.access.evidence import (
    ControlPolicies,
    Denied,
    Document,
    Evidence,
    Known,
    Organization,
)
from secrets_ui.domain.access.explanation import Explanation
from secrets_ui.domain.access.gains import Others
from secrets_ui.domain.access.reach import Ability
from secrets_ui.domain.access.who import who_can
from secrets_ui.domain.errors import AwsCall
from testkit.accounts import (
    ACCOUNT,
    CALL,
    CAN_READ,
    DECRYPT,
    KEY,
    READ,
    ROLE,
    SECRET,
    TAGGED,
    MadeAccount,
    allow,
    make_account,
    policy,
    question_about,
)

OWN_TEAM = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}


def explained(
    account: MadeAccount,
    ability: Ability = Ability.READ,
    title: str = ROLE,
    details: Evidence[AccountDetails] | None = None,
    **evidence: Any,
) -> Explanation:
    given = replace(account.evidence(), **evidence)
    question = question_about(account, title, ability, given)
    others = Others(given, details or account.details, title)
    return explain(question, given, lambda arn: account.details.value.holders_of(arn) - 1, others)


def explained_as_the_table(account: MadeAccount, ability: Ability, row: Row) -> Explanation:
    """The explanation of a row, which says what the row and its own ways say."""
    found = explained(account, ability, row.title)
    assert found.verdict == row.verdicts[ability]
    ways = {way.can for way in found.ways}
    assert found.verdict.can is (True if True in ways else None if None in ways else False)
    return found


@pytest.mark.slow
@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), ability=st.sampled_from(Ability))
def test_it_agrees_with_the_table_and_no_closest_statement_matches(
    seed: int, ability: Ability
) -> None:
    account = make_account(seed, 3)
    for row in who_can(account.evidence(), account.details).rows:
        found = explained_as_the_table(account, ability, row)
        for hop in [hop for way in found.ways for hop in way.hops]:
            assert bool(hop.missing) is (hop.can is None)
            assert not (hop.closest and hop.can)
            if hop.closest:
                assert False in {part.holds for part in hop.closest.parts}


def role(*statements: dict[str, Any], **more: Any) -> MadeAccount:
    account = MadeAccount()
    account.role("subject", policy(*statements), expected=None, **more)
    return account


def closest(account: MadeAccount, hop: int = 0) -> list[tuple[str, tuple[str, ...], str]]:
    """The parts that do not fit."""
    found = explained(account).ways[0].hops[hop].closest
    return [(part.element, part.asks, part.has) for part in found.unfit]


def test_the_resource_that_is_another_one() -> None:
    other = f"{SECRET[:-15]}config-AbCdEf"
    account = role(allow(READ, other, Sid="Other"), allow(DECRYPT, KEY))
    assert closest(account) == [("Resource", (other,), SECRET)]
    assert explained(account).headline == (
        f"No, role/subject cannot read it: {READ} is not allowed."
    )


def test_the_action_that_is_another_one_if_all_else_fits() -> None:
    account = role(allow("secretsmanager:DescribeSecret", SECRET), allow(["s3:*", "logs:*"]))
    assert closest(account) == [("Action", ("secretsmanager:DescribeSecret",), READ)]
    far = role(allow("secretsmanager:DescribeSecret", f"{SECRET}x"), allow("s3:*"))
    assert explained(far).ways[0].hops[0].closest is None


def test_the_principal_that_is_another_one() -> None:
    account = role(allow(READ, SECRET))
    account.key_policy = [allow(DECRYPT, Principal={"AWS": f"{ROLE}-2"})]
    assert closest(account, 1) == [("Principal", (f"{ROLE}-2",), f"any session of {ROLE}")]


@pytest.mark.parametrize(
    ("tags", "asks", "note"),
    [
        ({"team": "payments"}, "payments", "${aws:PrincipalTag/team} is payments"),
        ({}, "${aws:PrincipalTag/team}", "has no value: the role has no tag team"),
    ],
)
def test_variables_are_filled_in(tags: dict[str, str], asks: str, note: str) -> None:
    account = role(allow(READ, SECRET, Condition=OWN_TEAM), allow(DECRYPT, KEY), tags=tags)
    [part] = explained(account).ways[0].hops[0].closest.unfit
    assert part.element == "StringEquals aws:ResourceTag/team"
    assert (part.asks, part.has) == ((asks,), "the resource has no tag team")
    assert note in part.notes[0]


def test_a_variable_that_is_not_known_is_named_as_such() -> None:
    wanted = {"StringEquals": {"aws:PrincipalArn": "${aws:PrincipalTag/team}"}}
    account = role(allow([READ, DECRYPT], Condition=wanted), trust=TAGGED)
    found = explained(account)
    assert found.verdict.can is None
    [layer] = [each for each in found.ways[0].hops[0].layers if each.statements]
    [part] = layer.statements[0].unfit
    assert (part.holds, part.asks) == (None, ("${aws:PrincipalTag/team}",))
    assert part.notes == ("the value of ${aws:PrincipalTag/team} is not known here",)


def test_a_variable_in_a_resource_is_filled_in() -> None:
    pattern = SECRET.replace("miyabi/prod", "${aws:PrincipalTag/team}")
    account = role(allow(READ, pattern), allow(DECRYPT, KEY), tags={"team": "ops"})
    assert closest(account) == [("Resource", (SECRET.replace("miyabi/prod", "ops"),), SECRET)]


def test_the_deny_that_blocks_and_who_else_has_its_policy() -> None:
    account = MadeAccount()
    guard = account.managed("guard", policy({
        "Sid": "Guard", "Effect": "Deny", "Action": READ, "Resource": [SECRET],
        "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "ops"}},
    }))  # fmt: skip
    account.role("subject", CAN_READ, attached=(guard,), expected=False, tags={"team": "dev"})
    account.role("another", CAN_READ, attached=(guard,), expected=False)
    found = explained(account)
    [denied] = found.ways[0].hops[0].denied_by
    condition = denied.parts[-1]
    assert (condition.asks, condition.has, condition.holds) == (("ops",), "dev", True)
    assert found.headline.endswith(f"{READ} is denied.")
    [step] = found.offers[0].steps
    assert step.words == (
        "In statement Guard of policy guard: aws:PrincipalTag/team must allow dev.",
    )
    assert step.caution.startswith("1 other principal has this policy")
    assert found.offers[0].outcome == (
        "Tried on the policies as read: with this, role/subject can read it."
    )


def test_a_boundary_that_does_not_allow_decides_though_a_policy_does() -> None:
    account = MadeAccount()
    limit = account.managed("limit", policy(allow(DECRYPT), allow(READ, KEY, Sid="Wrong")))
    account.role("subject", CAN_READ, boundary=limit, expected=False)
    found = explained(account)
    hop = found.ways[0].hops[0]
    assert (hop.closest.policy, hop.closest.layer) == ("limit", "permissions boundary")
    words = {layer.title: (layer.level, layer.says) for layer in hop.layers}
    assert words["Identity policies"] == ("ok", "allows it")
    assert words["Permissions boundary"] == ("bad", "does not allow it")


def test_what_allows_a_call_is_told_without_the_policies_that_are_silent() -> None:
    account = role(allow(READ, SECRET, Sid="Mine"), allow(DECRYPT, KEY))
    account.secret_policy = [allow(READ, Principal={"AWS": f"{ROLE}-2"}, Sid="Another")]
    hop = explained(account).ways[0].hops[0]
    assert ["Mine" in shown.why for shown in hop.allowed_by] == [True]
    assert any("Another" in shown.why for layer in hop.layers for shown in layer.statements)


def test_the_headline_calls_denied_only_what_a_statement_denies() -> None:
    no = {"Sid": "No", **allow(READ), "Effect": "Deny"}
    assert explained(role(no, allow([READ, DECRYPT]))).headline == (
        f"No, role/subject cannot read it: {READ} is denied."
    )
    assert explained(role(no)).headline == (
        f"No, role/subject cannot read it: {READ} is denied, and {DECRYPT} is not allowed."
    )
    assert explained(role(allow("s3:*"))).headline == (
        f"No, role/subject cannot read it: {READ} and {DECRYPT} are not allowed."
    )


def test_what_an_outsider_s_own_account_says_is_not_seen() -> None:
    account = make_account(1, 1, ("outsider",))
    [arn] = [title for title in account.expected if ":role/" in title and ACCOUNT not in title]
    [hop, _] = explained(account, title=arn).ways[0].hops
    said = {layer.title: (layer.level, layer.says) for layer in hop.layers}
    assert said.pop("The secret’s policy") == ("ok", "allows it")
    assert set(said.values()) == {("", "not seen, and taken to allow it")}
    assert "Identity policies" in said


def test_what_was_missing_and_the_statement_that_the_console_lacks() -> None:
    denied = Denied(AwsCall("kms:GetKeyPolicy", KEY), "kms:GetKeyPolicy")
    found = explained(role(allow([READ, DECRYPT])), key_policy=denied)
    assert found.verdict.can is None
    assert "kms:GetKeyPolicy" in found.statement
    assert found.offers == ()
    assert "lacks kms:GetKeyPolicy" in found.ways[0].hops[1].missing[0]


def test_the_organization_s_deny_is_named_and_nothing_of_this_account_is_offered_for_it() -> None:
    deny = {"Sid": "Nobody", "Effect": "Deny", "Action": READ, "Resource": "*"}
    levels = (ControlPolicies("r-1", (Document("guard", policy(allow("*"), deny)),), ()),)
    organization = Known(Organization("o-1", "999999999999", Known(levels, CALL)), CALL)
    found = explained(role(allow([READ, DECRYPT])), organization=organization)
    assert [shown.policy for shown in found.ways[0].hops[0].denied_by] == ["guard"]
    assert found.offers == ()


def test_the_last_command_of_a_policy_holds_all_of_its_changes() -> None:
    [step] = explained(role(allow("s3:*"))).offers[0].steps
    assert [words.split(" ")[1] for words in step.words] == [READ, DECRYPT]
    assert [shown.document["Action"] for shown in step.statements] == [READ, DECRYPT]
    assert step.cli.startswith("aws iam put-role-policy --role-name subject")
    assert f"{SECRET[:-6]}??????" in step.cli
    assert KEY in step.cli
    assert json.dumps({"kms:ViaService": "secretsmanager.us-west-2.amazonaws.com"}) in step.cli


def test_a_plan_of_a_user_changes_the_user_or_its_group() -> None:
    account = MadeAccount()
    account.groups["ops"] = Group((Document("all", CAN_READ),), ())
    title = account.user("mallory", expected=True, groups=["ops"])
    found = explained(account, title=title)
    denied, taken = (offer.steps[0] for offer in found.offers)
    assert denied.cli.startswith("aws iam put-user-policy --user-name mallory")
    assert taken.cli.startswith("aws iam put-group-policy --group-name ops --policy-name all")
    assert taken.caution.endswith("It changes for everybody in the group.")


def test_a_grant_that_allows_is_named() -> None:
    account = role(allow(READ, SECRET))
    account.granted(ROLE)
    hop = explained(account).ways[0].hops[1]
    shown = hop.allowed_by[-1]
    assert (hop.action, shown.layer, shown.policy) == (DECRYPT, "grant", "g")
    assert shown.document == {"GranteePrincipal": ROLE}


def cautions(account: MadeAccount, title: str = ROLE) -> dict[str, str]:
    offers = explained(account, title=title).offers
    return {" ".join(step.words): step.caution for offer in offers for step in offer.steps}


def test_what_goes_with_a_statement_that_is_taken_out_is_said() -> None:
    account = role(allow(READ, SECRET), allow("secretsmanager:*", SECRET))
    account.key_policy = [allow("kms:*", Principal="*", Sid="Open")]
    caution = cautions(account)["Remove statement Open from the key policy."]
    assert caution.startswith("Whatever else this allows, and to whomever, goes as well.")
    assert "nobody can fix it" in caution
    denied = role(allow([READ, DECRYPT]), {"Sid": "No", **allow("*", KEY), "Effect": "Deny"})
    [(words, caution)] = [found for found in cautions(denied).items() if "No" in found[0]]
    assert (" from " in words) is ("it refuses no longer" in caution)


def test_a_whole_account_that_is_let_in_is_said() -> None:
    account, root = MadeAccount(), "arn:aws:iam::444444444444:root"
    account.secret_policy = [allow("secretsmanager:DescribeSecret", Principal={"AWS": root})]
    account.key_policy = [allow("kms:*", Principal={"AWS": root})]
    found = cautions(account, "any principal of account 444444444444")
    assert found
    assert all("every role and user there" in caution for caution in found.values())


def tagged_only(value: str) -> dict[str, Any]:
    return {"StringEquals": {"aws:PrincipalTag/team": value}}


def shared_key_policy() -> MadeAccount:
    """The key policy lets in roles by their tag; another role has that of the subject."""
    account = MadeAccount()
    for name in ("subject", "another"):
        account.role(name, CAN_READ, expected=None, tags={"team": "dev"})
    account.role("third", policy(allow(READ, SECRET)), expected=None, tags={"team": "ops"})
    account.key_policy = [
        allow(DECRYPT, Principal={"AWS": "*"}, Condition=tagged_only("ops"), Sid="Teams")
    ]
    return account


def test_a_value_in_a_condition_of_the_key_policy_says_who_else_gains() -> None:
    offers = explained(shared_key_policy()).offers
    [wider] = [offer for offer in offers if "aws:PrincipalTag/team" in offer.steps[0].words[0]]
    assert "role/another (read it)" in wider.others
    assert "role/subject" not in wider.others
    assert wider.lets_in


def test_what_others_share_and_nobody_else_gains_by_is_said() -> None:
    account = role(allow(READ, SECRET))
    account.role("another", CAN_READ, expected=None)
    account.key_policy = [allow(DECRYPT, Principal={"AWS": f"{ROLE}-2"})]
    named = [offer for offer in explained(account).offers if offer.others]
    assert named
    assert {offer.others for offer in named} == {
        "Nobody else gains or loses by it, of all that are seen."
    }
    assert not any(offer.lets_in for offer in named)


def test_of_a_policy_of_its_own_nothing_is_said_of_others() -> None:
    offers = explained(role(allow("s3:*"))).offers
    assert offers[0].others == ""


def test_whom_else_a_change_of_a_group_shuts_out_is_said() -> None:
    account = MadeAccount()
    account.groups["ops"] = Group((Document("all", CAN_READ),), ())
    title = account.user("mallory", expected=True, groups=["ops"])
    account.user("bob", expected=True, groups=["ops"])
    account.secret_policy = [allow(READ, Principal={"AWS": title})]
    denied, taken = explained(account, title=title).offers
    assert "of group ops" in taken.steps[0].words[0]
    assert (denied.others, taken.others) == ("", "It shuts others out as well: user/bob (read it).")


def test_a_policy_of_aws_is_detached_from_the_group_that_has_it() -> None:
    account, arn = MadeAccount(), "arn:aws:iam::aws:policy/reads"
    account.policies[arn] = Document("reads", policy(allow([READ, DECRYPT])), arn)
    account.groups["ops"] = Group((), (arn,))
    for name in ("bob", "mallory"):
        title = account.user(name, expected=True, groups=["ops"])
    account.role("another", attached=(arn,), expected=True)
    [detached] = [o for o in explained(account, title=title).offers if o.others]
    assert detached.steps[0].words == ("Detach reads from the group by which user mallory has it.",)
    assert detached.others == "It shuts others out as well: user/bob (read it)."


@pytest.mark.parametrize("owner", ["aws", ACCOUNT])
def test_of_a_policy_that_is_detached_from_it_alone_nothing_is_said_of_others(owner: str) -> None:
    account, arn = MadeAccount(), f"arn:aws:iam::{owner}:policy/reads"
    account.policies[arn] = Document("reads", policy(allow(READ)), arn)
    for name in ("subject", "another"):
        account.role(name, policy(allow(DECRYPT)), attached=(arn,), expected=True)
    [detached] = [o for o in explained(account).offers if "detach" in o.steps[0].cli]
    assert detached.others == ""
    assert ("detaches it, from this role alone" in detached.steps[0].caution) is (owner != "aws")


def test_who_else_gains_is_not_guessed_where_the_account_is_not_seen() -> None:
    denied = Denied(AwsCall("iam:GetAccountAuthorizationDetails"), "iam:GetAccountAuthorization")
    offers = explained(shared_key_policy(), details=denied).offers
    told = [offer for offer in offers if offer.others]
    assert told
    for offer in told:
        assert "Who else gains or loses by it was not looked at" in offer.others
        assert offer.lets_in
