"""Readers by name, the secrets that a call is about, and who is new."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.environment import Environment
from secrets_ui.domain.usage.reads import Call, Caller, First, first_reads, is_expected, secrets_of

ACCOUNT, OTHER = "111111111111", "444444444444"
ENVIRONMENT = Environment(
    "prod",
    "us-west-2",
    ACCOUNT,
    "miyabi/prod/",
    f"arn:aws:iam::{ACCOUNT}:role/console/miyabi-console",
    readers=(
        *("role/ci-deploy", "user/hana", f"arn:aws:iam::{OTHER}:role/backup"),
        f"arn:aws:iam::{OTHER}:role/external/audit",
    ),
)
ARN = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:"
KNOWN = {"miyabi/prod/api-keys", "miyabi/prod/api-tokens"}
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"


def session(role: str, name: str, account: str = ACCOUNT, **more: str) -> Caller:
    arn = f"arn:aws:sts::{account}:assumed-role/{role}/{name}"
    return Caller("AssumedRole", arn, account, **more)


@pytest.mark.parametrize(
    ("caller", "reader"),
    [
        (session("miyabi-lambda-execution", "miyabi-app"), "role/miyabi-lambda-execution"),
        (session("miyabi-console", "hana"), "role/miyabi-console (hana)"),
        (session("ops", "i-0a1b", source_identity="yuki"), "role/ops (yuki)"),
        (
            session("AWSReservedSSO_Ops_0a1b2c3d", "yuki@miyabi-world.com"),
            "role/AWSReservedSSO_Ops_0a1b2c3d (yuki@miyabi-world.com)",
        ),
        (session("backup", "nightly", OTHER), f"arn:aws:iam::{OTHER}:role/backup"),
        (Caller("IAMUser", f"arn:aws:iam::{ACCOUNT}:user/mallory", ACCOUNT), "user/mallory"),
        (Caller("AWSAccount", "", OTHER, "AROA1:nightly"), f"account {OTHER}, AROA1:nightly"),
        (Caller("AWSService", service="rds.amazonaws.com"), "rds.amazonaws.com"),
        (Caller(), "not named by CloudTrail"),
    ],
)
def test_a_reader_bears_the_name_of_a_role_a_user_and_the_person_in_it(
    caller: Caller, reader: str
) -> None:
    assert caller.reader(ENVIRONMENT) == reader


def test_only_the_console_s_role_in_its_own_account_is_the_console() -> None:
    assert session("miyabi-console", "hana").is_console(ENVIRONMENT)
    assert not session("miyabi-console", "hana", OTHER).is_console(ENVIRONMENT)
    assert not session("miyabi-console-2", "hana").is_console(ENVIRONMENT)
    nobody = Environment("dev", "us-west-2", ACCOUNT, "miyabi/dev/")
    assert not session("", "hana").is_console(nobody)


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        ("role/miyabi-lambda-execution", True),
        ("role/miyabi-console (hana)", True),
        ("role/ci-deploy (yuki)", True),
        (f"arn:aws:iam::{OTHER}:role/backup", True),
        ("user/staff/hana", True),
        (f"arn:aws:iam::{OTHER}:role/audit", True),
        ("role/backup", False),
        ("user/ci-deploy", False),
        (f"arn:aws:iam::{OTHER}:role/ci-deploy", False),
    ],
)
def test_expected_are_the_lambda_the_console_and_those_named(reader: str, expected: bool) -> None:
    assert is_expected(reader, ENVIRONMENT) is expected


@pytest.mark.parametrize(
    ("event", "named", "secrets"),
    [
        ("GetSecretValue", ("miyabi/prod/api-keys",), ("miyabi/prod/api-keys",)),
        ("GetSecretValue", (f"{ARN}miyabi/prod/api-keys-AbCdEf",), ("miyabi/prod/api-keys",)),
        # `-tokens` has the form of the random characters.
        ("GetSecretValue", (f"{ARN}miyabi/prod/api-tokens",), ("miyabi/prod/api-tokens",)),
        ("GetSecretValue", (f"{ARN}miyabi/prod/api-tokens-AbCdEf",), ("miyabi/prod/api-tokens",)),
        ("GetSecretValue", ("miyabi/dev/api-keys",), ()),
        ("GetSecretValue", (f"{ARN.replace(ACCOUNT, OTHER)}miyabi/prod/api-keys-AbCdEf",), ()),
        (
            "BatchGetSecretValue",
            ("miyabi/prod/api-keys", f"{ARN}miyabi/prod/config-AbCdEf", "other"),
            ("miyabi/prod/api-keys", "miyabi/prod/config"),
        ),
        ("PutKeyPolicy", (f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{KEY}",), ("",)),
        ("PutKeyPolicy", ("another-key",), ()),
    ],
)
def test_a_call_is_about_secrets_of_the_environment_or_a_key_of_theirs(
    event: str, named: tuple[str, ...], secrets: tuple[str, ...]
) -> None:
    call = Call("id", datetime(2026, 11, 1, tzinfo=UTC), event, named, Caller())
    assert secrets_of(call, ENVIRONMENT, KNOWN, {KEY}) == secrets


DAY, QUIET = date(2026, 11, 30), 30


def back(days: int) -> date:
    return DAY - timedelta(days=days)


def ago(*days: int) -> list[date]:
    return [back(number) for number in days]


@pytest.mark.parametrize(
    ("read_on", "first"),
    [
        (ago(1, 2), First(back(2), True)),
        (ago(1, 2, 25), None),  # seen before, lately enough
        (ago(1, 32), First(back(1), True)),  # after 31 days
        (ago(1, 31), None),  # after 30
        (ago(20), None),  # before the days that are asked for
        (ago(), None),
    ],
)
def test_new_is_who_did_not_read_in_the_quiet_days_before(
    read_on: list[date], first: First | None
) -> None:
    found = first_reads({"r": read_on}, DAY - timedelta(days=7), QUIET, DAY - timedelta(days=60))
    assert found.get("r") == first


@pytest.mark.parametrize("since", [None, DAY - timedelta(days=30)])
def test_whether_somebody_is_new_is_not_told_of_days_that_are_not_known(since: date | None) -> None:
    found = first_reads({"r": ago(1)}, DAY - timedelta(days=7), QUIET, since)
    assert found == {"r": First(back(1), False)}


@given(st.sets(st.integers(0, 100), min_size=1), st.integers(1, 40))
def test_a_first_read_has_none_in_the_quiet_days_before_it(backs: set[int], quiet: int) -> None:
    days = ago(*backs)
    found = first_reads({"r": days}, DAY - timedelta(days=50), quiet, None).get("r")
    new = [
        day
        for day in days
        if day >= DAY - timedelta(days=50)
        and not any(timedelta(0) < day - other <= timedelta(days=quiet) for other in days)
    ]
    assert (found.day if found else None) == max(new, default=None)
