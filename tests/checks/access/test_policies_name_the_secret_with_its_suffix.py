"""The trap of a secret's ARN without the six characters that end it."""

import json
from dataclasses import replace

import pytest

from secrets_ui.services.access.check import judge
from tests.checks.building import (
    MISSING,
    NAME,
    SECRET_ARN,
    document,
    evidence,
    finding,
    known,
    policy,
    secrets_statement,
    with_statement,
)

CHECK = "policies_name_the_secret_with_its_suffix"
BARE = SECRET_ARN.rpartition("-")[0]


@pytest.mark.parametrize("resource", [f"{BARE}-??????", f"{BARE}-*", f"{BARE}*", SECRET_ARN, "*"])
def test_what_covers_the_secret_passes(resource: str) -> None:
    assert finding(CHECK, secrets_statement("ReadSecrets", Resource=resource)).status == "pass"


@pytest.mark.parametrize(
    "resource",
    [
        BARE,
        [BARE, "arn:aws:secretsmanager:us-west-2:111111111111:secret:other-??????"],
        BARE.replace("us-west-2", "*"),
    ],
)
def test_the_bare_name_fails_and_the_main_check_is_skipped(resource: object) -> None:
    run = judge(secrets_statement("ReadSecrets", Resource=resource))
    found = run.finding(CHECK)
    assert (found.status, found.shown[0].marked) == ("fail", "Resource")
    assert run.finding("get_secret_value_is_allowed").status == "skipped"
    assert f"secret:{NAME}-??????" in found.remedy.cli


def test_the_characters_of_an_earlier_secret_fail() -> None:
    found = finding(CHECK, secrets_statement("ReadSecrets", Resource=f"{BARE}-OldOne"))
    assert found.status == "fail"
    assert "earlier secret" in found.text


@pytest.mark.parametrize("suffix", ["", "?", "?????", "???????"])
def test_a_pattern_of_another_length_than_six_fails(suffix: str) -> None:
    run = judge(secrets_statement("ReadSecrets", Resource=f"{BARE}-{suffix}"))
    found = run.finding(CHECK)
    assert found.status == "fail"
    assert f"with {len(suffix)} characters after its hyphen" in found.text
    assert run.finding("get_secret_value_is_allowed").status == "skipped"
    assert f"secret:{NAME}-??????" in found.remedy.cli
    assert "they allow secretsmanager:GetSecretValue" in found.remedy.tried


@pytest.mark.parametrize("suffix", ["?????", "?"])
def test_a_pattern_too_short_fails_without_the_secret_too(suffix: str) -> None:
    given = secrets_statement("ReadSecrets", Resource=f"{BARE}-{suffix}")
    assert finding(CHECK, replace(given, secret=MISSING)).status == "fail"


@pytest.mark.parametrize("suffix", ["AbC???", "?bCdEf", "Ab????"])
def test_a_pattern_of_some_of_its_characters_passes(suffix: str) -> None:
    given = secrets_statement("ReadSecrets", Resource=f"{BARE}-{suffix}")
    assert finding(CHECK, given).status == "pass"


@pytest.mark.parametrize("suffix", ["Xy????", "AbCd?", "Ab??"])
def test_a_pattern_of_other_characters_fails(suffix: str) -> None:
    given = secrets_statement("ReadSecrets", Resource=f"{BARE}-{suffix}")
    assert finding(CHECK, given).status == "fail"


def test_beside_a_statement_that_covers_the_secret_it_is_a_warning() -> None:
    found = finding(
        CHECK, with_statement(Effect="Allow", Action="secretsmanager:GetSecretValue", Resource=BARE)
    )
    assert (found.status, found.weight) == ("warn", "matters")


def test_a_longer_name_is_another_secret() -> None:
    found = finding(
        CHECK,
        with_statement(
            Effect="Allow", Action="secretsmanager:GetSecretValue", Resource=f"{BARE}-of-others"
        ),
    )
    assert found.status == "pass"


def test_a_deny_that_matches_nothing_is_in_nobodys_way() -> None:
    found = finding(
        CHECK, with_statement(Effect="Deny", Action="secretsmanager:GetSecretValue", Resource=BARE)
    )
    assert found.status == "pass"


def test_in_a_boundary_it_fails_although_the_policies_allow() -> None:
    kms = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    text = policy({"Effect": "Allow", "Action": "secretsmanager:*", "Resource": BARE}, kms)
    run = judge(
        evidence(boundary=document("limits", text, "arn:aws:iam::111111111111:policy/limits"))
    )
    assert (run.answer, run.finding(CHECK).status, run.finding("boundary_allows").status) == (
        "no",
        "fail",
        "skipped",
    )


def test_the_remedy_mends_every_trap_of_the_policy_at_once() -> None:
    text = policy(
        {
            "Sid": "One",
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": BARE,
        },
        {
            "Sid": "Two",
            "Effect": "Allow",
            "Action": "secretsmanager:DescribeSecret",
            "Resource": BARE,
        },
    )
    found = finding(
        CHECK,
        evidence(
            documents={"mine": document("mine", text)}, attached=known(()), inline=known(("mine",))
        ),
    )
    assert found.remedy.cli.count("-??????") == 2
    assert (
        json.loads(found.remedy.cli.partition("--policy-document '")[2].rstrip("'"))["Version"]
        == "2012-10-17"
    )
