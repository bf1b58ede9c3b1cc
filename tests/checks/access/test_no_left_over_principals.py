"""The trap of a principal that was deleted."""

import json
from typing import Any

import pytest

from secrets_ui.services.access.check import judge
from tests.checks.building import CONSOLE_ARN, ROLE_ARN, finding, key_statement

CHECK = "no_left_over_principals"
LEFT = "AROAEXAMPLEOLDROLE123"


def principal_of(cli: str, sid: str) -> Any:
    whole = json.loads(cli.partition("--policy '")[2].partition("'")[0])
    return next(item for item in whole["Statement"] if item["Sid"] == sid)["Principal"]


@pytest.mark.parametrize("principal", [{"AWS": LEFT}, {"AWS": [LEFT]}])
def test_in_the_place_of_the_role_it_fails_and_the_remedy_names_the_role(principal: Any) -> None:
    run = judge(key_statement(Principal=principal))
    found = run.finding(CHECK)
    assert (found.status, run.finding("decrypt_is_allowed").status) == ("fail", "skipped")
    assert principal_of(found.remedy.cli, "LambdaDecryptsThroughSecretsManager") == {
        "AWS": ROLE_ARN
    }
    assert "they allow kms:Decrypt" in found.remedy.tried


def test_beside_the_role_it_is_a_warning_and_only_the_left_over_goes() -> None:
    found = finding(CHECK, key_statement(Principal={"AWS": [LEFT, ROLE_ARN]}))
    assert found.status == "warn"
    assert principal_of(found.remedy.cli, "LambdaDecryptsThroughSecretsManager") == {
        "AWS": ROLE_ARN
    }


def test_in_the_console_s_statement_the_console_inherits_and_not_the_lambda() -> None:
    run = judge(key_statement("ConsoleUsesTheKeyThroughSecretsManager", Principal={"AWS": LEFT}))
    found = run.finding(CHECK)
    assert (found.status, run.finding("console_may_write").status) == ("warn", "skipped")
    assert principal_of(found.remedy.cli, "ConsoleUsesTheKeyThroughSecretsManager") == {
        "AWS": CONSOLE_ARN
    }


def test_a_deleted_user_counts_too_and_a_name_does_not() -> None:
    assert (
        finding(CHECK, key_statement(Principal={"AWS": [ROLE_ARN, "AIDAEXAMPLEOLDUSER123"]})).status
        == "warn"
    )
    found = finding(
        CHECK, key_statement(Principal={"AWS": [ROLE_ARN, "arn:aws:iam::111111111111:role/AROA"]})
    )
    assert found.status == "pass"


def test_nobody_inherits_a_deny() -> None:
    found = finding(
        CHECK,
        key_statement(
            "ConsoleUsesTheKeyThroughSecretsManager", Principal={"AWS": LEFT}, Effect="Deny"
        ),
    )
    assert "ConsoleUsesTheKeyThroughSecretsManager" not in found.remedy.cli
