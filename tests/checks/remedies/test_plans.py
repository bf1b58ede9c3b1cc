"""Plans: over generated policies, each makes who-can-read give the opposite answer."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secrets_ui.checks.remedies.plans import Plan, plans
from secrets_ui.domain.access.evidence import AccessEvidence, Known
from secrets_ui.domain.access.reach import Ability
from secrets_ui.domain.access.who import who_can
from testkit.accounts import (
    ACCOUNT,
    CALL,
    CAN_READ,
    DECRYPT,
    KEY,
    PLANTS,
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

ROOT, ELSEWHERE = f"arn:aws:iam::{ACCOUNT}:root", "arn:aws:iam::444444444444:role/backup"
PUT = "secretsmanager:PutSecretValue"
ACTIONS = [READ, DECRYPT, [READ, DECRYPT], [READ, PUT], "secretsmanager:*", "kms:*", "*"]
RESOURCES = [
    "*",
    SECRET,
    KEY,
    f"{SECRET[:-15]}config-AbCdEf",
    f"{SECRET[:-6]}${{aws:PrincipalTag/x}}",
]
CONDITIONS: list[dict[str, Any]] = [
    *({}, {}, {}),
    {"StringEquals": {"aws:PrincipalTag/env": "prod"}},
    {"StringNotEquals": {"aws:PrincipalTag/env": "prod"}},
    {"StringEquals": {"aws:ResourceTag/env": "${aws:PrincipalTag/env}"}},
    {"ArnNotEquals": {"aws:PrincipalArn": ELSEWHERE}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"Bool": {"aws:SecureTransport": "false"}},
]
PRINCIPALS: list[Any] = ["*", {"AWS": ROLE}, {"AWS": [ROLE, ELSEWHERE]}, {"AWS": ROOT}]
PRINCIPALS += [{"AWS": [ELSEWHERE]}]


@st.composite
def statements(draw: st.DrawFn, **more: st.SearchStrategy[Any]) -> dict[str, Any]:
    made = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        "Action": draw(st.sampled_from(ACTIONS)),
        "Resource": draw(st.sampled_from(RESOURCES)),
        **{name: draw(strategy) for name, strategy in more.items()},
    }
    condition = draw(st.sampled_from(CONDITIONS))
    return made | ({"Condition": condition} if condition else {})


OWN = st.lists(statements(), max_size=3)
OF_RESOURCE = st.lists(statements(Principal=st.sampled_from(PRINCIPALS)), max_size=2)


@st.composite
def accounts(draw: st.DrawFn) -> MadeAccount:
    account = MadeAccount()
    limit = draw(st.one_of(st.none(), st.just([allow("*")]), OWN))
    account.role(
        "subject",
        *(policy(*found) for found in draw(st.lists(OWN, max_size=2))),
        expected=None,
        boundary=account.managed("limit", policy(*limit)) if limit else "",
        attached=(account.managed("shared", policy(*draw(OWN))),),
        tags=draw(st.sampled_from([{}, {"env": "dev"}, {"env": "prod"}])),
        **draw(st.sampled_from([{}, {}, {"trust": TAGGED}])),
    )
    account.secret_policy = draw(OF_RESOURCE)
    account.key_policy += draw(OF_RESOURCE)
    return account


def answer_after(account: MadeAccount, plan: Plan, title: str, ability: Ability) -> bool | None:
    """What the table of everybody says with the changed policies, tags and grants in place."""
    after, evidence = plan.after, account.evidence()
    evidence = replace(
        evidence,
        secret=after.secret,
        resource_policy=after.resource_policy,
        key_policy=after.key_policy,
        grants=after.grants,
    )
    details = account.details
    changed = [
        p if p.identity.arn != title else _changed(p, after) for p in details.value.principals
    ]
    policies = dict(details.value.policies)
    if isinstance(after.boundary, Known):
        policies[after.boundary.value.arn] = after.boundary.value
    there = replace(details.value, principals=tuple(changed), policies=policies)
    rows = {row.title: row for row in who_can(evidence, Known(there, CALL)).rows}
    # Whoever no policy names any more is in no row.
    return rows[title].verdicts[ability].can if title in rows else False


def _changed(principal: Any, after: AccessEvidence) -> Any:
    documents = [found.value for found in after.documents.values() if isinstance(found, Known)]
    return replace(
        principal, identity=after.role.value, inline=tuple(documents), attached=(), groups=()
    )


@pytest.mark.slow
@settings(max_examples=60)
@given(account=accounts(), ability=st.sampled_from([Ability.READ, Ability.READ, *Ability]))
def test_each_plan_turns_the_answer_round(account: MadeAccount, ability: Ability) -> None:
    question = question_about(account, ROLE, ability)
    evidence = question.about_it(account.evidence())
    before = question.ask(evidence)
    assert before == question.row.verdicts[ability]
    found = plans(question, evidence)
    if before.can is None:
        assert found == ()
    for plan in found:
        assert answer_after(account, plan, ROLE, ability) is (not before.can)


@pytest.mark.parametrize("kind", PLANTS)
def test_each_kind_of_path_can_be_opened_and_closed(kind: str) -> None:
    account = make_account(1, 1, (kind,))
    [row] = who_can(account.evidence(), account.details).rows
    question = question_about(account, row.title, Ability.READ)
    found = plans(question, question.about_it(account.evidence()))
    assert bool(found) is (row.read.can is not None)
    for plan in found:
        assert answer_after(account, plan, row.title, Ability.READ) is (not row.read.can)


def words_of(account: MadeAccount, title: str = ROLE) -> list[list[str]]:
    question = question_about(account, title, Ability.READ)
    found = plans(question, question.about_it(account.evidence()))
    return [[change.words for change in plan.changes] for plan in found]


def test_the_smallest_comes_first_and_is_as_narrow_as_it_can_be() -> None:
    account = MadeAccount()
    account.role("subject", policy(allow(READ, SECRET)), expected=False)
    account.key_policy.append(allow(DECRYPT, Principal={"AWS": [ELSEWHERE]}, Sid="Readers"))
    assert words_of(account) == [
        [f"Allow kms:Decrypt on {KEY} in an inline policy of role subject."],
        [f"Add {ROLE} to statement Readers of the key policy."],
    ]


def test_a_tag_that_is_missing_is_the_smallest_change() -> None:
    account = MadeAccount()
    condition = {"StringEquals": {"aws:PrincipalTag/env": "prod"}}
    account.role("subject", policy(allow([READ, DECRYPT], Condition=condition)), expected=False)
    assert words_of(account)[0] == ["The role subject lacks the tag env: give it env=prod."]


def test_a_deny_is_lifted_before_anything_is_allowed() -> None:
    account = MadeAccount()
    account.role("subject", policy(allow(DECRYPT, KEY)), expected=False)
    account.secret_policy.append(
        {"Sid": "Guard", "Effect": "Deny", "Principal": "*", "Action": READ, "Resource": "*"}
    )
    first = words_of(account)[0]
    assert first[0] == "Exclude subject from statement Guard of the secret's policy."
    assert first[1].startswith(f"Allow {READ} on {SECRET[:-6]}??????")


def test_what_leaves_the_key_to_iam_is_never_taken_out() -> None:
    account = MadeAccount()
    account.role("subject", CAN_READ, expected=True)
    taken = [words for plan in words_of(account) for words in plan]
    assert not [words for words in taken if "Account" in words]
    assert taken[1] == "Remove statement number 1 from policy own-0."


def test_nothing_is_offered_that_lets_anybody_in() -> None:
    account = MadeAccount()
    account.secret_policy.append(allow(READ, Principal="*"))
    account.expected = {}
    found = who_can(account.evidence(), account.details)
    for row in found.rows:
        question = question_about(account, row.title, Ability.READ)
        assert plans(question, question.about_it(account.evidence())) == ()
