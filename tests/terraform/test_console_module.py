"""modules/console against the console: database users, settings, the open-intent alarm."""

import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command

from deploy.demo.local_aws import PROJECT
from miyabi_admin.environ import Settings
from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.people.actor import Actor
from testkit import postgres as postgresql
from testkit import warm
from testkit.intents import intend
from testkit.recording_aws import RecordingAws
from tests.terraform.running import SOURCE

MODULE = SOURCE / "modules" / "console"
CODE = {path.name: path.read_text(encoding="utf-8") for path in MODULE.glob("*.tf")}
LOG = "secrets_ui_auditrecord"


@pytest.fixture
def server() -> Iterator[postgresql.PostgresServer]:
    programs = postgresql.find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here (no initdb).")
    with postgresql.running(programs) as running:
        yield running


@pytest.mark.postgres
@pytest.mark.processes
def test_the_migrations_task_makes_a_user_who_adds_to_the_audit_log_and_cannot_change_it(
    server: postgresql.PostgresServer,
) -> None:
    """Twice, as for each new image."""
    server.client("createdb", "miyabi")
    environ = os.environ | {
        "DATABASE_URL": server.url("miyabi"),
        "CONSOLE_USER": "miyabi_console",
        "CONSOLE_PASSWORD": secrets.token_hex(32),
    }
    steps = (
        ["manage.py", "migrate", "--no-input"],
        ["-c", (MODULE / "make_user.py").read_text(encoding="utf-8")],
        ["manage.py", "grant_console", "miyabi_console"],
    )
    for step in (*steps, *steps[1:]):
        done = warm.run(step, environ, timeout=120)
        assert done.returncode == 0, done.stderr
        assert environ["CONSOLE_PASSWORD"] not in done.stdout + done.stderr

    with psycopg.connect(
        host=str(server.folder), user="miyabi_console", dbname="miyabi", autocommit=True
    ) as console:
        assert console.execute(f"SELECT count(*) FROM {LOG}").fetchone() == (0,)
        console.execute("SELECT * FROM django_session")
        console.execute("DELETE FROM django_session")
        for attack in (
            f"UPDATE {LOG} SET actor = 'x'",
            f"DELETE FROM {LOG}",
            f"TRUNCATE {LOG}",
            f"ALTER TABLE {LOG} DISABLE TRIGGER USER",
            f"DROP TABLE {LOG}",
            "CREATE TABLE mine (x int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                console.execute(attack)


@pytest.mark.django_db
def test_the_alarm_on_open_intents_listens_for_what_the_console_says(
    watched: Callable[..., tuple[object, RecordingAws]], capsys: pytest.CaptureFixture[str]
) -> None:
    _, aws = watched(only=("dev",))
    pattern = re.search(r'pattern += "\\"(.+)\\""', CODE["alarms.tf"])
    intended = intend(
        Action.SAVE, Actor("hana"), environment="dev", secret="miyabi/dev/config", keys=["A"]
    )
    aws.break_call("DescribeSecret", "InternalServiceError", status=500)
    with suppress(SystemExit):
        call_command("settle_audit", "--min-age", "0")
    assert f"Record {intended.sequence} (secret.save): {pattern[1]}:" in capsys.readouterr().out


def test_every_setting_of_a_task_is_one_of_the_console_s() -> None:
    example = (PROJECT / ".env.example").read_text(encoding="utf-8")
    known = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    required = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    tasks = CODE["tasks.tf"]
    settings = set(re.findall(r"^    ([A-Z_]+) += ", tasks, re.MULTILINE))
    secret = set(re.findall(r'"([A-Z_]+)"', "".join(re.findall(r"for name in \[(.+)\]", tasks))))
    assert settings - known == {"ENVIRONMENTS_TOML", "DATABASE_CA_PEM", "AWS_DEFAULT_REGION"}
    assert secret - known == {"CONSOLE_PASSWORD"}
    assert "SECRET_KEY" in required
    assert required | {"DATABASE_URL"} <= settings | secret


def test_a_task_starts_as_the_image_does() -> None:
    image = (PROJECT / "Dockerfile").read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    command = re.search(r"^CMD (\[.+\])$", image, re.MULTILINE)
    health = re.search(r"^HEALTHCHECK .*CMD (\[.+\])$", image, re.MULTILINE)
    user = re.search(r"^USER (\S+)$", image, re.MULTILINE)
    tasks = CODE["tasks.tf"]
    assert f"exec {' '.join(json.loads(command[1]))}" in tasks
    assert json.dumps(["CMD", *json.loads(health[1])]) in tasks
    assert f'user                   = "{user[1]}"' in tasks


def test_the_console_asks_its_database_for_a_certificate_of_the_authorities_that_a_task_writes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    [query] = re.findall(r"db_name\}\?(\S+)\"", CODE["settings.tf"])
    [file] = re.findall(r'database_ca_file += "(.+)"', CODE["tasks.tf"])
    query = query.replace("${local.database_ca_file}", file)
    monkeypatch.setenv("DATABASE_URL", f"postgres://miyabi@database.internal:5432/miyabi?{query}")
    assert Settings(tmp_path / ".env").database("")["OPTIONS"] == {
        "sslmode": "verify-full",
        "sslrootcert": file,
    }
    assert (
        CODE["tasks.tf"].count('printf %s \\"$DATABASE_CA_PEM\\" > ${local.database_ca_file}') == 1
    )
    assert CODE["tasks.tf"].count("${local.with_files} && ") == 2
