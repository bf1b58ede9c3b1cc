"""Two machines with two workers each on one PostgreSQL: what one worker knows, all know.

The console's database user may do what grant_console says, and no more.
"""

import json
import os
import secrets
import signal
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploy.demo.processes import choose_port
from testkit import warm
from testkit.copying_aws import CopyingAws
from testkit.postgres import PostgresServer
from testkit.posting import key_form, prod_rules
from testkit.served import Answer, Person, Served, served
from tests.deploy.processes import command_line, descendants

pytestmark = [
    pytest.mark.processes,
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.timeout(600),
]
NAME = "miyabi/prod/config"
EDIT = f"/prod/edit/{NAME}"
SCRIPT = {"Accept": "application/json"}
LIMIT = 6  # changes that one person may make in a minute
PEOPLE = ("aoi", "haruto", "hina", "ren", "riku", "sora")


@dataclass
class Machines:
    """Two gunicorns on two ports; `owner` is the environment of the tables' owner."""

    console: Served
    ports: tuple[int, int]
    servers: tuple[int, int]  # ids of their processes
    owner: dict[str, str]

    def sign_in(self, name: str, at: int = 0) -> Person:
        person = Person(self.ports[at])
        assert person.sign_in(name, self.console.password).status == 302
        return person

    def each_worker(self, *at: int) -> Iterator[int]:
        """The port of each worker in turn, while its neighbour is stopped: one that is awake may
        take one request after the other, and leave it none.
        """
        for machine in at or (0, 1):
            workers = workers_of(self.servers[machine])
            assert len(workers) == 2
            for stopped in workers:
                os.kill(stopped, signal.SIGSTOP)
                try:
                    yield self.ports[machine]
                finally:
                    os.kill(stopped, signal.SIGCONT)

    def everywhere(self, person: Person, path: str) -> set[tuple[int, str]]:
        """Status and Location from every one of the four workers."""
        answers = [Person(port, person.cookies()).get(path) for port in self.each_worker()]
        return {(answer.status, answer.headers.get("Location", "")) for answer in answers}

    def manage(self, *command: str) -> str:
        return manage(self.owner, *command)


def manage(environ: dict[str, str], *command: str) -> str:
    ended = warm.run(["manage.py", *command], environ, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def make_people(environ: dict[str, str], password: str) -> None:
    """As docs/operations.md makes an account; each may edit everywhere."""
    roles = dict.fromkeys(("dev", "staging", "prod"), "editor")
    calls = "; ".join(f"make_account({name!r}, {password!r}, {roles})" for name in PEOPLE)
    manage(
        environ,
        "shell",
        "-c",
        f"from secrets_ui.services.people.accounts import make_account; {calls}",
    )


@pytest.fixture(scope="module")
def machines(
    local_aws: CopyingAws, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machines]:
    url, role = postgres.new_database(), f"console_{secrets.token_hex(3)}"
    postgres.client("createuser", role)
    folder = tmp_path_factory.mktemp("machines")
    more = {"DATABASE_URL": url, "WEB_CONCURRENCY": "2", "WRITES_PER_MINUTE": str(LIMIT)}
    more["METRICS_TOKEN"] = secrets.token_urlsafe(32)
    with served(local_aws, folder, **more) as console, ExitStack() as stack:
        owner = dict(console.environ)
        make_people(owner, console.password)
        manage(owner, "grant_console", role)
        console.environ["DATABASE_URL"] = url.replace(f"//{postgres.user}@", f"//{role}@")
        other = choose_port("NO_SUCH_VARIABLE", 0)
        ports = console.port, other
        one, two = [stack.enter_context(console.running(PORT=str(port))).pid for port in ports]
        yield Machines(console, ports, (one, two), owner)


def workers_of(server: int) -> list[int]:
    """Of the two kinds of processes below a gunicorn, those that answer."""
    return [pid for pid in descendants(server) if "gunicorn" in command_line(pid)]


def told(machines: Machines, at: int) -> set[float]:
    """How many pages of the audit log a machine says it has answered, by each of its workers."""
    return {audit_pages(machines, port) for port in machines.each_worker(at)}


def audit_pages(machines: Machines, port: int) -> float:
    token = machines.console.environ["METRICS_TOKEN"]
    text = Person(port).get("/metrics", Authorization=f"Bearer {token}").text
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "miyabi_request_duration_seconds_count"
        and sample.labels["route"] == "audit"
    )


def test_each_worker_tells_what_all_workers_of_its_machine_counted(machines: Machines) -> None:
    person = machines.sign_in("admin", at=0)
    # Each of the four has counted some.
    machines.everywhere(person, "/audit")
    [before], other = told(machines, 0), told(machines, 1)
    person.move_to(machines.ports[0])
    for _ in range(12):
        assert person.get("/audit").status == 200
    assert (told(machines, 0), told(machines, 1)) == ({before + 12}, other)
    assert len(other) == 1


def save_form(base: str, value: str) -> dict[str, str]:
    return key_form(base, ("MIYABI_ROOT", "set", value), **prod_rules(NAME))


def at_once(*sendings: tuple[Person, dict[str, str]]) -> list[Answer]:
    """Each form, with a token that the person's page had before, at the same moment."""
    forms = [
        (person, form | {"csrfmiddlewaretoken": token_of(person)}) for person, form in sendings
    ]
    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(lambda sent: sent[0].post_raw(EDIT, sent[1], **SCRIPT), forms))


def token_of(person: Person) -> str:
    return (
        person.get("/prod/")
        .text.partition('name="csrfmiddlewaretoken" value="')[2]
        .partition('"')[0]
    )


def test_s22_wrong_passwords_are_counted_over_both_machines_and_lock_the_name_on_both(
    machines: Machines,
) -> None:
    person, statuses = Person(machines.ports[0]), []
    for number in range(6):
        person.move_to(machines.ports[number % 2])
        statuses.append(person.sign_in("auditor", f"wrong {number}").status)
    assert statuses == [403] * 5 + [429]
    for port in machines.ports * 3:
        assert Person(port).sign_in("auditor", machines.console.password).status == 429
    assert machines.sign_in("viewer", at=1)  # nobody else is locked


def test_s27_a_sign_out_on_one_machine_counts_in_every_worker_of_both(machines: Machines) -> None:
    person = machines.sign_in("admin", at=0)
    assert machines.everywhere(person, "/audit") == {(200, "")}  # one session for all four
    stolen = dict(person.cookies())
    person.move_to(machines.ports[0])
    assert person.post("/sign-out", {}).status == 302
    assert machines.everywhere(Person(machines.ports[1], stolen), "/audit") == {
        (302, "/sign-in?next=/audit")
    }


def test_s28_a_role_that_is_taken_away_is_gone_in_every_worker_at_the_next_request(
    machines: Machines,
) -> None:
    person = machines.sign_in("riku", at=1)
    assert machines.everywhere(person, "/prod/") == {(200, "")}
    shell = (
        "from secrets_ui.models import RoleGrant; "
        "RoleGrant.objects.filter(user__username='riku').delete()"
    )
    machines.manage("shell", "-c", shell)
    assert {status for status, _ in machines.everywhere(person, "/prod/")} == {403}


def test_s69_changes_are_counted_over_both_machines(machines: Machines) -> None:
    person, statuses = machines.sign_in("sora"), []
    for number in range(LIMIT + 2):
        person.move_to(machines.ports[number % 2])
        form = save_form(machines.console.current("prod", NAME), f"/srv/sora/{number}")
        statuses.append(person.post(EDIT, form, **SCRIPT).status)
    assert statuses == [200] * LIMIT + [429] * 2


def test_s62_a_form_sent_to_both_machines_at_once_makes_one_version(machines: Machines) -> None:
    people = [machines.sign_in("hina", at) for at in (0, 1)]
    for number in range(4):
        base = machines.console.current("prod", NAME)
        before = len(versions(machines))
        form = save_form(base, f"/srv/hina/{number}") | {"once": str(uuid.uuid4())}
        first, second = at_once(*[(person, form) for person in people])
        assert (first.status, second.status) == (200, 200), first.text + second.text
        assert len(versions(machines)) == before + 1
        assert machines.console.current("prod", NAME) != base


def versions(machines: Machines) -> list[str]:
    client = machines.console.accounts["prod"].clients.secretsmanager
    listed = client.list_secret_version_ids(SecretId=NAME, IncludeDeprecated=True)["Versions"]
    return [version["VersionId"] for version in listed]


def test_s63_of_two_editors_on_two_machines_one_is_refused_and_told(machines: Machines) -> None:
    people = [machines.sign_in(name, at) for at, name in enumerate(("aoi", "ren"))]
    for number in range(3):
        base = machines.console.current("prod", NAME)
        result = at_once(
            *[(person, save_form(base, f"/srv/{at}/{number}")) for at, person in enumerate(people)]
        )
        assert sorted(answer.status for answer in result) == [200, 409], [
            answer.text for answer in result
        ]


def test_what_one_machine_saved_every_worker_shows(machines: Machines) -> None:
    """Nothing that a process keeps in its memory says otherwise."""
    person = machines.sign_in("haruto", at=0)
    detail = f"/prod/secret/{NAME}"
    for number in range(2):
        base = machines.console.current("prod", NAME)
        person.move_to(machines.ports[number])
        assert person.post(EDIT, save_form(base, f"/srv/haruto/{number}"), **SCRIPT).status == 200
        current = machines.console.current("prod", NAME)
        for _ in range(6):
            for port in machines.ports:
                person.move_to(port)
                assert current[:8] in person.get(detail).text


def test_s73_the_chain_is_whole_under_writes_through_both_machines(machines: Machines) -> None:
    """Sign-ins and sign-outs, each a record, and refused attempts, which are counted, by eight
    browsers at once."""
    for port in machines.each_worker():
        assert Person(port).sign_in("viewer", machines.console.password).status == 302
    before = count_records(machines)

    def come_and_go(number: int) -> list[int]:
        person = Person(machines.ports[number % 2])
        result = [person.sign_in("viewer", machines.console.password).status]
        for turn in range(10):
            person.move_to(machines.ports[(number + turn) % 2])
            result.append(person.get("/prod/edit/miyabi/prod/api-keys").status)  # a viewer may not
        return [*result, person.post("/sign-out", {}).status]

    with ThreadPoolExecutor(8) as pool:
        result = list(pool.map(come_and_go, range(8)))
    assert result == [[302, *[403] * 10, 302]] * 8
    # The first refusal of each minute is on record as well.
    assert count_records(machines) > before + 8 * 2


def count_records(machines: Machines) -> int:
    """Of a chain that holds."""
    result = machines.manage("verify_audit")
    assert "The audit chain holds" in result
    return int(json.loads(result.splitlines()[0])["checkpoint"]["count"])


# Here belongs: a step-up on one machine counts on the other, and a code is good once over both.
