"""Who gains and who loses by another text of one policy."""

from dataclasses import replace

import pytest

from secrets_ui.domain.access.evidence import AccessEvidence, Document, Known
from secrets_ui.domain.access.gains import find_turns
from secrets_ui.domain.access.reach import Ability
from testkit.accounts import (
    ACCOUNT,
    CALL,
    CAN_READ,
    DECRYPT,
    KEY,
    NOTHING,
    READ,
    MadeAccount,
    allow,
    policy,
)

LAMBDA = "miyabi-lambda-execution"
OUTSIDE = "arn:aws:iam::444444444444:role/backup"


def account_and_evidence() -> tuple[MadeAccount, AccessEvidence, str]:
    """The Lambda's role and another share a managed policy; a third may use the key alone."""
    account = MadeAccount()
    shared = account.managed("shared", CAN_READ)
    account.role(LAMBDA, NOTHING, attached=(shared,), expected=True)
    account.role("other", attached=(shared,), expected=True)
    account.role("key-user", policy(allow(DECRYPT, KEY)), expected=False)
    [lambda_, *_] = account.principals
    known = account.details.value.evidence_of(lambda_, CALL)
    evidence = replace(account.evidence(), role=known.role, documents=known.documents)
    return account, evidence, shared


def turns(location: str, text: str) -> list[tuple[str, tuple[Ability, ...], tuple[Ability, ...]]]:
    account, evidence, shared = account_and_evidence()
    found, gaps = find_turns(evidence, account.details, location.format(shared), text)
    assert gaps == ()
    return [(turn.row.name, turn.gains, turn.losses) for turn in found]


def test_a_managed_policy_changes_for_everybody_who_has_it() -> None:
    losses = (Ability.READ,)
    assert turns("identity:{}", NOTHING) == [
        ("role/miyabi-lambda-execution", (), losses),
        ("role/other", (), losses),
    ]
    assert turns("identity:{}", CAN_READ) == []


def test_an_inline_policy_changes_for_its_role_alone() -> None:
    text = policy(allow("secretsmanager:DeleteSecret"))
    assert turns("identity:own-0", text) == [
        ("role/miyabi-lambda-execution", (Ability.DELETE,), ())
    ]


def test_a_secret_s_policy_lets_outsiders_and_insiders_in() -> None:
    """Somebody outside needs the key's policy as well, which names nobody of theirs."""
    key_user = f"arn:aws:iam::{ACCOUNT}:role/key-user"
    text = policy(
        allow([READ, "secretsmanager:DeleteSecret"], Principal={"AWS": [key_user, OUTSIDE]})
    )
    assert turns("secret", text) == [
        ("role/backup", (Ability.DELETE,), ()),
        ("role/key-user", (Ability.READ, Ability.DELETE), ()),
    ]


def test_a_boundary_changes_for_everybody_who_has_it() -> None:
    account, evidence, _ = account_and_evidence()
    limit = account.managed("limit", CAN_READ)
    account.role("limited", CAN_READ, boundary=limit, expected=True)
    bound = Known(Document("limit", CAN_READ, limit), CALL)
    found, _ = find_turns(replace(evidence, boundary=bound), account.details, "boundary", NOTHING)
    assert [(turn.row.name, turn.losses) for turn in found] == [("role/limited", (Ability.READ,))]


def test_a_text_that_is_no_policy_can_be_told_of_nobody() -> None:
    account, evidence, _ = account_and_evidence()
    found, _ = find_turns(evidence, account.details, "key", "{")
    assert found
    assert {(turn.gains, turn.losses) for turn in found} == {((), ())}


def test_a_policy_that_is_not_on_the_path_is_refused() -> None:
    account, evidence, _ = account_and_evidence()
    with pytest.raises(LookupError):
        find_turns(evidence, account.details, "identity:none", "{}")
