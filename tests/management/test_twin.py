"""What all commands in a person's name share: the name, exit statuses, and output streams."""

import json
import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import OperationalError

from secrets_ui.domain.errors import (
    AuditUnavailable,
    AwsCall,
    AwsThrottled,
    ConsoleError,
    EnvironmentNotFound,
    InvalidChange,
    OutcomeUnknown,
)
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.management import twin
from secrets_ui.management.twin import WrongCall, as_json, describe, printable, status_of, table
from secrets_ui.models import AuditRecord, RoleGrant
from tests.conftest import Estate
from tests.management.shell import Shell

pytestmark = pytest.mark.django_db
COMMANDS = {
    "list_secrets": ("dev",),
    "show_secret": ("dev", "config"),
    "put_secret": ("dev", "config", "--generate", "NEW"),
    "history": ("dev", "config"),
    "restore_secret": ("dev", "config", "AWSPREVIOUS"),
    "pin_secret": ("dev", "config", "AWSPREVIOUS", "before-2.0"),
    "audit_log": (),
}


def last_record() -> AuditRecord:
    return AuditRecord.objects.latest("sequence")


@pytest.mark.parametrize("command", COMMANDS)
def test_s40_without_a_role_a_command_is_refused_on_record_and_asks_nothing_of_aws(
    shell: Shell, person: Callable[..., Any], command: str
) -> None:
    """AWS is away here: asking it would be another status."""
    person("nobody", name="nora")
    ended = shell.run(command, *COMMANDS[command], name="nora")
    assert (ended.status, ended.out) == (1, "")
    assert "You may not" in ended.err
    assert (last_record().action, last_record().actor, last_record().address) == (
        "access.refused",
        "nora",
        "shell",
    )


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["nobody-here", "gone", ""])
def test_s40_an_account_that_may_not_sign_in_is_refused_on_record(
    shell: Shell,
    person: Callable[..., Any],
    command: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        twin.pwd, "getpwuid", lambda uid: type("Entry", (), {"pw_name": "somebody"})
    )
    account = person("admin", name="gone")
    account.is_active = False
    account.save()
    ended = shell.run(command, *COMMANDS[command], name=name)
    assert ended.status == 1
    assert "that may sign in" in ended.err
    assert last_record().actor == (name or "somebody")
    assert json.loads(last_record().details)["os_user"].startswith("somebody")


def test_s40_a_superuser_flag_counts_for_nothing_in_a_shell(
    estate: Estate, shell: Shell, person: Callable[..., Any]
) -> None:
    root = person("nobody", name="rita")
    root.is_superuser = root.is_staff = True
    root.save()
    assert shell.run("list_secrets", "dev", name="rita").status == 1


def test_s28_a_role_that_was_taken_away_counts_at_the_next_command(
    estate: Estate, shell: Shell, viewer: str
) -> None:
    assert shell.run("list_secrets", "dev", name=viewer).status == 0
    RoleGrant.objects.all().delete()
    assert shell.run("list_secrets", "dev", name=viewer).status == 1


def test_s42_a_name_outside_the_environment_is_a_wrong_call_without_a_call(
    shell: Shell, editor: str
) -> None:
    for name in ("../prod/config", "x/../../prod/config", "a/..", "miyabi/dev/../prod/config"):
        assert shell.run("show_secret", "dev", name, name=editor).status == 2
        assert shell.run("put_secret", "dev", name, "--generate", "A", name=editor).status == 2


def test_s75_every_record_of_a_command_tells_the_account_the_shell_and_its_user(
    estate: Estate, shell: Shell, editor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twin.pwd, "getpwuid", lambda uid: type("Entry", (), {"pw_name": "ops"}))
    monkeypatch.setenv("SUDO_USER", "hana.t")
    assert (
        shell.run("put_secret", "dev", "config", "MIYABI_ROOT=-", name=editor, stdin=b"/x").status
        == 0
    )
    records = list(AuditRecord.objects.all())
    assert {(record.actor, record.address) for record in records} == {("hana", "shell")}
    assert {json.loads(record.details)["os_user"] for record in records} == {"ops (sudo by hana.t)"}
    assert len(records) >= 4


def test_the_shell_s_user_is_the_process_s_and_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twin.pwd, "getpwuid", lambda uid: type("Entry", (), {"pw_name": "real"}))
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, "forged")
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert twin.os_user() == "real"


def test_a_user_without_an_entry_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(uid: int) -> Any:
        raise KeyError(uid)

    monkeypatch.setattr(twin.pwd, "getpwuid", missing)
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert twin.os_user().startswith("uid ")


CALL = AwsCall(
    "secretsmanager:X", code="ThrottlingException", request_id="req-1", cli="aws secretsmanager x"
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidChange("x"), 1),
        (WrongCall("x"), 2),
        (EnvironmentNotFound("x"), 2),
        (VersionConflict("a", "b"), 3),
        (AwsThrottled("x", CALL), 4),
        (AuditUnavailable("x"), 4),
        (OutcomeUnknown("x"), 5),
    ],
)
def test_each_kind_of_error_has_a_status(error: ConsoleError, status: int) -> None:
    assert status_of(error) == status


def test_an_aws_error_is_told_with_code_request_id_and_a_command() -> None:
    text = describe(AwsThrottled("It was throttled.", CALL))
    for piece in (
        "AWS asked us to slow down",
        "It was throttled.",
        "Wait a minute",
        "ThrottlingException",
        "req-1",
        "aws secretsmanager x",
    ):
        assert piece in text


def test_a_fault_tells_its_place_and_never_its_text(
    estate: Estate, shell: Shell, viewer: str, monkeypatch: pytest.MonkeyPatch, canary: str
) -> None:
    def fall(*arguments: Any, **options: Any) -> None:
        raise ValueError(canary)

    monkeypatch.setattr("secrets_ui.management.commands.show_secret.open_secret", fall)
    ended = shell.run("show_secret", "dev", "config", name=viewer)
    assert ended.status == 6
    assert "ValueError in " in ended.err
    assert canary not in ended.err + ended.out


def test_a_database_that_is_away_is_told_without_its_words(
    estate: Estate, shell: Shell, viewer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(*arguments: Any, **options: Any) -> None:
        raise OperationalError("password=hunter2")

    monkeypatch.setattr("secrets_ui.management.commands.show_secret.open_secret", fall)
    ended = shell.run("show_secret", "dev", "config", name=viewer)
    assert ended.status == 4
    assert "hunter2" not in ended.err


def test_aws_away_is_status_4_and_says_so(
    estate: Estate, shell: Shell, viewer: str, settings: Any
) -> None:
    settings.LOCAL_AWS_ENDPOINT = "http://127.0.0.1:9"
    ended = shell.run("list_secrets", "dev", name=viewer)
    assert (ended.status, ended.out) == (4, "")
    assert "AWS did not answer" in ended.err


def test_log_lines_keep_off_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = logging.StreamHandler(sys.stderr)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        twin._quieten_logs(1)
        assert handler.stream is sys.stderr
        assert handler.level == logging.WARNING
    finally:
        root.removeHandler(handler)


def test_an_unknown_option_is_refused_without_what_stands_beside_it(
    shell: Shell, canary: str
) -> None:
    with pytest.raises(CommandError) as caught:
        shell.run("put_secret", "dev", "config", "TOKEN=-", "--valeu", canary)
    assert canary not in str(caught.value)


def test_json_refuses_a_value_and_a_table_spells_out_what_moves_a_cursor() -> None:
    with pytest.raises(TypeError):
        as_json({"value": SecretValue("x")})
    assert table(("A", "BB"), [("1", "\x1b[2J")]) == "A  BB\n1  \\x1b[2J"
    assert printable("a\nb") == "a\\nb"
