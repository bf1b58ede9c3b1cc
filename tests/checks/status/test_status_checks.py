"""The status checks, one after the other; and one that breaks costs no other."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from secrets_ui.checks import status as checks
from secrets_ui.checks.status import judge_records, judge_secret, judge_surroundings
from secrets_ui.domain.access.evidence import Denied, Known, Missing
from secrets_ui.domain.access.finding import Finding
from secrets_ui.domain.access.kept_readers import KeptReaders, ReaderChange, Right
from secrets_ui.domain.errors import AwsCall
from secrets_ui.domain.secrets.facts import KeyFacts, VersionFacts
from secrets_ui.domain.secrets.key_age import KeyAge
from secrets_ui.domain.secrets.rollout import FunctionLog, Rollout
from secrets_ui.domain.secrets.secret import Rotation, Secret
from secrets_ui.domain.secrets.tried import Verdict
from secrets_ui.domain.status.outside_changes import OutsideChange
from secrets_ui.domain.status.status import status_of
from secrets_ui.domain.status.watched import OpenIntent, TrailEvent, UnseenEmergency
from secrets_ui.domain.usage.alarm import Alarm
from tests.checks.status.building import (
    ARN,
    AWAY,
    CALL,
    CURRENT,
    DEV,
    NAME,
    NOW,
    PREVIOUS,
    around,
    facts,
    only,
    records,
    secret,
    watched,
)

FOLDER = Path(str(checks.__file__)).parent
LAMBDA = "arn:aws:sts::111111111111:assumed-role/miyabi-lambda-execution/miyabi-app"


def test_a_healthy_secret_environment_and_record_pass() -> None:
    for findings in (
        judge_secret(watched()),
        judge_surroundings(around()),
        judge_records(records()),
    ):
        assert {finding.status for finding in findings} == {"pass"}, findings
        assert status_of(findings) == "pass"


def test_every_module_with_a_check_is_run() -> None:
    with_check = {path.stem for path in FOLDER.glob("*.py") if "\ndef check(" in path.read_text()}
    listed = (*checks.OF_A_SECRET, *checks.OF_SURROUNDINGS, *checks.OF_RECORDS)
    assert with_check == {module.__name__.rpartition(".")[2] for module in listed}


def test_every_check_has_a_title_of_its_own_in_sentence_case() -> None:
    assert checks.TITLES.keys() == {m.__name__.rpartition(".")[2] for m in checks.ALL} | {
        "pass_was_done"
    }
    assert len(set(checks.TITLES.values())) == len(checks.TITLES)
    for title in checks.TITLES.values():
        assert title[0].isupper()
        assert not title.endswith(".")
        assert "_" not in title


def test_readers_that_were_not_found_out_are_unknown_and_take_no_health_away() -> None:
    seen = watched(rights=KeptReaders(gaps=("Not known: the key policy; denied.",)))
    found = only(judge_secret(seen), "nobody_new_can_read")
    assert (found.status, found.is_trouble) == ("unknown", False)
    assert found.text.endswith(
        "could not be told at the last look: Not known: the key policy; denied."
    )
    seen = watched(rights=KeptReaders(at="2026-11-24T02:14:00+00:00"))
    assert only(judge_secret(seen), "nobody_new_can_read").status == "pass"


def test_a_new_reader_who_is_expected_by_now_is_no_trouble_any_more() -> None:
    role, at = f"arn:aws:iam::{DEV.account}:role/ci", "2026-11-24T02:14:00+00:00"
    gain = ReaderChange(at, at, role, True, ("read",), ("a statement",))
    kept = KeptReaders(at=at, rights={role: {"read": Right(gain.by)}}, changes=(gain,))
    assert only(judge_secret(watched(rights=kept)), "nobody_new_can_read").status == "warn"
    named = replace(watched(rights=kept), environment=replace(DEV, readers=("role/ci",)))
    assert only(judge_secret(named), "nobody_new_can_read").status == "pass"


def test_a_finding_is_a_full_sentence_and_says_what_proves_it() -> None:
    for finding in (
        *judge_secret(watched()),
        *judge_surroundings(around()),
        *judge_records(records()),
    ):
        assert finding.text.endswith("."), finding
        assert finding.proof, finding


@pytest.mark.parametrize(
    "module", checks.OF_A_SECRET, ids=lambda module: module.__name__.rpartition(".")[2]
)
def test_a_check_that_raises_is_unknown_with_its_name_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    def broken(given: Any) -> Any:
        raise ZeroDivisionError("a detail that only the log should have")

    monkeypatch.setattr(module, "check", broken)
    name, findings = module.__name__.rpartition(".")[2], judge_secret(watched())
    found = only(findings, name)
    assert (found.status, found.counts) == ("unknown", True)
    assert name in found.text
    assert "a detail" not in found.text
    assert {finding.status for finding in findings if finding.check != name} == {"pass"}
    assert status_of(findings) == "unknown"


@pytest.mark.parametrize(
    ("change", "status", "result"),
    [
        (Missing(CALL), "fail", "AWS has no such secret"),
        (AWAY, "unknown", "is not known"),
        (Known(secret(deleted=NOW), CALL), "fail", "scheduled for deletion"),
        (Known(Secret(ARN, NAME), CALL), "fail", "no current version"),
    ],
)
def test_a_secret_that_is_not_there_is_told(change: Any, status: str, result: str) -> None:
    findings = judge_secret(watched(secret=change, facts=None, access=None))
    found = only(findings, "secret_is_there")
    assert (found.status, status_of(findings)) == (status, status)
    assert result in found.text


def test_what_nobody_looked_at_is_unknown_and_never_healthy() -> None:
    findings = judge_secret(
        watched(facts=None, facts_problem="AWS KMS would not decrypt the value.")
    )
    for check in (
        "keys_are_complete",
        "keys_are_well_formed",
        "no_placeholders",
        "keys_are_young_enough",
    ):
        assert only(findings, check).status == "unknown"
        assert "would not decrypt" in only(findings, check).text
    assert status_of(findings) == "unknown"


@pytest.mark.parametrize(
    ("key", "check", "status"),
    [
        (None, "keys_are_complete", "fail"),
        (KeyFacts("GITHUB_TOKEN", "x", empty=True), "keys_are_complete", "fail"),
        (KeyFacts("GITHUB_TOKEN", "x", placeholder=True), "no_placeholders", "warn"),
        (KeyFacts("GITHUB_TOKEN", "x", type="null"), "keys_are_well_formed", "fail"),
        (
            KeyFacts("GITHUB_TOKEN", "x", problems=(("error", "format", "its checksum is wrong"),)),
            "keys_are_well_formed",
            "fail",
        ),
        (KeyFacts("GITHUB_TOKEN", "prod-GITHUB_TOKEN"), "environments_are_kept_apart", "warn"),
    ],
)
def test_a_flaw_of_a_key_is_told_by_its_check(
    key: KeyFacts | None, check: str, status: str
) -> None:
    found = only(judge_secret(watched(facts=facts(GITHUB_TOKEN=key))), check)
    assert found.status == status
    assert "GITHUB_TOKEN" in found.text


def test_a_key_that_the_catalogue_does_not_know_is_told() -> None:
    found = only(
        judge_secret(watched(facts=facts(EXTRA=KeyFacts("EXTRA", "x")))), "keys_are_complete"
    )
    assert (found.status, found.about) == ("warn", "EXTRA")


@pytest.mark.parametrize("kind", ["binary", "not_json", "not_object"])
def test_a_version_without_keys_is_a_failure_where_the_catalogue_wants_keys(kind: Any) -> None:
    found = only(judge_secret(watched(facts=VersionFacts(CURRENT, kind))), "keys_are_complete")
    assert found.status == "fail"


def test_what_was_not_compared_is_unknown() -> None:
    found = only(judge_secret(watched(others={"prod": None})), "environments_are_kept_apart")
    assert (found.status, found.counts) == ("unknown", True)
    assert "prod" in found.text


def test_environments_are_named_in_their_own_order() -> None:
    others = dict.fromkeys(("staging", "prod", "dr"))
    found = only(judge_secret(watched(others=others)), "environments_are_kept_apart")
    assert "staging, prod and dr" in found.text


@pytest.mark.parametrize(
    ("age", "status", "counts"),
    [
        (KeyAge(NOW - timedelta(days=91), True), "warn", True),
        (KeyAge(NOW - timedelta(days=91), False, NOW - timedelta(days=400)), "warn", True),
        (KeyAge(NOW - timedelta(days=80), True), "pass", True),
        (KeyAge(NOW - timedelta(days=8), False, NOW - timedelta(days=80)), "pass", True),
        (KeyAge(NOW - timedelta(days=8), False, NOW - timedelta(days=400)), "unknown", False),
        (None, "unknown", True),
    ],
)
def test_an_age_is_judged_by_what_is_known_of_it(
    age: KeyAge | None, status: str, counts: bool
) -> None:
    ages = {**watched().ages, "GITHUB_TOKEN": age}
    found = [f for f in judge_secret(watched(ages=ages)) if f.check == "keys_are_young_enough"]
    assert (found[0].status, found[0].counts) == (status, counts)


def test_what_is_yet_to_be_set_is_not_too_old() -> None:
    placeholder = KeyFacts("GITHUB_TOKEN", "f", placeholder=True)
    ages = {**watched().ages, "GITHUB_TOKEN": KeyAge(NOW - timedelta(days=400), True)}
    [found] = [
        finding
        for finding in judge_secret(watched(facts=facts(GITHUB_TOKEN=placeholder), ages=ages))
        if finding.check == "keys_are_young_enough"
    ]
    assert (found.status, "GITHUB_TOKEN" in found.text) == ("pass", False)


def test_a_failure_of_the_access_path_keeps_its_name_and_leads_to_troubleshooting() -> None:
    broken = Finding("decrypt_is_allowed", "key", "fail", "The key policy does not allow it.")
    findings = judge_secret(watched(access=(broken,)))
    found = only(findings, "decrypt_is_allowed")
    assert (found.status, found.page, found.anchor) == (
        "fail",
        "troubleshoot",
        "decrypt_is_allowed",
    )
    assert not [f for f in findings if f.check == "lambda_can_read"]


@pytest.mark.parametrize(("reads", "status"), [(True, "pass"), (False, "pass"), (None, "unknown")])
def test_of_a_secret_outside_the_catalogue_either_answer_is_fine_and_none_is_unknown(
    reads: bool | None, status: str
) -> None:
    found = only(judge_secret(watched(access=None, may_read=reads)), "lambda_can_read")
    assert found.status == status


def test_a_change_made_outside_is_told_with_who_or_not_known() -> None:
    change = OutsideChange(
        "version",
        "Version 1234 was made AWSCURRENT, and the audit chain does not know it.",
        "2026-11-25T02:00:00+00:00",
    )
    found = only(judge_secret(watched(changes=(change,))), "only_this_console_changes")
    assert found.status == "warn"
    assert found.text.endswith("By whom is not known.")
    named = OutsideChange(
        "key_policy", "The policy of key 1 was changed.", change.at, "arn:aws:iam::1:user/yuki"
    )
    assert only(
        judge_surroundings(around(changes=(named,))), "only_this_console_changes"
    ).text.endswith("By arn:aws:iam::1:user/yuki.")


def test_of_several_versions_made_outside_one_is_current() -> None:
    at = "2026-11-25T02:00:00+00:00"
    changes = [
        OutsideChange("version", f"Version {version} was made AWSCURRENT.", at, version=version)
        for version in ("older", CURRENT)
    ]
    told = [
        f.text
        for f in judge_secret(watched(changes=tuple(changes)))
        if f.check == "only_this_console_changes"
    ]
    assert len(told) == 2
    for text in told:
        assert ("older" in text) == ("It is no longer current." in text)


def test_each_finding_of_a_secret_has_a_next_step() -> None:
    assert set(checks.NEXT) == {f.__name__.rpartition(".")[2] for f in checks.OF_A_SECRET}
    assert all(step.endswith(".") for step in checks.NEXT.values())


def reader(**changes: Any) -> Any:
    return [f for f in judge_secret(watched(**changes)) if f.check == "reader_is_up_to_date"]


def test_a_function_older_than_the_newest_version_may_be_stale() -> None:
    [found] = reader(current_since=NOW - timedelta(hours=1))
    assert found.status == "warn"
    assert "warm instances may still hold the old values" in found.text


def test_the_last_version_that_it_decrypted_decides_where_cloudtrail_tells() -> None:
    def decrypts(version: str) -> Any:
        return Known(
            (TrailEvent(NOW - timedelta(minutes=5), "Decrypt", LAMBDA, ARN, version),), CALL
        )

    since = NOW - timedelta(hours=1)
    assert [f.status for f in reader(current_since=since, decrypts=decrypts(CURRENT))] == ["pass"]
    [found] = reader(current_since=since, decrypts=decrypts(PREVIOUS))
    assert found.status == "warn"
    assert PREVIOUS[:8] in found.text


def test_somebody_else_s_decryption_says_nothing_of_the_function() -> None:
    other = TrailEvent(
        NOW, "Decrypt", LAMBDA.replace("miyabi-lambda-execution", "other"), ARN, CURRENT
    )
    [found] = reader(current_since=NOW - timedelta(hours=1), decrypts=Known((other,), CALL))
    assert found.status == "warn"


def test_without_cloudtrail_the_last_version_read_is_not_known_and_said_so() -> None:
    found = reader(decrypts=AWAY)
    assert [(f.status, f.counts) for f in found] == [("pass", True), ("unknown", False)]


def test_an_open_intent_is_told_with_its_record() -> None:
    intent = OpenIntent(7, "secret.save", "2026-11-25T01:00:00.000000Z", NAME)
    found = only(judge_secret(watched(intents=(intent,))), "no_open_intents")
    assert (found.status, found.page, found.anchor) == ("warn", "audit", "7")


def test_an_emergency_change_that_nobody_has_looked_at_fails_its_environment() -> None:
    made = UnseenEmergency(7, NAME, "hana", "2026-11-25T01:00:00.000000Z")
    found = only(judge_surroundings(around(emergencies=(made,))), "emergencies_are_looked_at")
    assert (found.status, found.about, found.page, found.anchor) == (
        "fail",
        "7",
        "changes",
        "emergency-7",
    )
    assert "hana changed miyabi/dev/api-keys in an emergency (2026-11-25 01:00 UTC)" in found.text
    assert only(judge_surroundings(around()), found.check).status == "pass"


def test_alarms_are_told_by_their_state() -> None:
    alarms = Known(
        (
            Alarm("a", "ALARM", NOW, reason="too many errors"),
            Alarm("b", "OK"),
            Alarm("c", "INSUFFICIENT_DATA"),
        ),
        CALL,
    )
    found = [f for f in judge_surroundings(around(alarms=alarms)) if f.check == "alarms_are_quiet"]
    assert [(f.status, f.about) for f in found] == [("fail", "a"), ("pass", ""), ("unknown", "c")]
    denied = Denied(AwsCall("cloudwatch:DescribeAlarms"), "cloudwatch:DescribeAlarms")
    found = [f for f in judge_surroundings(around(alarms=denied)) if f.check == "alarms_are_quiet"]
    assert [(f.status, f.counts) for f in found] == [("unknown", False)]
    assert "cloudwatch:DescribeAlarms" in found[0].text


def test_a_list_that_could_not_be_had_makes_the_environment_unknown() -> None:
    findings = judge_surroundings(around(listed=AWAY))
    assert status_of(findings) == "unknown"
    assert "AWS did not answer" in only(findings, "aws_answers").text


def test_a_broken_chain_is_a_failure_and_says_where() -> None:
    findings = judge_records(records(breaks=("Record 7 is missing.",)))
    assert status_of(findings) == "fail"
    assert "Record 7 is missing." in only(findings, "audit_chain_holds").text


def test_checkpoints_that_could_not_be_asked_are_a_warning_beside_the_chain_that_holds() -> None:
    findings = judge_records(records(not_kept="AWS refused s3:ListBucket."))
    told = [f for f in findings if f.check == "audit_chain_holds"]
    assert [f.status for f in told] == ["warn", "pass"]
    assert "AWS refused s3:ListBucket." in told[0].text


def test_the_chain_s_checkpoint_is_told() -> None:
    assert f"42:{'c' * 64}" in only(judge_records(records()), "audit_chain_holds").text


def test_a_log_that_is_not_guarded_is_a_failure_for_each_cause() -> None:
    findings = judge_records(records(unguarded=(("empty", "It is empty."), ("role 7", "No."))))
    told = [f for f in findings if f.check == "audit_log_is_guarded"]
    assert {(f.status, f.about, f.text) for f in told} == {
        ("fail", "empty", "It is empty."),
        ("fail", "role 7", "No."),
    }


def test_records_that_wait_for_the_log_are_a_warning() -> None:
    found = only(judge_records(records(waiting=2)), "no_record_waits")
    assert (found.status, found.text.startswith("2 records wait")) == ("warn", True)


@pytest.mark.parametrize(
    ("verdict", "status", "text"),
    [
        (Verdict("bad", "Refused", "token"), "fail", "A in {}: refused (token)."),
        (Verdict("warn", "Expires in 9 days"), "warn", "A in {}: expires in 9 days."),
        (Verdict("mute", "Not known", "No way."), "unknown", "A in {}: not known (No way)."),
        (Verdict("ok", "Works", "bot"), "pass", "A in {} works."),
    ],
)
def test_a_verdict_on_a_value_is_a_finding(verdict: Verdict, status: str, text: str) -> None:
    found = only(judge_secret(watched(trials={"A": verdict})), "credentials_work")
    assert (found.status, found.text) == (status, text.format(NAME))
    assert found.is_trouble is (status in ("fail", "warn"))


def test_events_that_could_not_be_sent_are_told() -> None:
    found = only(
        judge_records(records(undelivered=2, why_undelivered="the webhook answered 500")),
        "events_are_delivered",
    )
    assert found.status == "warn"
    assert "500" in found.text


def arriving(arrived: bool | None, **more: Any) -> Rollout:
    log = FunctionLog("/aws/lambda/miyabi-app", NOW, NOW)
    given = {"current_since": NOW - timedelta(hours=2), **more}
    return Rollout(
        *("prod", NAME, CURRENT, arrived, "Why.", ()), old_last_read=None, log=log, **given
    )


@pytest.mark.parametrize(
    ("rollout", "result", "words"),
    [
        (arriving(True), ("pass", ""), "has arrived: Why."),
        (arriving(False), ("warn", ""), "has not arrived everywhere: 0 of 0 instances"),
        (
            arriving(False, current_since=NOW - timedelta(days=2)),
            ("warn", "old version"),
            "is still read, 2 days after it was replaced",
        ),
        (arriving(None), ("unknown", ""), "is not known: Why."),
    ],
)
def test_whether_the_newest_version_has_arrived_is_said_once(
    rollout: Rollout, result: tuple[str, str], words: str
) -> None:
    findings = judge_secret(watched(rollout=rollout))
    found = only(findings, "newest_version_has_arrived")
    assert (found.status, found.about) == result
    assert words in found.text
    # CloudTrail and dates have the word where the loader's lines say nothing, and then alone.
    by_others = [one for one in findings if one.check == "reader_is_up_to_date"]
    assert bool(by_others) is (rollout.arrived is None)
    assert found.counts is (rollout.arrived is not None)


@pytest.mark.parametrize(
    ("rotation", "status", "said"),
    [
        (Rotation(next=NOW + timedelta(days=3)), "pass", "No rotation of miyabi/dev/api-keys"),
        (Rotation(next=NOW - timedelta(days=3)), "warn", "should have rotated it by 22 November"),
    ],
)
def test_a_rotation_of_aws_that_is_late_is_told(rotation: Rotation, status: str, said: str) -> None:
    found = judge_secret(watched(secret=Known(secret(rotation=rotation), CALL)))
    told = only(found, "aws_rotation_works")
    assert told.status == status
    assert said in told.text


def test_trouble_of_a_key_names_its_owner_and_runbook_and_other_trouble_those_of_the_secret() -> (
    None
):
    ages = {"OAUTH_CLIENT_SECRET": KeyAge(NOW - timedelta(days=400), True)}
    found = judge_secret(watched(ages=ages, facts=facts(OAUTH_CLIENT_ID=None)))

    old = next(f for f in found if f.about == "OAUTH_CLIENT_SECRET" and f.status == "warn")
    lacks = only(found, "keys_are_complete")
    assert (old.owner, lacks.owner) == ("MCP team", "Platform team")
    assert old.runbook == lacks.runbook == "https://docs.miyabi-world.com/runbooks/api-keys"
    assert {f.owner for f in found if f.status == "pass"} == {""}
