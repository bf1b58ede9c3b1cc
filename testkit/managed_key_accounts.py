"""Accounts with a secret under the key aws/secretsmanager: everybody of the account may use that
through Secrets Manager, whom nothing denies it. Made by chance, and known by construction.
"""

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from secrets_ui.domain.access.account import Group
from secrets_ui.domain.access.evidence import AccessEvidence, Key, Known, NotAsked, Organization
from secrets_ui.domain.secrets.secret import SecretVersion
from testkit.accounts import (
    ACCOUNT,
    CALL,
    DECRYPT,
    KEY,
    NOTHING,
    READ,
    SECRET,
    TAGGED,
    MadeAccount,
    Plant,
    allow,
    policy,
)
from testkit.organizations import FULL, deny, organization

MANAGED_KEY = KEY.replace("1234abcd", "aaaaaaaa")
READS = policy(allow(READ, SECRET))
VIA = {"kms:ViaService": "secretsmanager.us-west-2.amazonaws.com"}
_NOT_ASKED = NotAsked("a customer managed key")
_GUARDED = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/guarded-*"}}
GUARDED: Known[Organization] = organization(
    FULL.text,
    policy(deny(DECRYPT, Condition=_GUARDED)),
    # No RCP applies to this key.
    rcps=(policy(deny("kms:*", Principal="*")),),
)
"""An organization in which some roles may not decrypt."""


class ManagedKeyAccount(MadeAccount):
    def evidence(self, **changes: Any) -> AccessEvidence:
        found = super().evidence()
        secret = replace(found.secret.value, kms_key_id="")
        version = SecretVersion("a" * 64, ("AWSCURRENT",), kms_key_ids=("DefaultEncryptionKey",))
        managed: dict[str, Any] = {
            "secret": Known(secret, CALL),
            "versions": Known((version,), CALL),
            "key": Known(Key(MANAGED_KEY, "Enabled", "AWS"), CALL),
            "key_policy": _NOT_ASKED,
            "grants": _NOT_ASKED,
            "organization": GUARDED,
        }
        return replace(found, **(managed | changes))


def _denied(expected: bool | None, action: str = DECRYPT, **more: object) -> Plant:
    text = policy({**deny(action), **more})
    return lambda account, name: account.role(name, READS, text, expected=expected)


def _all_but(key: str) -> dict[str, object]:
    return {"Effect": "Deny", "Action": DECRYPT, "NotResource": key}


def _bounded(expected: bool, *statements: dict[str, object]) -> Plant:
    def plant(account: MadeAccount, name: str) -> None:
        limit = account.managed(f"limit-{name}", policy(allow(READ, SECRET), *statements))
        account.role(name, READS, expected=expected, boundary=limit)

    return plant


def _in_group(account: MadeAccount, name: str) -> None:
    account.groups[f"of-{name}"] = Group((), (account.managed(f"group-{name}", READS),))
    account.user(name, expected=True, groups=[f"of-{name}"])


def _denied_in_group(account: MadeAccount, name: str) -> None:
    text = policy(deny("kms:*"))
    account.groups[f"of-{name}"] = Group((), (account.managed(f"group-{name}", text),))
    account.user(name, READS, expected=False, groups=[f"of-{name}"])


def _by_secret_policy(account: MadeAccount, name: str) -> None:
    arn = account.role(name, NOTHING, expected=True)
    account.secret_policy.append(allow(READ, Principal={"AWS": arn}))


def _outsider(account: MadeAccount, name: str) -> None:
    arn = f"arn:aws:iam::444444444444:role/{name}"
    account.secret_policy.append(allow(READ, Principal={"AWS": arn}))
    account.expected[arn] = False


def _tagged_session(account: MadeAccount, name: str) -> None:
    unlike = {"StringNotEquals": {"aws:PrincipalTag/env": "prod"}}
    text = policy(deny(DECRYPT, Condition=unlike))
    account.role(name, READS, text, expected=None, trust=TAGGED)


_ALIASES = {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/aws/*"}}
_ON_CALL = {"StringNotLike": {"aws:userid": "*:on-call-*"}}
_OFFICE = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}

MANAGED_PLANTS: Mapping[str, Plant] = {
    "nothing": lambda account, name: account.role(name, NOTHING, expected=False),
    "identity": lambda account, name: account.role(name, READS, expected=True),
    "user": lambda account, name: account.user(name, READS, expected=True),
    "group": _in_group,
    "secret policy": _by_secret_policy,
    "outsider": _outsider,
    "denied": _denied(False),
    "all of KMS denied": _denied(False, "kms:*"),
    "denied by ARN": _denied(False, Resource=MANAGED_KEY),
    "another key denied": _denied(True, Resource=KEY),
    "all but another key denied": lambda account, name: account.role(
        name, READS, policy(_all_but(KEY)), expected=False
    ),
    "all but this key denied": lambda account, name: account.role(
        name, READS, policy(_all_but(MANAGED_KEY)), expected=True
    ),
    "denied by alias": _denied(False, Condition=_ALIASES),
    "denied for want of a tag": _denied(
        False, Condition={"StringNotEquals": {"aws:ResourceTag/team": "web"}}
    ),
    "denied outside Secrets Manager": _denied(True, Condition={"StringNotEquals": VIA}),
    "denied through Secrets Manager": _denied(False, Condition={"StringEquals": VIA}),
    "denied to other sessions": _denied(True, Condition=_ON_CALL),
    "denied outside the office": _denied(None, Condition=_OFFICE),
    "denied to other tags of a session": _tagged_session,
    "new values denied": _denied(True, "kms:GenerateDataKey"),
    "denied by group": _denied_in_group,
    "boundary denies": _bounded(False, deny(DECRYPT)),
    "boundary does not name the key": _bounded(True),
    "SCP denies": lambda account, name: account.role(f"guarded-{name}", READS, expected=False),
    "malformed": lambda account, name: account.role(name, READS, "{", expected=None),
}


def make_managed_key_account(
    seed: int, principals: int, kinds: tuple[str, ...] = tuple(MANAGED_PLANTS)
) -> ManagedKeyAccount:
    """An account with so many planted paths, one of them for each role, user or outsider."""
    chance, account = Random(seed), ManagedKeyAccount()
    for number in range(principals):
        MANAGED_PLANTS[chance.choice(kinds)](account, f"p{number}")
    chance.shuffle(account.principals)
    return account
