"""Accounts of any size, made by chance: roles, users and outsiders with planted paths to a secret.

Of each it is known by construction whether it can read, and so what who-can-read has to answer.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from secrets_ui.domain.access.account import AccountDetails, Group, Principal
from secrets_ui.domain.access.evidence import AccessEvidence, Document, Key, Known, Role
from secrets_ui.domain.access.question import Question
from secrets_ui.domain.access.reach import Ability
from secrets_ui.domain.access.who import find_principal
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsCall
from secrets_ui.domain.iam import Grant
from secrets_ui.domain.secrets.catalog import SecretSpec
from secrets_ui.domain.secrets.secret import Secret, SecretVersion
from secrets_ui.services.access.gathered import Gathered

ACCOUNT, REGION, NAME = "111111111111", "us-west-2", "miyabi/prod/api-keys"
ENVIRONMENT = Environment(
    "prod",
    REGION,
    ACCOUNT,
    "miyabi/prod/",
    f"arn:aws:iam::{ACCOUNT}:role/miyabi-console",
    who_can_read=True,
)
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{NAME}-AbCdEf"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
READ, DECRYPT = "secretsmanager:GetSecretValue", "kms:Decrypt"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/subject"  # whom a test asks about
CALL = AwsCall("iam:GetAccountAuthorizationDetails")
Statement = dict[str, Any]


def allow(actions: object, resources: object = "*", **more: object) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def policy(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


CAN_READ = policy(allow(READ, SECRET), allow(DECRYPT, KEY))
NOTHING = policy(allow("logs:*"), allow(["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::*"))
TRUST = policy({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole"})  # fmt: skip
TAGGED = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT},
                 "Action": ["sts:AssumeRole", "sts:TagSession"]})  # fmt: skip


@dataclass
class MadeAccount:
    """`expected` says by ARN, or by an outsider's title, whether it can read."""

    principals: list[Principal] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    policies: dict[str, Document] = field(default_factory=dict)
    secret_policy: list[Statement] = field(default_factory=list)
    key_policy: list[Statement] = field(
        default_factory=lambda: [
            allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Sid="Account")
        ]
    )
    grants: list[Grant] = field(default_factory=list)
    expected: dict[str, bool | None] = field(default_factory=dict)
    pages: int = 1

    @property
    def details(self) -> Known[AccountDetails]:
        found = AccountDetails(tuple(self.principals), self.groups, self.policies, self.pages)
        return Known(found, CALL)

    def evidence(self, **changes: Any) -> AccessEvidence:
        version = SecretVersion("a" * 64, ("AWSCURRENT",), kms_key_ids=(KEY,))
        labels = {version.version_id: version.labels}
        answers: Mapping[str, Any] = {
            "secret": Secret(SECRET, NAME, REGION, KEY, versions=labels, primary_region=REGION),
            "versions": (version,),
            "resource_policy": policy(*self.secret_policy) if self.secret_policy else "",
            "alias": Key(KEY, "Enabled"),
            "key": Key(KEY, "Enabled"),
            "key_policy": policy(*self.key_policy),
            "grants": tuple(self.grants),
        }
        known = {name: Known(value, CALL) for name, value in answers.items()}
        return Gathered(known | changes).evidence(
            ENVIRONMENT, NAME, SecretSpec("api-keys"), pending=(), value_was_read=False, seconds=0.0
        )

    def role(
        self,
        name: str,
        *documents: str,
        expected: bool | None,
        boundary: str = "",
        tags: Mapping[str, str] | None = None,
        trust: str = TRUST,
        attached: tuple[str, ...] = (),
    ) -> str:
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        identity = Role(arn, f"AROA{name.upper():X<16}", trust, boundary, tags or {})
        inline = tuple(Document(f"own-{n}", text) for n, text in enumerate(documents))
        used = datetime(2026, 11, 20, tzinfo=UTC)
        self.principals.append(Principal(identity, inline, attached, last_used=used))
        self.expected[arn] = expected
        return arn

    def user(self, name: str, *documents: str, expected: bool | None, groups: Any = ()) -> str:
        arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
        inline = tuple(Document(f"own-{n}", text) for n, text in enumerate(documents))
        identity = Role(arn, f"AIDA{name.upper():X<16}", "")
        self.principals.append(Principal(identity, inline, (), tuple(groups)))
        self.expected[arn] = expected
        return arn

    def managed(self, name: str, text: str) -> str:
        arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
        self.policies[arn] = Document(name, text, arn)
        return arn

    def granted(self, grantee: str) -> None:
        listed = {"Name": "g", "KeyId": KEY, "GranteePrincipal": grantee, "Operations": ["Decrypt"]}
        self.grants.append(Grant.of(listed))


Plant = Callable[[MadeAccount, str], object]


def _by_boundary(account: MadeAccount, name: str, text: str, expected: bool) -> object:
    return account.role(
        name, CAN_READ, expected=expected, boundary=account.managed(f"limit-{name}", text)
    )


def _by_group(account: MadeAccount, name: str) -> object:
    account.groups[f"of-{name}"] = Group((), (account.managed(f"group-{name}", CAN_READ),))
    return account.user(name, expected=True, groups=[f"of-{name}"])


def _by_grant(account: MadeAccount, name: str) -> None:
    account.granted(account.role(name, policy(allow(READ, SECRET)), expected=True))


def _by_secret_policy(account: MadeAccount, name: str) -> None:
    arn = account.role(name, policy(allow(DECRYPT, KEY)), expected=True)
    account.secret_policy.append(allow(READ, Principal={"AWS": arn}))


def _by_session(account: MadeAccount, name: str) -> None:
    account.role(name, policy(allow(DECRYPT, KEY)), expected=True)
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/night-shift"
    account.secret_policy.append(allow(READ, Principal={"AWS": session}))


def _by_session_name(account: MadeAccount, name: str) -> object:
    condition = {"StringLike": {"aws:userid": "*:on-call-*"}}
    return account.role(name, policy(allow([READ, DECRYPT], Condition=condition)), expected=True)


def _by_stage(account: MadeAccount, name: str) -> object:
    condition = {"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}
    current = allow(READ, SECRET, Condition=condition)
    return account.role(name, policy(current, allow(DECRYPT, KEY)), expected=True)


def _by_tag(expected: bool | None, trust: str, tags: Mapping[str, str]) -> Plant:
    text = policy(
        allow([READ, DECRYPT], Condition={"StringEquals": {"aws:PrincipalTag/env": "prod"}})
    )
    return lambda account, name: account.role(name, text, expected=expected, trust=trust, tags=tags)


def _from_address(account: MadeAccount, name: str) -> object:
    condition = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    return account.role(name, policy(allow([READ, DECRYPT], Condition=condition)), expected=None)


def _denied(account: MadeAccount, name: str) -> object:
    deny = policy({"Effect": "Deny", "Action": "secretsmanager:Get*", "Resource": "*"})
    return account.role(name, CAN_READ, deny, expected=False)


def _outsider(expected: bool, *, key: bool) -> Plant:
    def plant(account: MadeAccount, name: str) -> None:
        arn = f"arn:aws:iam::444444444444:role/{name}"
        account.secret_policy.append(allow(READ, Principal={"AWS": arn}))
        if key:
            account.key_policy.append(allow(DECRYPT, Principal={"AWS": arn}))
        account.expected[arn] = expected

    return plant


def _outsider_by_grant(account: MadeAccount, name: str) -> None:
    arn = f"arn:aws:iam::555555555555:user/{name}"
    account.secret_policy.append(allow(READ, Principal={"AWS": arn}))
    account.granted(arn)
    account.expected[arn] = True


def _account_by_condition(account: MadeAccount, name: str) -> None:
    other = f"6{sum(name.encode()) * 7919:011d}"
    condition = {"StringEquals": {"aws:PrincipalAccount": other}}
    for statements, action in ((account.secret_policy, READ), (account.key_policy, DECRYPT)):
        statements.append(allow(action, Principal="*", Condition=condition))
    account.expected[f"any principal of account {other}"] = True


PLANTS: Mapping[str, Plant] = {
    "nothing": lambda account, name: account.role(name, NOTHING, expected=False),
    "identity": lambda account, name: account.role(name, CAN_READ, expected=True),
    "without the key": lambda account, name: account.role(
        name, policy(allow(READ, SECRET)), expected=False
    ),
    "managed": lambda account, name: account.role(
        name, attached=(account.managed(f"managed-{name}", CAN_READ),), expected=True
    ),
    "not listed": lambda account, name: account.role(
        name, attached=(f"arn:aws:iam::{ACCOUNT}:policy/gone-{name}",), expected=None
    ),
    "malformed": lambda account, name: account.role(name, "{", expected=None),
    "denied": _denied,
    "boundary": lambda account, name: _by_boundary(account, name, CAN_READ, True),
    "boundary cuts": lambda account, name: _by_boundary(account, name, NOTHING, False),
    "group": _by_group,
    "user": lambda account, name: account.user(name, CAN_READ, expected=True),
    "grant": _by_grant,
    "secret policy": _by_secret_policy,
    "session": _by_session,
    "session name": _by_session_name,
    "stage": _by_stage,
    "tag": _by_tag(True, TRUST, {"env": "prod"}),
    "no tag": _by_tag(False, TRUST, {"env": "dev"}),
    "tag of a session": _by_tag(None, TAGGED, {}),
    "address": _from_address,
    "outsider": _outsider(True, key=True),
    "outsider without the key": _outsider(False, key=False),
    "outsider by grant": _outsider_by_grant,
    "account by condition": _account_by_condition,
}  # fmt: skip


def make_account(seed: int, roles: int, kinds: tuple[str, ...] = tuple(PLANTS)) -> MadeAccount:
    """An account with so many planted paths, one of them for each role, user or outsider."""
    chance, account = Random(seed), MadeAccount()
    for number in range(roles):
        PLANTS[chance.choice(kinds)](account, f"p{number}")
    chance.shuffle(account.principals)
    return account


def question_about(
    account: MadeAccount,
    title: str = ROLE,
    ability: Ability = Ability.READ,
    evidence: AccessEvidence | None = None,
) -> Question:
    """About one principal; `evidence` is the account's, where nothing of it was changed."""
    found = find_principal(evidence or account.evidence(), account.details, title)
    return Question(found[0], ability, tuple(found[1]))
