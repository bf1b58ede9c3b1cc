"""Whether the value is what the catalogue expects."""

from dataclasses import replace

import pytest

from secrets_ui.domain.access.evidence import Key, NotAsked
from secrets_ui.domain.secrets.catalog import SecretSpec
from secrets_ui.domain.secrets.facts import KeyFacts, VersionFacts
from secrets_ui.domain.secrets.loading import UNFIT_NAME
from tests.checks.building import (
    FACTS,
    KEY_ARN,
    NAME,
    VERSION,
    denied,
    evidence,
    finding,
    known,
    unreachable,
)

CHECK = "secret_holds_its_keys"


def test_it_passes_and_counts_the_keys() -> None:
    assert finding(CHECK, evidence()).short == "8 keys"


@pytest.mark.parametrize("kind", ["not_json", "not_object", "binary"])
def test_what_is_no_object_fails_and_the_answer_hangs_on_it(kind: str) -> None:
    found = finding(CHECK, evidence(facts=known(VersionFacts(VERSION, kind))))
    assert (found.status, found.weight) == ("fail", "decides")


def test_a_missing_or_empty_key_fails_by_name() -> None:
    keys = tuple(key for key in FACTS.keys if key.name != "GITHUB_TOKEN")
    assert "GITHUB_TOKEN" in finding(CHECK, evidence(facts=known(replace(FACTS, keys=keys)))).text
    empty = (*keys, KeyFacts("GITHUB_TOKEN", "0" * 16, empty=True))
    found = finding(CHECK, evidence(facts=known(replace(FACTS, keys=empty))))
    assert (found.status, found.weight) == ("fail", "matters")


def test_a_placeholder_is_a_warning() -> None:
    keys = tuple(replace(key, placeholder=key.name == "GITHUB_TOKEN") for key in FACTS.keys)
    assert finding(CHECK, evidence(facts=known(replace(FACTS, keys=keys)))).status == "warn"


def test_a_secret_that_the_catalogue_does_not_know_is_expected_to_hold_nothing() -> None:
    found = finding(
        CHECK, evidence(spec=SecretSpec("other"), facts=known(VersionFacts(VERSION, "object")))
    )
    assert found.status == "pass"


def test_a_value_that_this_console_may_not_read_is_unknown_with_the_statement_to_add() -> None:
    found = finding(CHECK, evidence(facts=denied("secretsmanager:GetSecretValue", NAME)))
    assert found.status == "unknown"
    assert '"secretsmanager:GetSecretValue"' in found.missing
    by_key = finding(CHECK, evidence(facts=denied("kms:Decrypt", NAME)))
    assert KEY_ARN in by_key.missing
    assert "kms:ViaService" in by_key.missing


def test_under_a_key_that_cannot_decrypt_it_is_no_second_fault() -> None:
    assert (
        finding(CHECK, evidence(facts=unreachable(), key=known(Key(KEY_ARN, "Disabled")))).status
        == "skipped"
    )


def test_without_a_current_version_it_is_skipped() -> None:
    assert (
        finding(CHECK, evidence(facts=NotAsked("a current version that can be read"))).status
        == "skipped"
    )


def test_a_key_that_the_loader_refuses_fails_and_the_answer_hangs_on_it() -> None:
    unfit = KeyFacts("my-key", "0" * 16, problems=(("error", "unloadable", UNFIT_NAME),))
    found = finding(CHECK, evidence(facts=known(replace(FACTS, keys=(*FACTS.keys, unfit)))))
    assert (found.status, found.weight) == ("fail", "decides")
    assert f"its key 'my-key' {UNFIT_NAME}" in found.text
