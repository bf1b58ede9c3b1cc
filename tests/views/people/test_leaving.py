"""Somebody leaves: what they have and know on one page, and a to-do list that ticks itself off."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.models import (
    AuditRecord,
    PersonSession,
    RoleGrant,
    RotationTask,
    SecretReaders,
    TrailCall,
)
from secrets_ui.services.changes.save import put_new_version
from secrets_ui.services.configuration import get_environment
from secrets_ui.services.people.sessions import note_session
from secrets_ui.services.secrets.debts import debts_of
from secrets_ui.services.secrets.opening import open_secret
from tests.conftest import Estate, MakeEstate, SignedIn, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("estate")]
NAME, HANA, KEN = "miyabi/dev/config", Actor("hana@x.com"), Actor("ken")
DUE = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()


@pytest.fixture
def estate(make_estate: MakeEstate) -> Estate:
    return make_estate(only=("dev",))


@pytest.fixture
def hana(person: Callable[..., Any]) -> Any:
    """Knows two keys."""
    save(HANA, ONE="uno", TWO="due")
    return person("editor", "dev", name=HANA.name)


@pytest.fixture
def admin(signed_in: SignedIn) -> Client:
    return signed_in("admin", "dev", name="mika")


def save(actor: Actor, **values: str) -> None:
    place = get_environment("dev")
    base = open_secret(place, NAME, actor).secret.current
    changes = tuple(Change(key, SecretValue(value)) for key, value in values.items())
    put_new_version(place, actor, Edit(NAME, base, changes=changes))


def known() -> dict[str, str]:
    """The ids of what hana knows, by key."""
    return {debt.key: debt.id for debt in debts_of(HANA.name, [get_environment("dev")])}


def post(client: Client, user: Any, do: str, **form: str) -> Any:
    return client.post(f"/people/{user.pk}/leaving", {"do": do, **form})


def page(client: Client, user: Any) -> str:
    return client.get(f"/people/{user.pk}/leaving").content.decode()


def test_the_list_of_what_to_rotate_ticks_itself_off(admin: Client, hana: Any) -> None:
    ids = known()
    form = {f"owner-{ids['ONE']}": "mika", f"due-{ids['ONE']}": DUE, f"owner-{ids['TWO']}": ""}
    done = post(admin, hana, "plan", **form)
    assert f"is to be changed by {DUE}" in admin.get(done.url).content.decode()
    record = AuditRecord.objects.latest("sequence")
    assert json.loads(record.details) == {
        "account": HANA.name,
        "keys": 1,
        "owners": ["mika"],
        "last_due": DUE,
    }
    assert "hana@x.com</bdi>: is to leave" in admin.get("/people/to-rotate").content.decode()
    post(admin, hana, "roles")
    told = admin.get("/people/to-rotate").content.decode()
    assert ("no role there any more" in told, ": is to leave" in told) == (True, False)
    assert "<bdi>mika</bdi>, " in admin.get("/people/to-rotate").content.decode()
    later = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    post(admin, hana, "plan", **(form | {f"due-{ids['ONE']}": later}))
    assert RotationTask.objects.get().due.isoformat() == later

    assert "for which" not in page(admin, hana)
    save(KEN, ONE="another")
    assert set(known()) == {"TWO"}
    assert "for which <bdi>mika</bdi> was the owner" in page(admin, hana)


@pytest.mark.parametrize(
    ("owner", "due"),
    [("", DUE), ("nobody", DUE), ("hana@x.com", DUE), ("mika", "2020-01-01"), ("mika", "soon")],
)
def test_what_is_no_plan(admin: Client, hana: Any, owner: str, due: str) -> None:
    one = known()["ONE"]
    form = {f"owner-{one}": owner, f"due-{one}": due}
    assert post(admin, hana, "plan", **form).status_code == 400
    assert not RotationTask.objects.exists()


def test_a_late_key_stands_in_nobody_s_way_and_an_owner_can_be_taken_off(
    admin: Client, hana: Any
) -> None:
    one, two = known()["ONE"], known()["TWO"]
    form = {f"owner-{one}": "mika", f"due-{one}": DUE, f"owner-{two}": "", f"due-{two}": DUE}
    post(admin, hana, "plan", **form)
    late = datetime.now(UTC).date() - timedelta(days=1)
    RotationTask.objects.update(due=late)
    form[f"due-{one}"] = late.isoformat()
    assert post(admin, hana, "plan", **form).status_code == 400
    assert post(admin, hana, "plan", **form | {f"owner-{two}": "mika"}).status_code == 302
    assert set(RotationTask.objects.values_list("key", "due")) == {
        ("ONE", late),
        ("TWO", datetime.fromisoformat(DUE).date()),
    }
    dropped = post(admin, hana, "plan", **form | {f"owner-{one}": ""})
    assert "planned for nobody any more" in admin.get(dropped.url).content.decode()
    assert not RotationTask.objects.exists()


def test_sessions_are_ended_and_roles_taken_there(admin: Client, hana: Any) -> None:
    theirs = client_of(hana)
    note_session(str(theirs.session.session_key), hana, "password", "192.0.2.7", "Firefox/1 Linux")
    RoleGrant.objects.create(user=hana, environment="dev", role="viewer", source="groups")
    told = page(admin, hana)
    assert "192.0.2.7" in told
    assert "take them out of it there" in told
    assert "CloudTrail calls them <code>hana@x.com</code>" in told
    assert "dev: not known.</strong> The status runner has not looked yet." in told

    ended = post(admin, hana, "sessions")
    assert "The sessions of hana@x.com were ended." in admin.get(ended.url).content.decode()
    assert not PersonSession.objects.filter(user=hana).exists()
    assert theirs.get("/dev/").status_code == 302
    assert post(admin, hana, "roles").status_code == 302
    assert list(RoleGrant.objects.filter(user=hana).values_list("source", flat=True)) == ["groups"]
    assert post(admin, hana, "roles").status_code == 400
    assert post(admin, hana, "dance").status_code == 400


def test_an_admin_of_one_environment_ends_no_sessions_of_another(
    admin: Client, hana: Any, make_estate: MakeEstate
) -> None:
    make_estate(only=("dev", "prod"))
    RoleGrant.objects.create(user=hana, environment="prod", role="viewer")
    assert "An admin of all their environments" in page(admin, hana)
    assert post(admin, hana, "sessions").status_code == 403
    assert post(admin, hana, "roles").status_code == 302
    assert RoleGrant.objects.get(user=hana).environment == "prod"


def test_their_own_principals_that_can_still_read_are_named_by_the_last_looks(
    admin: Client, hana: Any
) -> None:
    iam, sts = "arn:aws:iam::111111111111", "arn:aws:sts::111111111111:assumed-role"
    at = datetime(2026, 11, 29, 2, 14, tzinfo=UTC)
    own, theirs = f"{iam}:user/staff/Hana", f"{iam}:role/ops/oncall"
    rights = {
        own: {"read": ["a policy"], "put": ["a policy"]},
        theirs: {"read": None},
        f"{iam}:role/johanna": {"read": ["a policy"]},
        f"{iam}:role/lambda": {"read": ["a policy"]},
    }
    for secret, found in ((NAME, rights), ("miyabi/dev/api-keys", {own: {"put": ["a policy"]}})):
        found_json = json.dumps({"at": at.isoformat(), "rights": found})
        SecretReaders.objects.create(
            environment="dev", secret=secret, looked_at=at, found=found_json
        )
    SecretReaders.objects.create(environment="dev", secret="miyabi/dev/new")
    for number, principal in enumerate((f"{sts}/oncall/i-1", f"{sts}/lambda/fn")):
        TrailCall.objects.create(
            environment="dev",
            event_id=str(number),
            at=at,
            event="GetSecretValue",
            reader="role",
            principal=principal,
            source_identity="hana" if "oncall" in principal else "somebody",
        )
    told = " ".join(page(admin, hana).split())
    assert 'can read</span> <bdi class="mono">user/staff/Hana</bdi>' in told
    assert 'cannot be told</span> <bdi class="mono">role/ops/oncall</bdi>' in told
    assert told.count("look of 29 Nov 2026") == 2
    assert "johanna" not in told
    assert "by looks at 2 of 3 secrets since 29 Nov 2026" in told
