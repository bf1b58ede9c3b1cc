"""Whoever a change of policies does not concern has the same answers after it: over generated
accounts and changes, against asking everybody twice.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secrets_ui.domain.access.account import Group
from secrets_ui.domain.access.concerned import find_concerned
from secrets_ui.domain.access.evidence import AccessEvidence, Document, Known, Unreachable
from secrets_ui.domain.access.reach import Ability, Parser
from secrets_ui.domain.access.who import Everybody, who_can
from testkit.accounts import (
    ACCOUNT,
    CALL,
    CAN_READ,
    DECRYPT,
    KEY,
    READ,
    SECRET,
    MadeAccount,
    allow,
    make_account,
    policy,
)
from testkit.managed_key_accounts import (
    GUARDED,
    MANAGED_KEY,
    ManagedKeyAccount,
    make_managed_key_account,
)

OTHER, NOW = "444444444444", datetime(2026, 11, 30, tzinfo=UTC)
TAGS = {"StringEquals": {"secretsmanager:ResourceTag/team": "web"}}
CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"StringEquals": {"aws:PrincipalTag/env": "prod"}},
    {"StringNotEquals": {"aws:PrincipalTag/env": ["prod", "dev"]}},
    {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/p1*"}},
    {"StringLike": {"aws:userid": "*:on-call-*"}},
    {"StringEquals": {"aws:PrincipalTag/env": "${aws:userid}"}},
    {"Null": {"aws:userid": "true"}},
    {"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}},
    {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    {"Null": {"aws:TokenIssueTime": "true"}},
    {"StringEquals": {"kms:CallerAccount": OTHER}},
    {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/env}"}},
    TAGS,
)
ACTIONS = (READ, DECRYPT, "secretsmanager:*", "kms:*", "*", "kms:GenerateDataKey",
           "iam:PutRolePolicy", "secretsmanager:DeleteSecret")  # fmt: skip
KEYS = ("*", "*", SECRET, KEY, MANAGED_KEY, f"arn:aws:kms:us-west-2:{OTHER}:key/ffff")


class Chance(Random):
    """What a policy may hold."""

    def statement(self, account: MadeAccount | None = None) -> dict[str, Any]:
        """With a principal where there is an account."""
        found: dict[str, Any] = {
            "Effect": self.choice(["Allow", "Allow", "Deny"]),
            "Action": self.sample(ACTIONS, self.randint(1, 2)),
            "Resource": self.choice(KEYS),
        }
        if condition := self.choice(CONDITIONS):
            found["Condition"] = condition
        if account:
            name = "NotPrincipal" if self.random() < 0.15 else "Principal"
            found[name] = self.choice(
                ["*", {"AWS": self.whom(account)}, {"AWS": self.whom(account)}]
            )
        return found

    def whom(self, account: MadeAccount) -> list[str]:
        roles = [p.identity.arn for p in account.principals] or [f"arn:aws:iam::{ACCOUNT}:role/x"]
        role = self.choice(roles)
        session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/night-shift"
        outside = f"arn:aws:iam::{OTHER}:role/p{self.randint(0, 9)}"
        several = [
            role,
            self.choice(roles),
            f"arn:aws:iam::{ACCOUNT}:root",
            session,
            outside,
            OTHER,
        ]
        return self.sample(several, self.randint(1, 3))

    def text(self, account: MadeAccount | None = None) -> str:
        """Seldom none that can be parsed."""
        if self.random() < 0.05:
            return "{"
        found = policy(*[self.statement(account) for _ in range(self.randint(0, 3))])
        return found.replace("2012-10-17", "2008-10-17") if self.random() < 0.2 else found

    def altered(self, statements: list[dict[str, Any]], account: MadeAccount) -> None:
        """One statement more, one less, or one that is otherwise in a part."""
        kind = self.choice(["more", "less", "part", "part"])
        if kind == "more" or not statements:
            statements.append(self.statement(account))
        elif kind == "less":
            statements.pop(self.randrange(len(statements)))
        else:
            number, other = self.randrange(len(statements)), self.statement(account)
            part = self.choice(["Effect", "Action", "Resource", "Condition", "Principal"])
            kept = {key: value for key, value in statements[number].items() if key != part}
            statements[number] = kept | ({part: other[part]} if part in other else {})


def _secret_policy(chance: Chance, account: MadeAccount) -> dict[str, Any]:
    chance.altered(account.secret_policy, account)
    return {}


def _key_policy(chance: Chance, account: MadeAccount) -> dict[str, Any]:
    chance.altered(account.key_policy, account)
    return {}


def _typed(chance: Chance, account: MadeAccount) -> dict[str, Any]:
    name = chance.choice(["resource_policy", "key_policy"])
    return {name: Known(chance.text(account), CALL)}


def _unread(chance: Chance, account: MadeAccount) -> dict[str, Any]:
    return {chance.choice(["resource_policy", "key_policy", "grants"]): Unreachable(CALL, "late")}


def _grants(chance: Chance, account: MadeAccount) -> dict[str, Any]:
    if account.grants and chance.random() < 0.5:
        account.grants.pop(chance.randrange(len(account.grants)))
    else:
        account.granted(chance.whom(account)[0])
    return {}


def _tags(chance: Chance, account: MadeAccount) -> dict[str, Any]:
    secret = account.evidence().secret
    assert isinstance(secret, Known)
    tags = {"team": chance.choice(["web", "prod"])}
    return {"secret": Known(replace(secret.value, tags=tags), CALL)}


def _managed(chance: Chance, account: MadeAccount) -> dict[str, Any]:
    if account.policies:
        arn = chance.choice(sorted(account.policies))
        account.policies[arn] = Document(arn.rpartition("/")[2], chance.text(), arn)
    return {}


def _group(chance: Chance, account: MadeAccount) -> dict[str, Any]:
    if account.groups:
        attached = tuple(chance.sample(sorted(account.policies), min(1, len(account.policies))))
        inline = (Document("g", chance.text()),) if chance.random() < 0.5 else ()
        account.groups[chance.choice(sorted(account.groups))] = Group(inline, attached)
    return {}


def _inline(chance: Chance, account: MadeAccount) -> dict[str, Any]:
    if account.principals:
        number = chance.randrange(len(account.principals))
        inline = (Document("own-0", chance.text()),)
        account.principals[number] = replace(account.principals[number], inline=inline)
    return {}


Alter = Callable[[Chance, MadeAccount], dict[str, Any]]
CHANGES: dict[str, Alter] = {
    "the secret's policy": _secret_policy,
    "the key policy": _key_policy,
    "a typed policy": _typed,
    "what is not read": _unread,
    "grants": _grants,
    "the secret's tags": _tags,
    "a managed policy": _managed,
    "a group": _group,
    "an inline policy": _inline,
}


def made(chance: Chance, principals: int) -> tuple[MadeAccount, dict[str, Any]]:
    """An account with more statements by chance, in each policy; and what its evidence has else."""
    make = make_account if chance.random() < 0.7 else make_managed_key_account
    account = make(chance.randint(0, 2**32), principals)
    shared = account.managed("shared", chance.text())
    limit = account.managed("limit", chance.text())
    for number in range(principals):
        account.role(
            *(f"more-{number}", chance.text()),
            expected=None,
            attached=(shared,) if chance.random() < 0.5 else (),
            boundary=limit if chance.random() < 0.3 else "",
            tags={"env": chance.choice(["prod", "dev", "web"])},
        )
    for _ in range(chance.randint(0, 3)):
        chance.altered(account.secret_policy, account)
        chance.altered(account.key_policy, account)
    is_untold = isinstance(account, ManagedKeyAccount) and chance.random() < 0.5
    more = {"key": Unreachable(CALL, "late")} if is_untold else {}
    return account, more | ({"organization": GUARDED} if chance.random() < 0.5 else {})


Answer = tuple[str, Ability]  # about whom, and about what


def evidence_of(account: MadeAccount, more: dict[str, Any]) -> AccessEvidence:
    return replace(account.evidence(), read_at=NOW, **more)


def asked(evidence: AccessEvidence, account: MadeAccount) -> dict[Answer, bool | None]:
    """Everybody's answers."""
    rows = who_can(evidence, account.details).rows
    return {(row.title, of): verdict.can for row in rows for of, verdict in row.verdicts.items()}


def concerned(
    before: tuple[AccessEvidence, MadeAccount], after: tuple[AccessEvidence, MadeAccount]
) -> set[Answer]:
    """The answers that may differ."""
    parse = Parser()
    was, now = (Everybody(evidence, of.details, parse) for evidence, of in (before, after))
    found = [(each.was or each.now, each.abilities) for each in find_concerned(was, now)]
    return {(one.title, ability) for one, abilities in found if one for ability in abilities}


def check(seed: int, principals: int, changes: list[str]) -> tuple[set[Answer], set[Answer]]:
    """Which answers may differ, and which do."""
    chance = Chance(seed)
    account, more = made(chance, principals)
    other, changed = deepcopy(account), dict(more)
    for name in changes:
        changed |= CHANGES[name](chance, other)
    before, after = evidence_of(account, more), evidence_of(other, changed)
    was, now = asked(before, account), asked(after, other)
    # Nobody can do anything where no policy names them.
    differ = {
        answer
        for answer in was.keys() | now.keys()
        if was.get(answer, False) is not now.get(answer, False)
    }
    return concerned((before, account), (after, other)), differ


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    principals=st.integers(0, 12),
    changes=st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=2),
)
def test_whoever_is_not_concerned_has_the_same_answers(
    seed: int, principals: int, changes: list[str]
) -> None:
    found, differ = check(seed, principals, changes)
    assert differ <= found


def team(of: str) -> dict[str, Any]:
    return {"StringEquals": {"aws:PrincipalTag/team": of}}


def three_roles() -> MadeAccount:
    account = MadeAccount()
    for name in ("web", "ops", "dev"):
        account.role(name, CAN_READ, expected=True, tags={"team": name})
    return account


ROLES = f"arn:aws:iam::{ACCOUNT}:role"
DENY = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}
READS = {(f"{ROLES}/ops", Ability.READ), (f"{ROLES}/ops", Ability.PUT)}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        # By name, or by a condition: of others nothing is asked, nor of other abilities.
        ([], [allow(DECRYPT, Principal={"AWS": f"{ROLES}/ops"})], READS),
        ([], [allow(DECRYPT, Principal="*", Condition=team("ops"))], READS),
        # The same to all but one, whom an exception spares.
        (
            [DENY],
            [DENY | {"Condition": {"ArnNotEquals": {"aws:PrincipalArn": f"{ROLES}/ops"}}}],
            {(f"{ROLES}/ops", ability) for ability in Ability},
        ),
        # Another order, another Sid and a statement about nothing that is asked.
        (
            [DENY, allow(READ, Principal="*")],
            [allow(READ, Principal="*", Sid="All"), DENY, allow("s3:*", Principal="*")],
            set(),
        ),
    ],
)
def test_whom_a_policy_does_not_mean_it_does_not_concern(
    before: list[dict[str, Any]], after: list[dict[str, Any]], found: set[Answer]
) -> None:
    account = three_roles()
    kind = "resource_policy" if DENY in before else "key_policy"
    texts = [policy(*account.key_policy[:1], *statements) for statements in (before, after)]
    was, now = (evidence_of(account, {kind: Known(text, CALL)}) for text in texts)
    listed = {principal.title for principal in account.principals}
    told = concerned((was, account), (now, account))
    assert {answer for answer in told if answer[0] in listed} == found


def test_a_managed_policy_concerns_those_who_have_it_and_in_what_it_may_turn() -> None:
    account = three_roles()
    arn = account.managed("shared", CAN_READ)
    account.role("holder", attached=(arn,), expected=True)
    other = deepcopy(account)
    other.managed("shared", policy(allow(READ, SECRET)))
    told = concerned((account.evidence(), account), (account.evidence(), other))
    assert told == {(f"{ROLES}/holder", Ability.READ), (f"{ROLES}/holder", Ability.PUT)}


def test_whoever_is_named_in_another_way_is_concerned() -> None:
    """A role by itself, and then by its account, which leaves it to IAM."""
    account = three_roles()
    before, after = deepcopy(account), deepcopy(account)
    before.key_policy = [allow(DECRYPT, Principal={"AWS": f"{ROLES}/ops"})]
    after.key_policy = [allow(DECRYPT, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})]
    told = concerned((before.evidence(), before), (after.evidence(), after))
    assert told >= READS


def test_tags_of_the_secret_concern_whose_policies_ask_for_them() -> None:
    account = three_roles()
    tagged = policy(allow(READ, SECRET, Condition=TAGS), allow(DECRYPT, KEY))
    account.role("tagged", tagged, expected=False)
    changed = evidence_of(account, _tags(Chance(1), account))
    assert concerned((evidence_of(account, {}), account), (changed, account)) == {
        (f"{ROLES}/tagged", Ability.READ)
    }


def test_a_grant_concerns_its_grantee() -> None:
    account = three_roles()
    account.key_policy = [allow("kms:DescribeKey", Principal={"AWS": f"{ROLES}/web"})]
    other = deepcopy(account)
    other.granted(f"{ROLES}/ops")
    assert concerned((account.evidence(), account), (other.evidence(), other)) == READS


def named(operator: str, *names: str) -> dict[str, Any]:
    return {operator: {"aws:userid": [f"*:{name}" for name in names]}}


def test_a_session_name_in_a_statement_for_others_concerns_everybody() -> None:
    """It is tried for everybody, and may be the one that fits more policies of somebody else than
    are tried together.
    """
    account = three_roles()
    nightly = allow(READ, SECRET, Condition=named("StringLike", "night-*"))
    account.role("nightly", policy(nightly, allow(DECRYPT, KEY)), expected=True)
    account.secret_policy = [
        DENY | {"Condition": named("StringNotLike", f"*-{letter}-*")} for letter in "abcdefgh"
    ]
    other = deepcopy(account)
    name = named("StringLike", "night-a-b-c-d-e-f-g-h-shift")
    other.secret_policy.append(allow(READ, Principal={"AWS": f"{ROLES}/web"}, Condition=name))
    before, after = account.evidence(), other.evidence()
    turned = (f"{ROLES}/nightly", Ability.READ)
    assert [asked(before, account)[turned], asked(after, other)[turned]] == [None, True]
    assert turned in concerned((before, account), (after, other))
