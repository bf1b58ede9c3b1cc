"""The rules of permissions, one function at a time: no page, no AWS, and a real database."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory

from secrets_ui import permissions
from secrets_ui.domain.environment import Environment, Rules
from secrets_ui.domain.errors import (
    EnvironmentNotFound,
    InvalidSecretName,
    NotPermitted,
    StepUpNeeded,
)
from secrets_ui.domain.people.actor import Actor
from secrets_ui.management.account import ShellRequest
from secrets_ui.models import AuditRecord, RoleGrant
from secrets_ui.services import configuration
from secrets_ui.services.configuration import get_environment
from testkit.environments import as_toml
from tests.conftest import forget_configuration

pytestmark = pytest.mark.django_db
NOW = 1_800_000_000
CONFIG, API_KEYS = "miyabi/dev/config", "miyabi/dev/api-keys"


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still."""
    monkeypatch.setattr("time.time", lambda: NOW + 0.9)


@pytest.fixture
def ask(django_user_model: Any) -> Callable[..., HttpRequest]:
    """A request of a person with these grants: (environment, role), or with a prefix too."""

    def make(*grants: tuple[str, ...], name: str = "hana", method: str = "post") -> HttpRequest:
        user, _ = django_user_model.objects.get_or_create(username=name)
        for environment, role, *prefix in grants:
            RoleGrant.objects.create(
                user=user, environment=environment, role=role, prefix="".join(prefix)
            )
        return request_of(user, method)

    return make


def request_of(user: Any, method: str = "post") -> HttpRequest:
    request = RequestFactory(REMOTE_ADDR="192.0.2.7").generic(method.upper(), "/")
    request.user = user
    request.session = {}  # type: ignore[assignment]  # a dict does, where no session is saved
    return request


def refusals() -> list[tuple[str, str, str, str, dict[str, str]]]:
    """What is on record, oldest first; every record here is a refusal of a person's request."""
    rows = AuditRecord.objects.order_by("sequence")
    for row in rows:
        assert (row.action, row.outcome, row.phase) == ("access.refused", "refused", "event")
    return [
        (row.actor, row.address, row.environment, row.secret, json.loads(row.details))
        for row in rows
    ]


def test_an_actor_has_the_name_and_the_address_that_connected(ask: Any) -> None:
    request = ask()
    request.META["HTTP_X_FORWARDED_FOR"] = "203.0.113.9"
    assert permissions.actor_of(request) == Actor("hana", "192.0.2.7")


def test_an_actor_without_an_address_has_an_empty_one(ask: Any) -> None:
    request = ask()
    del request.META["REMOTE_ADDR"]
    assert permissions.actor_of(request) == Actor("hana", "")


def test_an_actor_at_a_shell_has_the_user_of_the_operating_system_too(ask: Any) -> None:
    request = ask()
    request.os_user = "root"
    assert permissions.actor_of(request) == Actor("hana", "192.0.2.7", "root")


def test_grants_are_those_of_the_person_by_environment(ask: Any) -> None:
    ask(("dev", "admin"), name="kenji")
    request = ask(("dev", "viewer"), ("dev", "editor", "api-"), ("prod", "viewer"))
    assert permissions.grants_of(request) == {
        "dev": {("viewer", ""), ("editor", "api-")},
        "prod": {("viewer", "")},
    }


def test_grants_are_read_once_a_request(ask: Any, django_assert_num_queries: Any) -> None:
    request = ask(("dev", "viewer"))
    with django_assert_num_queries(1):
        assert permissions.grants_of(request) is permissions.grants_of(request)


def test_grants_count_no_longer_than_a_request(ask: Any) -> None:
    request = ask(("dev", "viewer"))
    assert permissions.grants_of(request)
    RoleGrant.objects.all().delete()
    assert permissions.grants_of(request_of(request.user)) == {}


def test_whoever_has_not_signed_in_has_no_grants(django_user_model: Any) -> None:
    first = django_user_model.objects.create(pk=1, username="the-first-account")
    RoleGrant.objects.create(user=first, environment="dev", role="admin")
    assert permissions.grants_of(request_of(AnonymousUser())) == {}


@pytest.mark.parametrize(
    ("grants", "action", "secret", "expected"),
    [
        ((), "secret.view", "", False),
        ((("dev", "viewer"),), "secret.view", "", True),
        ((("dev", "viewer"),), "secret.view", CONFIG, True),
        ((("dev", "viewer"),), "secret.edit", "", False),
        ((("prod", "viewer"),), "secret.view", "", False),
        ((("dev", "no-such-role"),), "secret.view", "", False),
        ((("dev", "viewer"), ("dev", "editor")), "secret.edit", CONFIG, True),
        ((("dev", "editor", "api-"),), "secret.edit", "", True),
        ((("dev", "editor", "api-"),), "secret.edit", API_KEYS, True),
        ((("dev", "editor", "api-"),), "secret.edit", CONFIG, False),
        ((("dev", "editor", "config"),), "secret.edit", CONFIG, True),
        ((("dev", "editor", "api-"), ("dev", "viewer")), "secret.view", CONFIG, True),
        ((("dev", "editor", "api-"), ("dev", "viewer")), "secret.edit", CONFIG, False),
        # What is about no one secret: a grant for some names does not reach it.
        ((("dev", "editor", "api-"),), "audit.view", "", False),
        ((("dev", "editor", "api-"),), "audit.view", API_KEYS, False),
        ((("dev", "editor"),), "audit.view", "", True),
        ((("dev", "editor", "api-"), ("dev", "auditor")), "audit.view", "", True),
    ],
)
def test_a_person_may_do_what_one_of_their_grants_there_reaches(
    ask: Any, grants: Any, action: str, secret: str, expected: bool
) -> None:
    assert permissions.may(ask(*grants), action, get_environment("dev"), secret) is expected


@pytest.mark.parametrize(
    ("grants", "limited", "reach"),
    [
        ((("dev", "editor"),), False, []),
        ((("dev", "editor"), ("dev", "editor", "api-")), False, []),
        ((("dev", "editor", "api-"),), True, ["api-"]),
        ((("dev", "editor", "web-"), ("dev", "editor", "api-")), True, ["api-", "web-"]),
        ((("dev", "editor", "api-"), ("dev", "viewer")), True, ["api-"]),
        ((("dev", "editor", "api-"), ("dev", "viewer", "web-")), True, ["api-"]),
        ((("dev", "editor", "api-"), ("prod", "editor")), True, ["api-"]),
        ((("dev", "editor", "api-"), ("dev", "no-such-role", "x-")), True, ["api-"]),
        ((("dev", "no-such-role"),), True, []),
        ((), True, []),
    ],
)
def test_a_person_is_limited_to_the_names_that_their_grants_for_an_action_reach(
    ask: Any, grants: Any, limited: bool, reach: list[str]
) -> None:
    request, dev = ask(*grants), get_environment("dev")
    assert permissions.is_limited(request, "secret.edit", dev) is limited
    assert permissions.reach_of(request, "secret.edit", dev) == reach


def test_the_environments_where_a_person_may_do_something_are_listed_in_their_order(
    ask: Any,
) -> None:
    request = ask(("prod", "viewer"), ("dev", "editor", "api-"))
    assert [str(e) for e in permissions.environments_with(request, "secret.view")] == [
        "dev",
        "prod",
    ]
    assert [str(e) for e in permissions.environments_with(request, "secret.edit")] == ["dev"]
    assert permissions.environments_with(request, "people.manage") == []


def test_environments_are_compared_where_the_person_may_see_every_secret(ask: Any) -> None:
    request = ask(("dev", "viewer", "api-"), ("staging", "viewer"), ("prod", "editor", "api-"))
    assert [str(e) for e in permissions.comparable(request)] == ["staging"]


def test_entering_gives_the_environment(ask: Any) -> None:
    request = ask(("dev", "editor", "api-"))
    assert permissions.enter(request, "secret.edit", "dev") == get_environment("dev")
    assert permissions.enter(request, "secret.edit", "dev", API_KEYS) == get_environment("dev")
    assert refusals() == []


def test_entering_without_the_right_is_refused_and_on_record(ask: Any) -> None:
    with pytest.raises(NotPermitted) as caught:
        permissions.enter(ask(("dev", "viewer")), "secret.edit", "dev", CONFIG)
    assert str(caught.value) == "You may not edit secrets in dev."
    assert caught.value.remedy == "Ask an admin for one of these roles in dev: editor, admin."
    assert refusals() == [("hana", "192.0.2.7", "dev", CONFIG, {"action": "secret.edit"})]


def test_entering_out_of_reach_is_refused_and_on_record(ask: Any) -> None:
    with pytest.raises(NotPermitted, match="You may not edit secrets in dev"):
        permissions.enter(ask(("dev", "editor", "api-")), "secret.edit", "dev", CONFIG)
    assert refusals() == [("hana", "192.0.2.7", "dev", CONFIG, {"action": "secret.edit"})]


def test_a_name_outside_the_environment_is_none_for_whoever_may_enter(ask: Any) -> None:
    with pytest.raises(InvalidSecretName):
        permissions.enter(ask(("dev", "viewer")), "secret.view", "dev", "miyabi/prod/config")
    assert refusals() == []


def test_an_environment_that_is_not_there_cannot_be_entered(ask: Any) -> None:
    with pytest.raises(EnvironmentNotFound):
        permissions.enter(ask(("dev", "viewer")), "secret.view", "devel")


def test_a_secret_that_the_path_does_not_name_is_held_to_the_reach(ask: Any) -> None:
    request, dev = ask(("dev", "editor", "api-")), get_environment("dev")
    permissions.ensure_reach(request, "secret.edit", dev, API_KEYS)
    with pytest.raises(NotPermitted, match="You may not edit secrets in dev"):
        permissions.ensure_reach(request, "secret.edit", dev, CONFIG)
    assert refusals() == [("hana", "192.0.2.7", "dev", CONFIG, {"action": "secret.edit"})]


@pytest.fixture
def strict_dev(settings: Any, tmp_path: Any) -> Environment:
    """dev asks for a fresh proof, staging does not."""
    environments = dict(configuration.environments())
    rules = Rules(step_up=True, step_up_seconds=120)
    environments["dev"] = replace(environments["dev"], rules=rules)
    settings.ENVIRONMENTS_FILE = tmp_path / "environments.toml"
    settings.ENVIRONMENTS_FILE.write_text(as_toml(environments), encoding="utf-8")
    forget_configuration()
    return get_environment("dev")


def test_a_change_needs_a_fresh_proof_where_the_environment_asks_for_one(
    ask: Any, strict_dev: Environment, now: None
) -> None:
    request = ask(("dev", "editor"), ("staging", "editor"))
    with pytest.raises(StepUpNeeded, match="not older than 2 minutes"):
        permissions.enter_to_change(request, "secret.edit", "dev", CONFIG)
    refused = {"action": "secret.edit", "why": "no fresh proof of who it is"}
    assert refusals() == [("hana", "192.0.2.7", "dev", CONFIG, refused)]

    staging = permissions.enter_to_change(request, "secret.edit", "staging", "miyabi/staging/x")
    assert staging == get_environment("staging")
    request.session["proved_at"] = NOW
    assert permissions.enter_to_change(request, "secret.edit", "dev", CONFIG) == strict_dev
    assert permissions.enter_to_change(request, "secret.edit", "dev") == strict_dev
    assert len(refusals()) == 1


def test_a_change_needs_the_right_before_it_asks_for_a_proof(
    ask: Any, strict_dev: Environment
) -> None:
    may_see, may_edit_others = ask(("dev", "viewer")), ask(("dev", "editor", "api-"), name="kenji")
    with pytest.raises(NotPermitted):
        permissions.enter_to_change(may_see, "secret.edit", "dev")
    with pytest.raises(NotPermitted):
        permissions.enter_to_change(may_edit_others, "secret.edit", "dev", CONFIG)


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_form_that_is_asked_for_without_a_proof_is_no_refusal(ask: Any, method: str) -> None:
    with pytest.raises(StepUpNeeded):
        permissions.ensure_fresh_proof(ask(method=method), get_environment("dev"))
    assert refusals() == []


@pytest.mark.parametrize("method", ["post", "put", "options"])
def test_anything_else_without_a_proof_is_a_refusal_on_record(ask: Any, method: str) -> None:
    with pytest.raises(StepUpNeeded, match="not older than 5 minutes"):
        permissions.ensure_fresh_proof(ask(method=method), get_environment("dev"))
    refused = {"action": "", "why": "no fresh proof of who it is"}
    assert refusals() == [("hana", "192.0.2.7", "dev", "", refused)]


def test_an_account_changes_with_a_proof_as_fresh_as_the_settings_say(
    ask: Any, settings: Any, now: None
) -> None:
    settings.PROOF_SECONDS, request = 180, ask()
    request.session["proved_at"] = NOW - 180
    permissions.ensure_fresh_proof_for_account(request, "account.password")
    assert refusals() == []
    request.session["proved_at"] = NOW - 181
    with pytest.raises(StepUpNeeded, match="not older than 3 minutes"):
        permissions.ensure_fresh_proof_for_account(request, "account.password")
    refused = {"action": "account.password", "why": "no fresh proof of who it is"}
    assert refusals() == [("hana", "192.0.2.7", "", "", refused)]


@pytest.mark.parametrize(
    ("proved_at", "fresh"),
    [(NOW, True), (NOW - 120, True), (NOW - 121, False), (NOW + 1, False), (0, False)],
)
def test_a_proof_is_fresh_for_so_many_seconds_and_none_of_a_time_to_come(
    ask: Any, strict_dev: Environment, now: None, proved_at: int, fresh: bool
) -> None:
    request = ask()
    request.session["proved_at"] = proved_at
    assert permissions.has_fresh_proof(request, strict_dev) is fresh
    assert permissions.is_proof_younger(request, 120) is fresh


def test_a_session_without_a_proof_has_no_fresh_one_however_long_one_counts(
    ask: Any, now: None
) -> None:
    assert not permissions.is_proof_younger(ask(), NOW - 1)
    assert permissions.is_proof_younger(ask(), NOW)  # 1970 is when nobody had proved anything


@pytest.mark.parametrize(
    ("at", "noted"), [(None, NOW), (NOW - 50, NOW - 50), (NOW + 50, NOW), (0, 0)]
)
def test_a_proof_is_noted_with_its_time_and_never_with_one_to_come(
    ask: Any, now: None, at: int | None, noted: int
) -> None:
    request = ask()
    permissions.note_proof(request, at)
    assert request.session == {"proved_at": noted}


def test_what_may_be_done_somewhere_gives_the_environments_or_is_refused(ask: Any) -> None:
    request = ask(("prod", "auditor"))
    assert [str(e) for e in permissions.ensure_somewhere(request, "audit.export")] == ["prod"]
    with pytest.raises(NotPermitted) as caught:
        permissions.ensure_somewhere(request, "people.manage")
    assert str(caught.value) == "You may not give and take roles."
    assert caught.value.remedy == "Ask an admin for this role: admin."
    assert refusals() == [("hana", "192.0.2.7", "", "", {"action": "people.manage"})]


def test_a_refusal_names_where_and_what(ask: Any) -> None:
    with pytest.raises(NotPermitted):
        permissions.refuse(ask(), "secret.view", "dev", CONFIG)
    with pytest.raises(NotPermitted):
        permissions.refuse(ask(), "secret.view")
    assert refusals() == [
        ("hana", "192.0.2.7", "dev", CONFIG, {"action": "secret.view"}),
        ("hana", "192.0.2.7", "", "", {"action": "secret.view"}),
    ]


def test_a_command_asks_in_the_name_of_an_account(ask: Any) -> None:
    ask(("dev", "admin"), name="an-older-account")
    user = ask(("dev", "viewer")).user
    ask(("dev", "admin"), name="a-newer-account")
    request = ShellRequest("hana", "root")
    assert request.user == user
    assert permissions.actor_of(request) == Actor("hana", "shell", "root")
    assert permissions.may(request, "secret.view", get_environment("dev"))
    assert not permissions.may(request, "people.manage", get_environment("dev"))


@pytest.mark.parametrize("name", ["nobody", "hana", "h" * 100])
def test_a_command_in_the_name_of_no_account_that_may_sign_in_is_refused(
    ask: Any, name: str
) -> None:
    ask(("dev", "admin"), name="kenji")
    user = ask(("dev", "admin")).user
    user.is_active = False
    user.save()
    with pytest.raises(NotPermitted) as caught:
        ShellRequest(name, "root")
    assert str(caught.value) == f"There is no account {name[:60]} that may sign in."
    assert caught.value.remedy == "Name one with --as."
    assert refusals() == [(name, "shell", "", "", {"action": "shell", "os_user": "root"})]
