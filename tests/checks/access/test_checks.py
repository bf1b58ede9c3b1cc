"""The checks as a whole: their order, their names, and how one that raises affects the others."""

import json
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from secrets_ui.checks import access as checks
from secrets_ui.checks.access import CHECK_IDS, CHECKS, TITLES, run_checks
from secrets_ui.domain.access.evidence import AccessEvidence, CallerIdentity, Denied, NotAsked
from secrets_ui.domain.access.finding import Finding
from secrets_ui.domain.errors import AwsCall
from secrets_ui.services.access.check import judge
from tests.checks.building import (
    FACTS,
    MISSING,
    denied,
    evidence,
    key_statement,
    known,
    unreachable,
)

FOLDER = Path(checks.__file__).parent


def test_on_a_clean_estate_every_check_passes() -> None:
    others = {f.check: f.status for f in run_checks(evidence()) if f.status != "pass"}
    assert others == {}


def test_every_module_with_a_check_is_in_the_list() -> None:
    with_check = {path.stem for path in FOLDER.glob("*.py") if "\ndef check(" in path.read_text()}
    assert with_check == set(CHECK_IDS)
    assert len(CHECK_IDS) == len(set(CHECK_IDS))


def test_every_check_has_a_title_in_sentence_case_and_none_stands_twice() -> None:
    assert set(TITLES) == set(CHECK_IDS)
    assert len(set(map(str.casefold, TITLES.values()))) == len(TITLES)
    for title in TITLES.values():
        assert re.fullmatch(r"[A-Z][^_.]{5,60}", title), title


def test_no_finding_repeats_its_title() -> None:
    for finding in run_checks(evidence()):
        assert finding.text.rstrip(".").casefold() != TITLES[finding.check].casefold()


def test_every_check_has_a_test_of_its_own() -> None:
    tests = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert set(CHECK_IDS) <= tests


@pytest.mark.parametrize("module", CHECKS, ids=CHECK_IDS)
def test_a_finding_bears_the_name_of_its_file_and_is_a_full_sentence(module: ModuleType) -> None:
    finding: Finding = module.check(evidence())
    assert finding.check == Path(str(module.__file__)).stem
    assert finding.text[0].isupper() or finding.text.startswith(("miyabi", "alias"))
    assert finding.text.endswith(".")


def test_a_check_that_breaks_is_unknown_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(given: AccessEvidence) -> Finding:
        raise ZeroDivisionError("a detail that only the log should have")

    monkeypatch.setattr(checks.key_rotates, "check", broken)
    found = {finding.check: finding for finding in run_checks(evidence())}
    assert found["key_rotates"].status == "unknown"
    assert "ZeroDivisionError" in found["key_rotates"].text
    assert "a detail" not in found["key_rotates"].text
    others = {finding.status for name, finding in found.items() if name != "key_rotates"}
    assert others == {"pass"}


def test_without_a_way_to_aws_one_check_says_so_and_the_others_are_skipped() -> None:
    refused = Denied(AwsCall("sts:AssumeRole"), "sts:AssumeRole")
    names = (
        "caller",
        "function",
        "role",
        "attached",
        "inline",
        "secret",
        "resource_policy",
        "versions",
        "alias",
        "key",
        "key_policy",
    )
    first, *others = run_checks(evidence(**dict.fromkeys(names, refused)))
    assert (first.check, first.status) == ("console_reaches_aws", "unknown")
    assert {finding.status for finding in others} == {"skipped"}


def test_in_another_account_nothing_else_is_judged() -> None:
    caller = known(
        CallerIdentity("999999999999", "arn:aws:sts::999999999999:assumed-role/miyabi-console/hana")
    )
    first, *others = run_checks(evidence(caller=caller))
    assert first.status == "fail"
    assert {finding.status for finding in others} == {"skipped"}


def test_evidence_that_may_not_be_read_is_unknown_with_the_statement_to_add_and_the_rest_runs() -> (
    None
):
    run = judge(evidence(key_policy=denied("kms:GetKeyPolicy", evidence().key.value.arn)))
    decrypt = run.finding("decrypt_is_allowed")
    assert (run.answer, run.exit_status, decrypt.status) == ("unknown", 2, "unknown")
    assert json.loads(decrypt.missing) == {
        "Effect": "Allow",
        "Action": ["kms:GetKeyPolicy"],
        "Resource": "arn:aws:kms:us-west-2:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    }
    assert run.finding("get_secret_value_is_allowed").status == "pass"


@pytest.mark.parametrize(
    "found",
    [unreachable("throttled, also after retries."), unreachable("The answer cannot be read.")],
)
def test_what_did_not_answer_is_unknown_and_says_why(found: object) -> None:
    finding = judge(evidence(secret=found)).finding("secret_exists")
    assert finding.status == "unknown"
    assert finding.text.endswith(f"{found.why}".rstrip(".") + ".")


def test_what_hangs_on_a_missing_thing_is_skipped_and_no_second_fault() -> None:
    nothing = NotAsked("the role")
    run = judge(
        evidence(
            role=MISSING,
            attached=MISSING,
            inline=MISSING,
            documents={},
            boundary=nothing,
            simulated=nothing,
        )
    )
    assert [
        finding.check for finding in run.findings if finding.status in ("fail", "warn", "unknown")
    ] == ["role_exists"]


def test_the_headline_answers_in_one_sentence() -> None:
    wrong = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
    run = judge(key_statement(Condition=wrong))
    assert run.headline == (
        "No. The key policy of 1234abcd-12ab-34cd-56ef-1234567890ab does not let "
        "miyabi-lambda-execution decrypt."
    )
    assert str(run.error) == "AccessDeniedException: Access to KMS is not allowed"
    assert [(step.title, step.status, step.text) for step in run.steps] == [
        ("Role", "pass", "exists, 3 policies"),
        ("Network", "pass", "no VPC"),
        ("IAM policy", "pass", "GetSecretValue allowed"),
        ("Secret", "pass", "AWSCURRENT, 8 keys"),
        ("KMS key", "fail", "kms:Decrypt denied"),
    ]


def test_a_step_is_marked_no_milder_than_its_checks() -> None:
    """Also where the failed check does not decide whether the Lambda can read."""
    keys = tuple(key for key in FACTS.keys if key.name != "GITHUB_TOKEN")
    run = judge(evidence(facts=known(replace(FACTS, keys=keys))))
    assert run.answer == "yes"
    assert run.finding("secret_holds_its_keys").status == "fail"
    secret = next(step for step in run.steps if step.step == "secret")
    assert (secret.status, secret.text) == ("fail", "1 of 8 keys missing")


def test_a_step_that_nothing_could_look_at_has_not_passed() -> None:
    silent = unreachable()
    run = judge(evidence(caller=silent, role=silent, secret=silent, alias=silent))
    assert run.answer == "unknown"
    assert {(step.status, step.text) for step in run.steps} == {("skipped", "not checked")}


def test_what_no_check_explains_is_not_called_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is compared with the evaluator's, all layers together."""
    wrong = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
    monkeypatch.setattr(
        checks,
        "CHECKS",
        tuple(module for module in CHECKS if not module.__name__.endswith("decrypt_is_allowed")),
    )
    run = judge(key_statement(Condition=wrong))
    assert run.answer == "unknown"


def test_a_second_opinion_that_could_not_be_had_takes_nothing_away() -> None:
    run = judge(evidence(simulated=unreachable(), denials=unreachable()))
    assert (run.answer, run.verdict, run.exit_status) == ("yes", "pass", 0)


def test_a_run_survives_json() -> None:
    run = judge(key_statement(Principal={"AWS": "AROAEXAMPLEOLDROLE123"}))
    assert type(run).from_json(json.loads(json.dumps(run.to_json()))) == run
