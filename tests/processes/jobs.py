"""Jobs of a console process (worker.py): each takes and returns what JSON can carry."""

import io
import json
import os
import resource
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module, reload
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import Error, connection, connections
from django.db.models import F
from django.test import RequestFactory

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.changes.deletion import Cancellation, Deletion
from secrets_ui.domain.changes.description import Description, digest_of
from secrets_ui.domain.changes.edit import Edit, Source
from secrets_ui.domain.changes.new_secret import NewSecret
from secrets_ui.domain.errors import AuditUnavailable, ConsoleError
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.identity import oidc
from secrets_ui.models import AuditRecord, CountedRefusal, RoleGrant, StatusDelivery
from secrets_ui.services import audit, aws_access
from secrets_ui.services.audit import limits, lock
from secrets_ui.services.changes import decide as decide_change
from secrets_ui.services.changes import pins, rotations, rules
from secrets_ui.services.changes import save as edit_secret
from secrets_ui.services.changes.create import create_secret, get_secret
from secrets_ui.services.changes.delete import cancel_deletion, delete_secret
from secrets_ui.services.changes.describe import describe_anew
from secrets_ui.services.changes.emergencies import (
    find_emergency,
    look_at,
    make_current_in_emergency,
)
from secrets_ui.services.changes.put_on_top import put_on_top as put_on_top_of_current
from secrets_ui.services.changes.rotation_state import stand
from secrets_ui.services.configuration import get_environment
from secrets_ui.services.people import people, tries
from secrets_ui.services.people.accounts import make_account
from secrets_ui.services.people.session_store import SessionStore
from secrets_ui.services.secrets.current_versions import all_known_versions
from secrets_ui.services.secrets.opening import open_secret
from secrets_ui.services.secrets.reveal import reveal_key
from secrets_ui.services.status.tell_changes import tell_changes
from testkit.proposals import waiting_proposal

HANA = Actor("hana")


def use_database(url: str) -> str:
    """The process goes on as if it had been started on this database, whose URL it returns."""
    os.environ["DATABASE_URL"] = url
    fresh = reload(import_module(settings.SETTINGS_MODULE))
    connections["default"].close()  # made here, where no job has needed one yet
    del connections["default"]
    connections.settings = connections.configure_settings(fresh.DATABASES)
    return url


def make_clients() -> None:
    """The clients to AWS, which a forked child would otherwise make anew; makes no call."""
    for service in ("kms", "secretsmanager", "sts"):
        aws_access.sessions().client(service, get_environment("dev").region)


def result(act: Callable[[], Any]) -> dict[str, Any]:
    """What a person would be told: done, or which refusal. Of what an act returns, facts by name
    alone."""
    try:
        done = act()
        return {"refused": "", **(done if isinstance(done, dict) else {})}
    except (ConsoleError, Error) as error:  # the pages answer both with 503 and what is known
        return {"refused": type(error).__name__, "text": str(error)}


def save(
    secret: str,
    base: str,
    values: dict[str, str | None],
    *,
    environment: str = "dev",
    actor: str = "hana",
    once: str = "",
    restores: str = "",
    copies: dict[str, str] | None = None,
    rotation: int = 0,
) -> Any:
    changes = tuple(
        Change(key, None if value is None else SecretValue(value)) for key, value in values.items()
    )
    edit = Edit(
        secret,
        base,
        changes,
        restores=restores,
        copies=Source(**copies) if copies else None,
        rotation=rotation,
        reason="OPS-1: a test",
        typed_name=secret,
        idempotency_key=once,
    )

    def act() -> dict[str, Any]:
        saved = edit_secret.put_new_version(get_environment(environment), Actor(actor), edit)
        return {"version": saved.version_id, "sequence": saved.sequence}

    return result(act)


def create(secret: str, *, environment: str = "dev", actor: str = "kenji", once: str = "") -> Any:
    change = (Change("A", SecretValue("new")),)
    about = {"reason": "OPS-1: a test", "typed_name": secret}
    first = Edit(secret, "", change, idempotency_key=once, **about)
    new = NewSecret(first, "made by a test", {"Team": "tests"})

    def act() -> dict[str, Any]:
        return {
            "version": create_secret(get_environment(environment), Actor(actor), new).version_id
        }

    return result(act)


def describe(secret: str) -> Any:
    """A description and a tag that are new, and every tag that was there taken off."""
    dev, kenji = get_environment("dev"), Actor("kenji")
    seen = digest_of(get_secret(dev, kenji, secret))
    wanted = Description(secret, "after", {"New": "1"}, seen)
    return result(lambda: {"sequence": describe_anew(dev, kenji, wanted)})


def delete(secret: str, *, once: str = "") -> Any:
    wanted = Deletion(secret, 7, "OPS-1: a test", secret, once)
    return result(
        lambda: {"sequence": delete_secret(get_environment("dev"), Actor("kenji"), wanted)}
    )


def cancel(secret: str, *, once: str = "") -> Any:
    wanted = Cancellation(secret, once=once)
    return result(
        lambda: {"sequence": cancel_deletion(get_environment("dev"), Actor("kenji"), wanted)}
    )


def approve(sequence: int, *, environment: str = "dev", actor: str = "kenji") -> Any:
    return result(
        lambda: {
            "version": decide_change.approve(
                get_environment(environment),
                Actor(actor),
                waiting_proposal(get_environment(environment), sequence),
            ).version_id
        }
    )


def reject(sequence: int, *, environment: str = "dev", actor: str = "kenji") -> Any:
    place = get_environment(environment)
    return result(
        lambda: decide_change.reject(place, Actor(actor), waiting_proposal(place, sequence))
    )


def begin_emergency(sequence: int, *, environment: str = "dev", actor: str = "hana") -> Any:
    reason = "OPS-9: payments are down, nobody else is awake"
    chosen, person = get_environment(environment), Actor(actor)
    return result(
        lambda: {
            "version": make_current_in_emergency(
                chosen, person, waiting_proposal(chosen, sequence), reason
            ).version_id
        }
    )


def look_at_emergency(sequence: int, *, environment: str = "dev", actor: str = "kenji") -> Any:
    chosen, person = get_environment(environment), Actor(actor)

    def act() -> dict[str, Any]:
        found = find_emergency(chosen, sequence)
        look_at(chosen, person, found, "OPS-9: fine") if found else None
        return {"found": found is not None}

    return result(act)


def put_on_top(sequence: int, *, environment: str = "dev", actor: str = "hana") -> Any:
    chosen, person = get_environment(environment), Actor(actor)
    return result(
        lambda: {
            "sequence": put_on_top_of_current(
                chosen, person, waiting_proposal(chosen, sequence)
            ).sequence
        }
    )


def rotate(secret: str, key: str, what: str, *, actor: str = "hana") -> Any:
    """A step of a rotation."""
    dev, person = get_environment("dev"), Actor(actor)

    def act() -> dict[str, Any]:
        if what == "begin":
            return {"number": rotations.begin(dev, person, secret, key, "OPS-1: a test").number}
        rotation = rotations.open_rotations(dev, secret)[key]
        if what == "arrived":
            rotations.note_arrival(dev, person, rotation, "OPS-1: a test")
        else:
            rotations.try_old(dev, person, rotation)
        return {}

    return result(act)


def rotation_step(secret: str, key: str) -> list[Any]:
    """The number of a key's last rotation, and its step: "" for one that has ended, [] where
    there was none."""
    dev = get_environment("dev")
    for rotation in rotations.rotations_of(dev, secret, key)[:1]:
        standing = stand(dev, HANA, open_secret(dev, secret, HANA), rotation)
        return [rotation.number, standing.progress.step or ""]
    return []


def tell() -> list[str]:
    """Puts what is new in the outbox; the titles of all that is in it."""
    tell_changes()
    rows = StatusDelivery.objects.order_by("pk").values_list("payload", flat=True)
    return [json.loads(row)["event"]["title"] for row in rows]


def pin(
    secret: str,
    version: str,
    name: str,
    *,
    off: bool = False,
    moves_from: str = "",
    environment: str = "dev",
    actor: str = "kenji",
) -> Any:
    """Puts a pin on a version, or takes it off."""
    wanted = pins.Pin(secret, version, name, "OPS-1: a test", moves_from)
    act = pins.unpin if off else pins.pin
    return result(lambda: act(get_environment(environment), Actor(actor), wanted))


def open_page(secret: str, *, environment: str = "dev", actor: str = "yuki") -> Any:
    """What a secret's page reads of it."""
    return result(
        lambda: {
            "keys": [
                key.name
                for key in open_secret(get_environment(environment), secret, Actor(actor)).keys
            ]
        }
    )


def last_reported(environment: str = "dev") -> Any:
    """The versions that AWS last reported, by secret name."""
    return all_known_versions([get_environment(environment)])[environment]


def make_admins(names: list[str], environment: str = "dev") -> None:
    for name in names:
        make_account(name, "a password of some length", {environment: "admin"})


def take_admin(of: str, actor: str, environment: str = "dev") -> Any:
    user = get_user_model().objects.get(username=of)
    person = people.find_person(user.pk, [environment])
    assert person
    return result(
        lambda: {
            "record": people.take_role(
                get_environment(environment), Actor(actor), person, person.grants[0].pk
            )
        }
    )


def admins(environment: str = "dev") -> list[str]:
    return list(
        RoleGrant.objects.filter(environment=environment, role="admin").values_list(
            "user__username", flat=True
        )
    )


def settle(min_age: int = 0) -> dict[str, Any]:
    return command("settle_audit", min_age=min_age)


def verify(checkpoint: str | None = None) -> dict[str, Any]:
    return command("verify_audit", checkpoint=checkpoint)


def command(name: str, arguments: Sequence[str] = (), **options: Any) -> dict[str, Any]:
    """A management command as a shell sees it: its exit status and what it printed."""
    out = io.StringIO()
    try:
        call_command(name, *arguments, stdout=out, stderr=out, **options)
    except (CommandError, SystemExit) as error:
        return {"status": 1, "text": f"{out.getvalue()}{error}"}
    return {"status": 0, "text": out.getvalue()}


def records(secret: str = "") -> list[dict[str, Any]]:
    """Oldest first; of one secret, or all."""
    found = AuditRecord.objects.filter(secret=secret) if secret else AuditRecord.objects.all()
    return [dict(row) for row in found.order_by("sequence").values()]


def append(count: int, actor: str = "hana") -> dict[str, Any]:
    """Writes so many records; returns those written, and how often the lock was not to be had."""
    written: list[int] = []
    refused = 0
    while len(written) < count:
        try:
            written.append(
                audit.record(
                    Action.SIGN_IN, Actor(actor), details={"number": len(written)}
                ).sequence
            )
        except AuditUnavailable:
            refused += 1
    return {"written": written, "refused": refused}


def record(*, action: str = "sign_in", actor: str = "hana", **more: Any) -> Any:
    return result(lambda: {"sequence": audit.record(Action(action), Actor(actor), **more).sequence})


def run_sql(statements: list[str]) -> dict[str, Any]:
    """Raw statements, as with the database's password; stops at the first that fails."""
    rows: list[Any] = []
    with connection.cursor() as cursor:
        for statement in statements:
            try:
                cursor.execute(statement)
                rows = [list(row) for row in cursor.fetchall()] if cursor.description else []
            except Error as error:
                return {"error": str(error), "rows": []}
    return {"error": "", "rows": rows}


def wait_long_for_locks() -> None:
    """SQLite gives its lock to anybody who asks just then: on a busy machine one of many at once
    would be refused after the 5 seconds that a page waits."""
    limits._PATIENCE = lock._PATIENCE = "60s"
    if connection.vendor == "sqlite":
        database = connections.settings["default"]
        database["OPTIONS"] = {**database["OPTIONS"], "timeout": 60}


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """`act` in so many threads, each with a connection of its own; all begin together."""
    wait_long_for_locks()
    together = threading.Barrier(count)

    def run(number: int) -> Any:
        together.wait()
        try:
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def prove(name: str, count: int, *, is_right: bool) -> int:
    """So many proofs at once, all right or all wrong; returns how many of them were looked at."""
    tries.PATIENCE = 60  # the machine may be busy
    looked_at: list[int] = []

    def look_at(number: int) -> bool:
        looked_at.append(number)
        return is_right

    def act(number: int) -> dict[str, Any]:
        tried = tries.Try(name)
        if tried.verify(lambda: look_at(number)):
            tried.is_whole_proof()
        return {}

    at_once(count, lambda number: result(lambda: act(number)))
    return len(looked_at)


def begin(count: int) -> int:
    """So many changes at once; returns how many may go on."""
    dev = get_environment("dev")

    def act(number: int) -> dict[str, Any]:
        return result(lambda: {"counted": rules.ensure_not_too_many(dev, HANA, "x")})

    return sum("counted" in said for said in at_once(count, act))


def reveal(secret: str, version: str, count: int) -> list[str]:
    """One value, so many times at once; returns what each was told, "" for a value."""
    dev = get_environment("dev")

    def act(number: int) -> dict[str, Any]:
        return result(
            lambda: {
                "sequence": reveal_key(
                    dev, HANA, secret, "A", version, reason="OPS-1: a test", to="screen"
                ).sequence
            }
        )

    return [said["refused"] for said in at_once(count, act)]


def refuse(count: int) -> list[int]:
    """So many refusals at once of somebody unknown; returns how many the log tells of."""
    who = Actor("unknown", "192.0.2.7")
    at_once(count, lambda number: audit.refuse_counted(Action.SIGN_IN, who))
    rows = AuditRecord.objects.filter(actor="unknown").values_list("details", flat=True)
    return [1 + json.loads(details).get("others", 0) for details in rows]


def end_minute() -> int:
    """As if a minute had gone by; returns how many records what is beside the server then adds."""
    CountedRefusal.objects.update(since=F("since") - timedelta(seconds=61))
    return audit.append_counted()


def leave() -> str:
    """A web session that has gone to the provider with the state "z"; returns its id."""
    session = SessionStore()
    session["socialaccount_states"] = {"z": ({"next": "/"}, time.time(), settings.OIDC_PROVIDER_ID)}
    session.save()
    return str(session.session_key)


def come_back(session_key: str, count: int) -> list[str]:
    """So many answers of the provider with that state at once; returns what became of each."""

    def act(number: int) -> dict[str, Any]:
        request = RequestFactory().get("/sso/callback?state=z")
        request.session = SessionStore(session_key)
        # As a request does that asks who is signed in, before the others have taken the state.
        request.session.get("_auth_user_id")
        oidc.take_state(request)
        return {}

    return [said["refused"] for said in at_once(count, lambda number: result(lambda: act(number)))]


def let_files_grow_no_more() -> None:
    """A full disk, for this process: room for SQLite's index of its log, none for a record."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (32_768, 32_768))


JOBS: dict[str, Callable[..., Any]] = {
    job.__name__: job
    for job in (
        use_database,
        make_clients,
        save,
        create,
        describe,
        delete,
        cancel,
        approve,
        reject,
        begin_emergency,
        look_at_emergency,
        put_on_top,
        rotate,
        rotation_step,
        tell,
        pin,
        open_page,
        last_reported,
        make_admins,
        take_admin,
        admins,
        settle,
        verify,
        command,
        records,
        append,
        record,
        run_sql,
        prove,
        begin,
        reveal,
        refuse,
        end_minute,
        leave,
        come_back,
        let_files_grow_no_more,
    )
}
