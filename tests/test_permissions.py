"""Permissions, through HTTP: role × environment × action.

Section C of the security requirements.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.environment import Rules
from secrets_ui.domain.iam import Request, evaluate, parse_policy
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import AuditRecord, CountedRefusal, RoleGrant, RoleRequest
from secrets_ui.services import audit
from secrets_ui.services.changes.settle import settle_audit, sweep_labels
from secrets_ui.services.configuration import get_environment
from testkit.intents import intend
from testkit.posting import (
    JSON,
    create_form,
    current_version,
    document_form,
    edit_url,
    import_form,
    key_form,
    prod_rules,
    save_key,
)
from testkit.recording_aws import Call, RecordingAws
from tests.conftest import Estate, client_of
from tests.urls import every_url

pytestmark = pytest.mark.django_db
SignedIn = Callable[..., Client]
Watched = Callable[..., tuple[Estate, RecordingAws]]
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


PLACES = [(role, place) for role in TABLE for place in (ENVIRONMENTS if TABLE[role] else ("dev",))]


@pytest.mark.slow
@pytest.mark.parametrize(("role", "given"), PLACES)
def test_s40_a_role_counts_where_it_was_given_and_a_refusal_is_recorded_without_an_aws_call(
    watched: Watched, person: Callable[..., Any], role: str, given: str
) -> None:
    _, aws = watched()
    client = client_of(person(role, given))
    allowed = set()
    for environment in ENVIRONMENTS:
        for action, act in actions(environment).items():
            # Pages of one action are one kind of refusal: as if each had a minute to itself.
            CountedRefusal.objects.all().delete()
            records, calls = AuditRecord.objects.count(), len(aws.received)
            if act(client).status_code != 403:
                allowed.add((environment, action))
                continue
            assert aws.received[calls:] == []
            assert AuditRecord.objects.count() == records + 1
            record = AuditRecord.objects.order_by("sequence").last()
            assert record is not None
            assert (record.action, record.outcome) == ("access.refused", "refused")
            assert (record.actor, record.environment) == (client.user.get_username(), environment)  # type: ignore[attr-defined]
    assert allowed == {(given, action) for action in TABLE[role] - SOMEWHERE}


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


def test_s40_every_url_asks_the_gatehouse(watched: Watched, signed_in: SignedIn) -> None:
    """A view that forgets to ask would answer somebody without a role."""
    _, aws = watched(only=("dev",))
    client = signed_in("nobody")
    # Signing in, and one's own account: each shows and changes only what belongs to whoever asks.
    open_to_all = {
        "livez", "readyz", "sign_in", "sign_out", "second_step", "sso_sign_in", "sso_callback",
        "step_up", "sso_step_up",
        "account", "change_password", "enrol_codes", "enrol_passkey", "recovery_codes",
        "remove_factor", "sessions", "stay", "ask_role", "use_link",
        "make_calendar", "end_calendar",
        "metrics", "calendar",  # ask for a token, and no session helps
    }  # fmt: skip
    for method in ("get", "post"):
        for name, path in every_url():
            if name not in open_to_all:
                assert getattr(client, method)(path).status_code in (403, 405), path
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


FOREIGN = {
    "environment": "prod", "place": "prod", "secret": "miyabi/prod/config",
    "name": "miyabi/prod/config", "prefix": "miyabi/prod/",
    "arn": "arn:aws:secretsmanager:us-west-2:333333333333:secret:miyabi/prod/config-AAAAAA",
    "account": "333333333333",
    "region": "us-east-1", "assume_role": "arn:aws:iam::333333333333:role/miyabi-console",
    "SecretId": "miyabi/prod/config",
}  # fmt: skip


@pytest.mark.parametrize("where", ["form", "query"])
def test_s41_hidden_fields_turned_to_prod_count_for_nothing(
    watched: Watched, signed_in: SignedIn, where: str
) -> None:
    estate, aws = watched()
    client, before = signed_in("editor", "dev"), estate.value("prod", "config")
    form = key_form(current_version(estate, "dev", "config"), ("MIYABI_ROOT", "set", "/mine"))
    sent = (
        {"data": {**FOREIGN, **form}}
        if where == "form"
        else {"data": form, "query_params": FOREIGN}
    )

    assert client.post(edit_url("dev", "config"), **sent, **JSON).status_code == 200

    assert json.loads(estate.value("dev", "config"))["MIYABI_ROOT"] == "/mine"
    assert estate.value("prod", "config") == before
    assert {call.session.partition(" as ")[0] for call in aws.received} - {""} == {
        estate.environments["dev"].assume_role
    }
    assert not [call for call in aws.received if "prod" in json.dumps(call.body)]


@pytest.mark.parametrize(
    "turned",
    [
        {"typed_name": "miyabi/dev/config"},
        {"typed_name": "miyabi/prod/api-keys"},
        {"base": "OF ANOTHER SECRET"},
        {"base": ""},
    ],
    ids=[
        "another environment's name",
        "another secret's name",
        "another secret's version",
        "no version",
    ],
)
def test_s41_hidden_fields_that_say_something_else_than_the_path_are_refused(
    estate: Estate, signed_in: SignedIn, turned: dict[str, str]
) -> None:
    name, before = "miyabi/prod/config", estate.value("prod", "config")
    form = key_form(
        current_version(estate, "prod", "config"),
        ("MIYABI_ROOT", "set", "/mine"),
        **prod_rules(name),
    )
    turned = {
        k: current_version(estate, "prod", "api-keys") if v.startswith("OF") else v
        for k, v in turned.items()
    }
    assert signed_in("editor").post(
        edit_url("prod", "config"), form | turned, **JSON
    ).status_code in (
        400,
        409,
    )
    assert estate.value("prod", "config") == before


OUTSIDE = [
    "miyabi/developers/x", "miyabi/dev", "miyabi/dev/", "miyabi/devx", "miyabi/Dev/config",
    "MIYABI/dev/config", "Miyabi/dev/config",
    "miyabi/dev/../prod/config", "miyabi/dev/..", "miyabi/dev/./config", "miyabi/dev//config",
    "miyabi/prod/config", "/miyabi/dev/config",
    "miyabi/dev/%2e%2e/prod/config", "miyabi%252Fprod%252Fconfig", "miyabi/dev/..%252fprod",
    "miyabi%5Cdev%5Cconfig", "config",
    "miyabi/dev/config/../../prod/config",
    "miyabi/dev/config%00", "miyabi/dev/config%0a", "miyabi/dev/c\u043enfig",
    "miyabi/dev/\uff0e\uff0e/prod/config",
    "miyabi/dev/config ", " miyabi/dev/config",
    "arn:aws:secretsmanager:us-west-2:111111111111:secret:miyabi/dev/config-AAAAAA",
    "miyabi/dev/config*", "miyabi/dev/" + "x" * 512,
]  # fmt: skip


def test_s42_a_scope_is_not_left_by_any_spelling_of_a_path(
    watched: Watched, signed_in: SignedIn
) -> None:
    _, aws = watched()
    client = signed_in("admin")
    for name in OUTSIDE:
        for page in ("secret", "edit", "edit-document"):
            path = f"/dev/{page}/{name}"
            answers = [
                client.get(path),
                client.post(path, key_form("a" * 32, ("A", "set", "1"), reason="r")),
            ]
            refused = {400} if name.endswith(("%00", "%0a")) else {404, 405}
            assert {answer.status_code for answer in answers} <= refused, path
    assert aws.received == []


def test_s42_an_encoded_slash_is_a_slash_and_leads_to_the_same_secret(
    make_estate: Callable[..., Estate], signed_in: SignedIn
) -> None:
    make_estate(only=("dev",))
    client = signed_in("viewer", "dev")
    assert client.get("/dev/secret/miyabi%2Fdev%2Fconfig").status_code == 200
    assert client.get("/dev/secret/miyabi%2Fprod%2Fconfig").status_code == 404
    assert client.get("/dev%2Fsecret/miyabi/dev/config").status_code == 200
    for twin in ("/Dev/", "/DEV/", "/dev%20/", "/d\u0435v/"):
        assert client.get(twin).status_code == 404
    assert client.get("/dev%00/").status_code == 400


def test_s42_neighbours_with_a_longer_name_are_not_listed(
    make_estate: Callable[..., Estate], signed_in: SignedIn
) -> None:
    estate = make_estate(only=("dev",))
    for name in ("miyabi/developers/x", "miyabi/dev-old/x", "miyabi/devx"):
        estate["dev"].clients.secretsmanager.create_secret(Name=name, SecretString="{}")
    client = signed_in("viewer", "dev")
    for query in ({}, {"q": "x"}, {"q": "dev"}):
        shown = client.get("/dev/", query).content.decode()
        assert "miyabi/dev-" not in shown
        assert "miyabi/devx" not in shown
        assert "miyabi/developers" not in shown


@pytest.mark.parametrize(
    "flags", [{"is_superuser": True}, {"is_staff": True}, {"is_superuser": True, "is_staff": True}]
)
def test_s44_a_superuser_flag_gives_nothing(watched: Watched, flags: dict[str, bool]) -> None:
    _, aws = watched(only=("dev",))
    client = client_of(get_user_model().objects.create_user("root", **flags))
    assert {
        act(client).status_code
        for environment in ENVIRONMENTS
        for act in actions(environment).values()
    } == {403}
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


EXTRA = {
    "actor": "somebody-else", "user": "somebody-else", "role": "admin", "is_superuser": "on",
    "second_person": "", "rules": "{}", "outcome": "done",
    "version_id": "f" * 64, "token": "f" * 64, "sequence": "1", "action": "approve",
    "decision": "approve", "label": "AWSCURRENT", "started": "9",
    "form-0-environment": "prod", "form-0-secret": "miyabi/prod/config", "form-0-base": "x",
    "form-name": "X", "form--1-name": "X", "form-7-key": "X", "name": "X", "value": "y",
    "document": '{"A": "1"}', "is_text": "on", "generate": "MIYABI_ROOT",
}  # fmt: skip


def test_s46_fields_that_the_form_does_not_have_are_ignored(
    make_estate: Callable[..., Estate], signed_in: SignedIn
) -> None:
    estate = make_estate(only=("dev",), dev=Rules(second_person=True))
    client, before = signed_in("editor", "dev", name="hana"), estate.value("dev", "config")
    form = key_form(
        current_version(estate, "dev", "config"),
        ("MIYABI_ROOT", "set", "/mine"),
        **{**EXTRA, "confirmed": "on"},
    )

    saved = client.post(edit_url("dev", "config"), form, **JSON)

    assert "/changes?saved=" in saved.json()["saved"]  # still a proposal
    assert estate.value("dev", "config") == before
    intent = AuditRecord.objects.get(action="secret.propose", phase="intent")
    assert (intent.actor, intent.secret, json.loads(intent.keys)) == (
        "hana",
        "miyabi/dev/config",
        ["MIYABI_ROOT"],
    )
    assert list(RoleGrant.objects.values_list("role", flat=True)) == ["editor"]
    assert "outcome" not in client.session


def test_s47_nobody_gives_oneself_a_role_by_any_form(
    make_estate: Callable[..., Estate], signed_in: SignedIn
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


def test_s48_each_environment_s_calls_are_signed_by_its_own_role_in_the_person_s_name(
    watched: Watched, signed_in: SignedIn
) -> None:
    estate, aws = watched()
    for name in ("hana", "kenji"):
        client = signed_in("editor", name=name)
        for environment in ENVIRONMENTS:
            aws.received.clear()
            save_key(
                client,
                estate,
                environment,
                "config",
                "MIYABI_ROOT",
                f"/{name}",
                **prod_rules(f"miyabi/{environment}/config"),
            )
            role = estate.environments[environment].assume_role
            calls = [call for call in aws.received if call.operation != "AssumeRole"]
            assert "PutSecretValue" in [call.operation for call in calls]
            assert {call.session for call in calls} == {f"{role} as {name}"}


def test_s48_a_role_is_assumed_once_for_a_person_and_what_a_request_does(
    watched: Watched, signed_in: SignedIn
) -> None:
    estate, aws = watched()
    client = signed_in("viewer", name="hana kato")
    for _ in range(2):
        aws.received.clear()
        for environment in ENVIRONMENTS:
            client.get(f"/{environment}/")
            client.get(f"/{environment}/secret/miyabi/{environment}/config")
    assert "AssumeRole" not in aws.operations()
    for call in aws.received:
        assert call.assumed["RoleSessionName"] == call.assumed["SourceIdentity"] == "hana=20kato"
        assert call.assumed["RoleArn"] in {
            place.assume_role for place in estate.environments.values()
        }


def test_s48_each_call_is_allowed_by_its_session_s_policy_and_a_call_on_a_neighbour_is_not(
    watched: Watched, signed_in: SignedIn
) -> None:
    """Reads session policies off the local AWS, and evaluates each call against its own."""
    estate, aws = watched(only=("dev",), dev=Rules(second_person=True))
    client, name = signed_in("editor", "dev", name="hana"), "miyabi/dev/config"
    for path in ("/dev/", f"/dev/secret/{name}", f"/dev/troubleshoot/{name}"):
        b"".join(client.get(path))
    save_key(client, estate, "dev", "config", "MIYABI_ROOT", "/mine")
    client.get("/dev/changes")
    calls = [
        call
        for call in aws.received
        if call.operation != "AssumeRole" and not call.operation.startswith("GET ")
    ]

    assert {"ListSecrets", "GetSecretValue", "PutSecretValue", "GetRole"} <= {
        call.operation for call in calls
    }
    for call in calls:
        assert holds(call, estate, str(call.body.get("SecretId", ""))), call
        if "SecretId" in call.body and "config" in json.dumps(call.policy):
            assert not holds(call, estate, "miyabi/dev/api-keys"), call
    reading = {call.operation for call in calls if "GetSecretValue" in json.dumps(call.policy)}
    assert reading <= {
        "GetSecretValue",
        "DescribeSecret",
        "PutSecretValue",
        "UpdateSecretVersionStage",
    }


def holds(call: Call, estate: Estate, name: str) -> bool:
    """Whether AWS would let the session make this call, on the secret of that name."""
    policy, place = call.policy, estate.environments["dev"]
    actions = [
        action
        for statement in policy["Statement"]
        for action in statement["Action"]
        if action.endswith(f":{call.operation}")
    ]
    return (
        bool(actions)
        and evaluate(
            Request(
                principal=f"arn:aws:sts::{place.account}:assumed-role/miyabi-console/{call.person}",
                action=actions[0],
                resource=f"arn:aws:secretsmanager:us-west-2:{place.account}:secret:{name}-AbCdEf"
                if name
                else "*",
                resource_account=place.account,
                context={},
                identity_policies=(
                    parse_policy("role", {"Version": "2012-10-17", "Statement": ALL}),
                ),
                session_policies=(parse_policy("session", policy),),
            )
        ).is_allowed
    )


ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def test_s48_what_the_console_does_by_itself_says_so(watched: Watched, hana: Actor) -> None:
    _, aws = watched(only=("dev",))
    place = get_environment("dev")
    intent = intend(
        Action.SAVE, hana, environment="dev", secret="miyabi/dev/config", base_version_id="a" * 32
    )
    assert [settled.sequence for settled in settle_audit(0)] == [intent.sequence]
    sweep_labels(place)
    assert {call.person for call in aws.received} == {"console=settle_audit"}
    assert "GetSecretValue" not in str([call.policy for call in aws.received])
