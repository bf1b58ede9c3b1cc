"""S01: a canary goes through every job, role and error; then all output is searched."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core import signing

from testkit.canary import leaks_in, make_canary
from testkit.copying_aws import CopyingAws
from testkit.posting import create_form, document_form, import_form, key_form, prod_rules
from testkit.served import Answer, Person, Served, served
from tests.urls import every_url

pytestmark = [pytest.mark.processes, pytest.mark.slow]
SCRIPT = {"Accept": "application/json"}
CALLS = ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
ROLES = ("viewer", "editor", "approver", "auditor", "admin")


class Tour:
    """Keeps every answer that anybody got."""

    def __init__(self, console: Served, stored: str, typed: str) -> None:
        self.console, self.stored, self.typed = console, stored, typed
        self.answers: list[tuple[str, bytes]] = []
        self.statuses: set[int] = set()

    def note(self, what: str, answer: Answer) -> Answer:
        self.answers.append((what, f"{answer.status} {answer.headers}".encode() + answer.body))
        self.statuses.add(answer.status)
        return answer

    def plant(self) -> None:
        """The canary in secrets that were made outside the console."""
        client = self.console.accounts["prod"].clients.secretsmanager
        for name, text in {
            "object": json.dumps({"CANARY": self.stored}),
            "text": self.stored,
            "list": json.dumps([self.stored]),
        }.items():
            client.create_secret(Name=f"miyabi/prod/{name}", SecretString=text)

    def look_everywhere(self, person: Person, who: str) -> None:
        """Editors open every kind of secret, others one: test_leaks.py has each role's pages."""
        edits = who in ("editor", "admin")
        names = ("config", "object", "text", "list", "unknown") if edits else ("object",)
        paths = {
            path
            for name in names
            for _, path in every_url(environment="prod", name=f"miyabi/prod/{name}")
        }
        for path in sorted(paths - {"/sign-in"}):
            answer = self.note(f"{who}: GET {path}", person.get(path))
            # A page is the same as JSON, as an admin's show; a refusal is not.
            if who == "admin" or answer.status != 200:
                self.note(f"{who}: GET {path} as JSON", person.get(path, **SCRIPT))
        self.note(f"{who}: no page", person.get("/no/such/page"))

    def reveal(self, person: Person) -> None:
        """The one answer that may hold the value is not kept; those that refuse it are."""
        full, url = "miyabi/prod/object", "/prod/reveal/miyabi/prod/object"
        form = {
            "key": "CANARY",
            "version": self.console.current("prod", full),
            "reason": "OPS-1",
            "to": "screen",
        }
        assert json.loads(person.post(url, form, **SCRIPT).body)["revealed"]["value"] == self.stored
        assert person.post(url, form).status == 200
        for turned in (
            {"reason": ""},
            {"key": "none"},
            {"version": "?"},
            {"to": "?"},
            {"version": "a" * 32},
        ):
            self.note(f"reveal {turned}", person.post(url, form | turned, **SCRIPT))
        for code in ("AccessDeniedException", "DecryptionFailure", "InternalServiceError"):
            self.console.aws.break_call("GetSecretValue", code, f"no {self.stored}")
            self.note(f"reveal {code}", person.post(url, form))
            self.console.aws.mend()
        self.note("reveal by GET", person.get(url))

    def write(self, person: Person) -> None:
        """Creates, edits, removes, saves a document and provokes a conflict."""
        for name in ("config", "object"):
            full, url = f"miyabi/prod/{name}", f"/prod/edit/miyabi/prod/{name}"
            base = self.console.current("prod", full)
            form = key_form(
                base, ("NEW", "set", self.typed), ("MADE", "generate", ""), **prod_rules(full)
            )
            self.note("review", person.post(url, form | {"step": "review"}, **SCRIPT))
            assert self.note("save", person.post(url, form, **SCRIPT)).status == 200
            self.note("the same again", person.post(url, form, **SCRIPT))
            again = key_form(base, ("OTHER", "set", self.typed), **prod_rules(full))
            self.note("conflict", person.post(url, again, **SCRIPT))
            self.note("conflict, as a page", person.post(url, again))
        pasted = import_form(
            self.console.current("prod", full),
            json.dumps({"A": self.typed}),
            take="0",
            **prod_rules(full),
        )
        imported = f"/prod/import/{full}"
        self.note("import, review", person.post(imported, pasted | {"step": "review"}, **SCRIPT))
        assert self.note("import", person.post(imported, pasted, **SCRIPT)).status == 200
        self.note("import, conflict", person.post(imported, pasted | {"once": ""}, **SCRIPT))
        document = f"/prod/edit-document/{full}"
        whole = document_form(
            self.console.current("prod", full),
            json.dumps({"A": self.typed, "B": [self.typed]}),
            **prod_rules(full),
        )
        assert self.note("document", person.post(document, whole)).status == 302
        text = document_form(
            self.console.current("prod", full), self.typed, is_text="on", **prod_rules(full)
        )
        assert self.note("text", person.post(document, text, **SCRIPT)).status == 200

    def manage(self, person: Person) -> None:
        """Creates a secret, sets its key elsewhere, restores a version, deletes the secret."""
        full, url = "miyabi/prod/made", "/prod/create/miyabi/prod/made"
        form = create_form({"A": self.typed}, **prod_rules(full))
        for turned in ({"reason": ""}, {"tag-0-value": "#"}, {"form-0-name": ""}, {"once": "?"}):
            for headers in ({}, SCRIPT):
                self.note(f"wrong creation {turned}", person.post(url, form | turned, **headers))
        self.note("creation, review", person.post(url, form | {"step": "review"}, **SCRIPT))
        for code in ("AccessDeniedException", "InternalServiceError"):
            self.console.aws.break_call("CreateSecret", code, f"no {self.typed}")
            self.note(f"creation {code}", person.post(url, form | {"once": ""}, **SCRIPT))
            self.console.aws.mend()
        assert self.note("creation", person.post(url, form, **SCRIPT)).status == 200
        self.note("there already", person.post(url, form | {"once": ""}, **SCRIPT))
        base = self.console.current("prod", full)
        several = {
            "target": "prod",
            "base-prod": base,
            "typed_name-prod": full,
            "form-0-at": "0",
            "form-0-value": self.typed + "2",
            "once": "6f2a" * 8,
            "reason": "OPS-8",
        }
        for step in ("review", "save"):
            sent = several | {"step": step}
            answer = person.post("/compare/set?secret=made&key=A", sent, **SCRIPT)
            assert self.note(f"in several, {step}", answer).status == 200
        back = {"version": base, "row": "0", "once": "7f2a" * 8, **prod_rules(full)}
        now = {"base": self.console.current("prod", full)}
        restored = person.post(f"/prod/restore/{full}", back | now)
        assert self.note("restored", restored).status == 302
        days = {"days": "7", "once": "8f2a" * 8} | prod_rules(full)
        assert self.note("deleted", person.post(f"/prod/delete/{full}", days)).status == 302

    def fail(self, person: Person) -> None:
        """Every way to be refused, by the form, the console and AWS."""
        full, url = "miyabi/prod/config", "/prod/edit/miyabi/prod/config"
        base = self.console.current("prod", full)
        good = key_form(base, ("FAILS", "set", self.typed), **prod_rules(full))
        wrong = [
            {"reason": ""},
            {"typed_name": "x"},
            {"confirmed": ""},
            {"base": "?"},
            {"once": "?"},
            {"form-0-name": ""},
            {"form-0-action": "remove"},
        ]
        for turned in wrong:
            for headers in ({}, SCRIPT):
                self.note(f"wrong {turned}", person.post(url, good | turned, **headers))
        broken = document_form(base, f'{{"A": "{self.typed}', **prod_rules(full))
        self.note(
            "broken JSON", person.post("/prod/edit-document/miyabi/prod/config", broken, **SCRIPT)
        )
        for torn in (
            f"A=1\n{self.typed}",
            f'{{"A": {self.typed}',
            json.dumps({"PATH": self.typed}),
        ):
            pasted = import_form(base, torn, take="0", **prod_rules(full))
            for headers in ({}, SCRIPT):
                url_of_import = "/prod/import/miyabi/prod/config"
                self.note("torn import", person.post(url_of_import, pasted, **headers))
        self.note("foreign form", person.post_raw(url, good))
        self.note("foreign origin", person.post(url, good, Origin="https://evil.example"))
        self.note("oversized", person.post(url, good | {"form-0-value": self.typed * 20_000}))
        self.note("too large", person.post(url, good | {"form-0-value": self.typed * 2_500}))
        self.note("unknown host", person.post(url, good, Host="evil.example"))
        self._fail_in_aws(person, url, good)
        with closing(
            sqlite3.connect(self.console.folder / "db.sqlite3", isolation_level=None)
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            assert self.note("database locked", person.post(url, good | {"once": ""})).status == 503
            self.note("database locked, a check", person.get(f"/prod/troubleshoot/{full}"))

    def _fail_in_aws(self, person: Person, url: str, good: dict[str, Any]) -> None:
        codes = ("AccessDeniedException", "ThrottlingException", "InvalidParameterException")
        for operation in CALLS:
            for code in (*codes, f"Odd{self.typed[:5]}"):
                self.console.aws.break_call(operation, code, f"{self.stored} {self.typed}")
                self.note(f"{operation} {code}", person.post(url, good | {"once": ""}, **SCRIPT))
            self.console.aws.drop_call(operation)
            self.note(f"{operation} lost", person.post(url, good | {"once": ""}))
            self.console.aws.mend()

    def fail_to_sign_in(self) -> None:
        for name in ("viewer", self.typed):
            for _ in range(7):
                person = Person(self.console.port)
                self.note("wrong password", person.sign_in(name, self.typed))
        person = Person(self.console.port)
        self.note(
            "nobody",
            person.post("/prod/edit/miyabi/prod/config", key_form("a", ("A", "set", self.typed))),
        )


@pytest.fixture
def console(local_aws: CopyingAws, tmp_path: Path) -> Iterator[Served]:
    with served(local_aws, tmp_path, LOG_LEVEL="DEBUG", WRITES_PER_MINUTE="10000") as console:
        yield console


def test_s01_nothing_that_the_console_wrote_or_answered_holds_a_value(console: Served) -> None:
    tour = Tour(console, make_canary(), make_canary())
    tour.plant()
    with console.running():
        people = {role: console.person(role) for role in ROLES}
        people["nobody"] = Person(console.port)
        tour.write(people["editor"])
        tour.manage(people["admin"])
        for who, person in people.items():
            tour.look_everywhere(person, who)
        tour.fail(people["admin"])
        tour.fail_to_sign_in()
        written = [(str(path), path.read_bytes()) for path in files(console.folder)]
    written += [(f"{path}, after the end", path.read_bytes()) for path in files(console.folder)]
    written += list(sessions(console))

    assert {200, 302, 400, 403, 404, 405, 409, 413, 429, 502, 503} <= tour.statuses
    names = {Path(name).name for name, _ in written}
    assert {"db.sqlite3", "db.sqlite3-wal", "console.log", "a session"} <= names
    assert '"logger": "miyabi.audit"' in console.log.read_text(encoding="utf-8")
    for canary in (tour.stored, tour.typed):
        assert leaks_in(canary, written) == []
    assert leaks_in(tour.stored, tour.answers) + leaks_in(tour.typed, tour.answers) == []


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def sessions(console: Served) -> Iterator[tuple[str, bytes]]:
    """Their rows decoded: Django compresses and encodes them."""
    with closing(sqlite3.connect(console.folder / "db.sqlite3")) as database:
        for (row,) in database.execute("SELECT session_data FROM django_session"):
            result = signing.loads(
                row, key=console.environ["SECRET_KEY"], salt="django.contrib.sessions.SessionStore"
            )
            yield "a session", json.dumps(result, ensure_ascii=False).encode()
