"""Permissions, through HTTP: role × environment × action.

Section C of the security requirements.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.environment import Rules
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import AuditRecord, CountedRefusal, RoleGrant, RoleRequest
from secrets_ui.services import audit
from testkit.posting import (
    JSON,
    create_form,
    document_form,
    edit_url,
    import_form,
    key_form,
    prod_rules,
    save_key,
)
from tests.conftest import Estate, MakeEstate, SignedIn, Watched, client_of
from tests.urls import every_url

pytestmark = pytest.mark.django_db
ENVIRONMENTS = ("dev", "staging", "prod")

# What each role may do where it has been given. Repeated here on purpose: a change of the
# permissions has to change this too.
_SEE = {
    *("see the list", "open a secret", "see the history", "see the changes", "see the status"),
    *("see the rollout", "see the usage", "see what is due"),
    *("export a .env.example", "export a catalogue entry", "see what serves", "see a rotation"),
}
_CHECK = {
    *("check access", "explain an error", "try a policy", "open a run", "copy a report"),
    "see who read",
}
_WHO = {"see who can read", "look for readers again", "look for older reads"}
_EDIT = {
    *("open the edit page", "open the document page", "review", "save", "save a document"),
    *("try a value", "start fresh instances"),
    *("review a restore", "restore", "open the import page", "review an import", "import"),
    *("open the pins", "pin", "unpin", "begin a rotation", "give a rotation up"),
    *("try a rotation's old value", "say that a value has arrived", "say that it is revoked"),
}
_MANAGE = {
    *("name a new secret", "open the creation page", "review a creation", "create a secret"),
    *("open the description page", "describe a secret", "open the deletion page"),
    *("delete a secret", "open the cancellation page", "cancel a deletion"),
}
# With a proposal that waits.
_PROPOSED = {"make current alone", "put on top"}
_DECIDE = {"approve", "reject", "look at an emergency"}
_SHOW = {"show a value", "copy a value"}
_PEOPLE = {
    "acknowledge a finding",
    "acknowledge a finding of the environment",
    "see the people",
    "open a person",
    "see what to rotate",
    "see the roles asked for",
    "open the addition page",
    "open the leaving page",
    "answer a request",
    "give a role",
    "take a role",
    "switch an account",
}
TABLE = {
    "viewer": _SEE | _CHECK,
    "editor": _SEE | _CHECK | _EDIT | _PROPOSED | _SHOW | {"see the log"},
    "approver": _SEE | _CHECK | _DECIDE | {"see the log"},
    "auditor": _SEE | _CHECK | _WHO | {"see the log", "export"},
    "admin": _SEE
    | _CHECK
    | _WHO
    | _EDIT
    | _MANAGE
    | _PROPOSED
    | _DECIDE
    | _PEOPLE
    | {"see the log", "export"},
    "nobody": set(),
    "": set(),
}
# These pages are of no one environment.
SOMEWHERE = {
    "see the log",
    "export",
    "see the people",
    "open a person",
    "see what to rotate",
    "see the roles asked for",
    "open the addition page",
    "open the leaving page",
    "switch an account",
}


def make_somebody() -> tuple[int, dict[str, int]]:
    """A person's id, and the ids of their grants by environment."""
    user, _ = get_user_model().objects.get_or_create(username="somebody")
    grants = {
        name: RoleGrant.objects.get_or_create(
            user=user, environment=name, role="viewer", source="groups"
        )[0].pk
        for name in ENVIRONMENTS
    }
    return user.pk, grants


def actions(environment: str) -> dict[str, Callable[[Client], Any]]:
    """Every action of a person in an environment, as a request."""
    somebody, given = make_somebody()
    asked, _ = RoleRequest.objects.get_or_create(
        user_id=somebody,
        environment=environment,
        role="editor",
        defaults={"hours": 2, "reason": "OPS-9", "at": datetime.now(UTC)},
    )
    name = f"miyabi/{environment}/config"
    reveal = f"/{environment}/reveal/{name}"
    pin = f"/{environment}/pin/{name}"
    rotation = f"/{environment}/rotate/{name}?key=MIYABI_ROOT"
    pinned = {"version": "a" * 32, "name": "good", "reason": "OPS-1: a test"}
    shown = {"version": "a" * 32, "key": "MIYABI_ROOT", "reason": "r"}
    edit = edit_url(environment, "config")
    document = edit_url(environment, "config", "edit-document")
    form = key_form("a" * 32, ("MIYABI_ROOT", "set", "/x"), **prod_rules(name))
    whole = document_form("a" * 32, "{}", **prod_rules(name))
    imported = edit_url(environment, "config", "import")
    pasted = import_form("a" * 32, "A=1", take="0", **prod_rules(name))
    return {
        "see the list": lambda client: client.get(f"/{environment}/"),
        "open a secret": lambda client: client.get(f"/{environment}/secret/{name}"),
        "see the history": lambda client: client.get(f"/{environment}/history/{name}"),
        "see the rollout": lambda client: client.get(f"/{environment}/rollout/{name}"),
        "review a restore": lambda client: client.get(
            f"/{environment}/restore/{name}?version={'a' * 32}"
        ),
        "restore": lambda client: client.post(
            f"/{environment}/restore/{name}", {"version": "a" * 32, "base": "b" * 32}
        ),
        "acknowledge a finding": lambda client: client.post(
            f"/{environment}/acknowledge/{name}", {"finding": "a" * 32, "reason": "r"}
        ),
        "acknowledge a finding of the environment": lambda client: client.post(
            f"/{environment}/acknowledge", {"finding": "a" * 32, "reason": "r"}
        ),
        "open the pins": lambda client: client.get(f"{pin}?version={'a' * 32}"),
        "pin": lambda client: client.post(pin, pinned | {"do": "pin"}),
        "unpin": lambda client: client.post(pin, pinned | {"do": "unpin"}),
        "see a rotation": lambda client: client.get(rotation),
        "begin a rotation": lambda client: client.post(rotation, {"do": "begin"}),
        "try a rotation's old value": lambda client: client.post(rotation, {"do": "try_old"}),
        "say that a value has arrived": lambda client: client.post(rotation, {"do": "arrived"}),
        "say that it is revoked": lambda client: client.post(rotation, {"do": "revoked"}),
        "give a rotation up": lambda client: client.post(rotation, {"do": "give_up"}),
        "export a .env.example": lambda client: client.get(f"/{environment}/env-example/{name}"),
        "export a catalogue entry": lambda client: client.get(
            f"/{environment}/catalogue-entry/{name}"
        ),
        "name a new secret": lambda client: client.get(f"/{environment}/new"),
        "open the creation page": lambda client: client.get(f"/{environment}/create/{name}-2"),
        "review a creation": lambda client: client.post(
            f"/{environment}/create/{name}-2", create_form({"A": "1"}, step="review"), **JSON
        ),
        "create a secret": lambda client: client.post(
            f"/{environment}/create/{name}-2", create_form({"A": "1"}), **JSON
        ),
        "open the description page": lambda client: client.get(f"/{environment}/describe/{name}"),
        "describe a secret": lambda client: client.post(f"/{environment}/describe/{name}"),
        "open the deletion page": lambda client: client.get(f"/{environment}/delete/{name}"),
        "delete a secret": lambda client: client.post(f"/{environment}/delete/{name}"),
        "open the cancellation page": lambda client: client.get(
            f"/{environment}/cancel-deletion/{name}"
        ),
        "cancel a deletion": lambda client: client.post(f"/{environment}/cancel-deletion/{name}"),
        "see what serves": lambda client: client.get(f"/{environment}/refresh/{name}"),
        "start fresh instances": lambda client: client.post(f"/{environment}/refresh/{name}"),
        "see the status": lambda client: client.get(f"/{environment}/status"),
        "see the changes": lambda client: client.get(f"/{environment}/changes"),
        "see what is due": lambda client: client.get(f"/{environment}/due"),
        "see the usage": lambda client: client.get(f"/{environment}/usage"),
        "open the edit page": lambda client: client.get(edit),
        "open the document page": lambda client: client.get(document),
        "review": lambda client: client.post(edit, form | {"step": "review"}, **JSON),
        "save": lambda client: client.post(edit, form, **JSON),
        "save a document": lambda client: client.post(document, whole, **JSON),
        "open the import page": lambda client: client.get(imported),
        "review an import": lambda client: client.post(
            imported, pasted | {"step": "review"}, **JSON
        ),
        "import": lambda client: client.post(imported, pasted, **JSON),
        "check access": lambda client: client.get(f"/{environment}/troubleshoot/{name}"),
        "explain an error": lambda client: client.post(
            f"/{environment}/explain-error/{name}", {"text": "AccessDeniedException"}
        ),
        "try a policy": lambda client: client.get(f"/{environment}/what-if/{name}"),
        "see who can read": lambda client: client.get(f"/{environment}/who/{name}"),
        "look for readers again": lambda client: client.post(f"/{environment}/who-again/{name}"),
        "see who read": lambda client: client.get(f"/{environment}/reads/{name}"),
        "look for older reads": lambda client: client.post(f"/{environment}/older-reads/{name}"),
        "open a run": lambda client: client.get(f"/{environment}/runs/1"),
        "copy a report": lambda client: client.get(f"/{environment}/runs/1.md"),
        "show a value": lambda client: client.post(reveal, shown | {"to": "screen"}, **JSON),
        "try a value": lambda client: client.post(f"/{environment}/try/{name}", shown),
        "copy a value": lambda client: client.post(reveal, shown | {"to": "clipboard"}),
        "give a role": lambda client: client.post(
            f"/people/{somebody}/give", {"environment": environment, "role": "none"}
        ),
        "take a role": lambda client: client.post(f"/people/{somebody}/take/{given[environment]}"),
        "answer a request": lambda client: client.post(
            f"/people/requests/{asked.pk}", {"answer": "none"}
        ),
        "approve": lambda client: client.post(f"/{environment}/changes/1", {"decision": "approve"}),
        "reject": lambda client: client.post(f"/{environment}/changes/1", {"decision": "reject"}),
        "make current alone": lambda client: client.post(
            f"/{environment}/changes/1/emergency", {"reason": "OPS-9: nobody else is there"}
        ),
        "put on top": lambda client: client.post(f"/{environment}/changes/1/on-top"),
        "look at an emergency": lambda client: client.post(
            f"/{environment}/changes/1/look", {"reason": "OPS-9"}
        ),
    }


ROLES = list(TABLE)
# By environment, what seven people have: each role once in each, beside two others that must not
# count there. With "" one has nothing there.
HELD = [
    dict(zip(ENVIRONMENTS, (ROLES[number - 4], ROLES[number - 2], ROLES[number]), strict=True))
    for number in range(len(ROLES))
]


@pytest.mark.slow
@pytest.mark.parametrize("held", HELD, ids=lambda held: "-".join(held.values()))
def test_s40_a_role_counts_where_it_was_given_and_a_refusal_is_recorded_without_an_aws_call(
    watched: Watched, django_user_model: Any, held: dict[str, str]
) -> None:
    _, aws = watched()
    user = django_user_model.objects.create_user("hana")
    for environment, role in held.items():
        if role:
            RoleGrant.objects.create(user=user, environment=environment, role=role)
    client = client_of(user)
    for environment in ENVIRONMENTS:
        # A refusal's page is drawn in dev alone: drawing it costs more than deciding.
        if environment != "dev":
            client.defaults["HTTP_ACCEPT"] = "application/json"
        allowed = set()
        for action, act in actions(environment).items():
            # Pages of one action are one kind of refusal: as if each had a minute to itself.
            CountedRefusal.objects.all().delete()
            records, calls = AuditRecord.objects.count(), len(aws.received)
            if act(client).status_code != 403:
                allowed.add(action)
                continue
            assert aws.received[calls:] == []
            assert AuditRecord.objects.count() == records + 1
            record = AuditRecord.objects.latest("sequence")
            assert (record.action, record.outcome) == ("access.refused", "refused")
            assert (record.actor, record.environment) == ("hana", environment)
        assert allowed == TABLE[held[environment]] - SOMEWHERE, environment


@pytest.mark.parametrize("role", TABLE)
def test_s40_the_comparison_has_the_environments_that_one_may_see_and_no_others(
    watched: Watched, person: Callable[..., Any], role: str
) -> None:
    _, aws = watched()
    answer = client_of(person(role, "prod")).get("/compare")
    assert answer.status_code == (200 if TABLE[role] else 403)
    if TABLE[role]:
        found = answer.context["found"]
        assert [column.environment.name for column in found.columns] == ["prod"]
        assert {name for group in found.groups for name in group.names} == {"prod"}
    listed = [call.body for call in aws.received if call.operation == "ListSecrets"]
    assert len(listed) == (1 if TABLE[role] else 0)


@pytest.mark.parametrize("role", TABLE)
def test_s40_the_cost_of_all_is_for_those_who_may_see_some_and_holds_no_others(
    watched: Watched, person: Callable[..., Any], role: str
) -> None:
    _, aws = watched()
    answer = client_of(person(role, "prod")).get("/cost")
    assert answer.status_code == (200 if TABLE[role] else 403)
    if TABLE[role]:
        assert [entry.environment.name for entry in answer.context["estimate"].environments] == [
            "prod"
        ]
        assert {
            call.session.partition("/")[0].split(":")[4] for call in aws.received if call.session
        } == {answer.context["estimate"].environments[0].environment.account}
    else:
        assert aws.received == []


def refusals() -> int:
    """On record, or counted for the next one of their kind."""
    others = CountedRefusal.objects.values_list("others", flat=True)
    return AuditRecord.objects.filter(action="access.refused").count() + sum(others)


@pytest.mark.parametrize("role", TABLE)
def test_s40_the_log_and_its_export_are_for_those_who_may_audit_somewhere(
    watched: Watched, person: Callable[..., Any], role: str
) -> None:
    _, aws = watched(only=("dev",))
    client = client_of(person(role, "prod"))
    urls = {
        "see the log": ("/audit", "/audit/1"),
        "export": ("/audit/export.csv", "/audit/export.jsonl"),
        "see the people": ("/people",),
        "open a person": (f"/people/{client.user.pk}",),  # type: ignore[attr-defined]
        "see what to rotate": ("/people/to-rotate",),
        "see the roles asked for": ("/people/requests",),
        "open the addition page": ("/people/add",),
        "open the leaving page": (f"/people/{client.user.pk}/leaving",),  # type: ignore[attr-defined]
    }
    audit.record(Action.SIGN_IN, Actor("hana"))
    for action, paths in urls.items():
        for path in paths:
            before = refusals()
            answer = client.get(path)
            is_allowed = answer.status_code == 200
            if answer.streaming:  # an export is over once it was read
                list(answer.streaming_content)
            assert is_allowed is (action in TABLE[role]), path
            assert refusals() == before + (not is_allowed)
    assert aws.received == []


def test_s40_two_roles_add_up_and_only_where_they_are(
    estate: Estate, person: Callable[..., Any]
) -> None:
    user = person("viewer", "dev", "prod")
    RoleGrant.objects.create(user=user, environment="dev", role="editor")
    client = client_of(user)
    assert client.get(edit_url("dev", "config")).status_code == 200
    assert client.get(edit_url("prod", "config")).status_code == 403
    assert client.get("/staging/").status_code == 403


def test_s42_a_role_for_some_names_reaches_those_alone(
    watched: Watched, person: Callable[..., Any]
) -> None:
    estate, aws = watched(only=("dev",), dev=Rules(second_person=True))
    author, user = (
        client_of(person("editor", "dev", name="ken")),
        person("editor", "dev", name="hana"),
    )
    for name, key in (("config", "MIYABI_ROOT"), ("api-keys", "OAUTH_CLIENT_ID")):
        save_key(author, estate, "dev", name, key, "other")
    b"".join(author.get("/dev/troubleshoot/miyabi/dev/config"))
    RoleGrant.objects.filter(user=user).update(prefix="api-")
    client = client_of(user)

    for path in ("/dev/", "/dev/?q=miyabi", "/dev/changes"):
        page = client.get(path).content.decode()
        assert "miyabi/dev/api-keys" in page, path
        assert "miyabi/dev/config" not in page, path
    assert client.get("/dev/secret/miyabi/dev/api-keys").status_code == 200
    assert client.get(edit_url("dev", "api-keys")).status_code == 200
    assert client.get("/dev/troubleshoot")["Location"] == "/dev/troubleshoot/miyabi/dev/api-keys"
    b"".join(client.get("/dev/troubleshoot/miyabi/dev/api-keys"))

    aws.received.clear()
    before = refusals()
    asks = [
        act for action, act in actions("dev").items() if action in _SEE | _CHECK | _EDIT | _SHOW
    ]
    answers = [act(client).status_code for act in asks]
    assert answers.count(200) == 3  # the list, the changes, and what is due
    assert set(answers) == {200, 403}
    assert refusals() == before + answers.count(403)
    assert "config" not in json.dumps([call.body for call in aws.received])
    assert client.get("/audit").status_code == 403  # of the whole environment alone


@pytest.mark.parametrize(
    ("flags", "environment"),
    [
        ({"is_superuser": True}, "dev"),
        ({"is_staff": True}, "staging"),
        ({"is_superuser": True, "is_staff": True}, "prod"),
    ],
)
def test_s44_a_superuser_flag_gives_nothing(
    watched: Watched, flags: dict[str, bool], environment: str
) -> None:
    _, aws = watched(only=("dev",))
    client = client_of(get_user_model().objects.create_user("root", **flags))
    assert {act(client).status_code for act in actions(environment).values()} == {403}
    assert [client.get(path).status_code for path in ("/", "/audit", "/audit/export.csv")] == [
        403
    ] * 3
    assert aws.received == []


def test_s44_nor_does_it_add_to_a_role(estate: Estate, person: Callable[..., Any]) -> None:
    user = person("viewer", "dev")
    user.is_superuser = user.is_staff = True
    user.save()
    client = client_of(user)
    assert client.get("/dev/").status_code == 200
    assert client.get(edit_url("dev", "config")).status_code == 403
    assert client.get("/prod/").status_code == 403


def test_s47_nobody_gives_oneself_a_role_by_any_form(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    make_estate(only=("dev",))
    client = signed_in("editor", "dev", name="hana")
    before = set(RoleGrant.objects.values_list("user__username", "environment", "role"))
    for name, path in every_url():
        if name != "sign_out":
            client.post(
                path,
                {
                    "user": "hana",
                    "username": "hana",
                    "role": "admin",
                    "roles": "admin",
                    "environment": "prod",
                    "grant": "admin",
                },
            )
    assert set(RoleGrant.objects.values_list("user__username", "environment", "role")) == before


@pytest.mark.parametrize("role", ["editor", "admin"])
def test_s47_nobody_approves_one_s_own_proposal(
    watched: Watched, signed_in: SignedIn, role: str
) -> None:
    estate, aws = watched(only=("dev",), dev=Rules(second_person=True))
    client, before = signed_in(role, "dev", name="hana"), estate.value("dev", "config")
    number = (
        save_key(client, estate, "dev", "config", "MIYABI_ROOT", "/mine")
        .json()["saved"]
        .rpartition("=")[2]
    )
    aws.received.clear()

    assert client.post(f"/dev/changes/{number}", {"decision": "approve"}).status_code == 403

    assert aws.received == []
    assert AuditRecord.objects.get(action="access.refused").actor == "hana"
    assert estate.value("dev", "config") == before
    assert "Approve" not in client.get("/dev/changes").content.decode()
    # One may take it back.
    taken = client.post(f"/dev/changes/{number}", {"decision": "reject"}, follow=True)
    assert "Your proposal was taken back." in taken.content.decode()
