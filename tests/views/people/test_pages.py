"""People: roles given and taken by admins, accounts switched off, and what nobody may do."""

import html
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client

from secrets_ui.domain.environment import Rules
from secrets_ui.models import AuditRecord, RoleGrant
from secrets_ui.services import configuration
from secrets_ui.services.people.accounts import make_account
from secrets_ui.services.people.sessions import note_session
from tests.conftest import Estate, MakeEstate, SignedIn, client_of

pytestmark = pytest.mark.django_db
Person = Callable[..., Any]


def grants(user: Any) -> set[tuple[str, str, str]]:
    return set(RoleGrant.objects.filter(user=user).values_list("environment", "role", "prefix"))


def give(client: Client, user: Any, environment: str, role: str, names: str = "") -> Any:
    return client.post(
        f"/people/{user.pk}/give", {"environment": environment, "role": role, "names": names}
    )


def take(client: Client, user: Any, **which: str) -> Any:
    return client.post(f"/people/{user.pk}/take/{RoleGrant.objects.get(user=user, **which).pk}")


def switch(client: Client, user: Any, to: str) -> Any:
    return client.post(f"/people/{user.pk}/account", {"account": to})


def last_record() -> AuditRecord:
    return AuditRecord.objects.latest("sequence")


def test_an_admin_gives_and_takes_roles_on_record(person: Person, signed_in: SignedIn) -> None:
    admin, hana = signed_in("admin", "dev", name="mika"), person("viewer", "dev", name="hana")
    assert give(admin, hana, "dev", "editor", "api-").status_code == 302
    assert grants(hana) == {("dev", "viewer", ""), ("dev", "editor", "api-")}
    result = last_record()
    assert (result.action, result.outcome, result.actor, result.environment) == (
        "role.given",
        "done",
        "mika",
        "dev",
    )
    assert json.loads(result.details) == {"account": "hana", "role": "editor", "names": "api-"}

    assert take(admin, hana, role="viewer").status_code == 302
    assert grants(hana) == {("dev", "editor", "api-")}
    assert (last_record().action, json.loads(last_record().details)["role"]) == (
        "role.taken",
        "viewer",
    )


def test_the_pages_show_accounts_with_roles_and_last_sign_in(
    person: Person, signed_in: SignedIn
) -> None:
    admin, hana = signed_in("admin", "dev"), person("viewer", "dev", "prod", name="hana")
    person("editor", "prod", name="ken")
    page = admin.get("/people").content.decode()
    assert "viewer in dev" in page
    assert "viewer in prod" not in page  # not this admin's
    assert "ken" in page
    assert "never" in page
    assert "Take away" in admin.get(f"/people/{hana.pk}").content.decode()


def notice(page: Any) -> str:
    found = page.context["notice"]
    assert found is None or html.escape(found.text) in page.content.decode()
    return found.text if found else ""


def test_each_change_is_confirmed_by_what_is_on_record(person: Person, signed_in: SignedIn) -> None:
    admin, hana = signed_in("admin", "dev", name="mika"), person("viewer", "dev", name="o'hana")
    done = give(admin, hana, "dev", "editor", "api-").url
    assert notice(admin.get(done)) == "o'hana was given the role editor in dev, for names of api-."
    done = take(admin, hana, role="editor").url
    assert notice(admin.get(done)) == (
        "The role editor in dev, for names of api- was taken away from o'hana."
    )
    assert notice(admin.get(switch(admin, hana, "off").url)).startswith(
        "The account of o'hana was switched off"
    )
    on = switch(admin, hana, "on").url
    assert notice(admin.get(on)) == "The account of o'hana was switched on."
    assert f'href="/audit/{last_record().sequence}"' in admin.get(on).content.decode()


def test_a_notice_tells_of_one_s_own_changes_of_this_account_alone(
    person: Person, signed_in: SignedIn
) -> None:
    admin, hana = signed_in("admin", "dev", name="mika"), person("viewer", "dev", name="hana")
    other, kenji = signed_in("admin", "dev"), person("viewer", "dev", name="kenji")
    done = give(admin, hana, "dev", "editor").url
    refused = last_record().sequence + 1
    assert give(admin, hana, "dev", "editor").status_code == 400
    assert notice(other.get(done)) == ""
    assert notice(admin.get(done.replace(f"/{hana.pk}?", f"/{kenji.pk}?"))) == ""
    for number in (refused, 0, "x", "9" * 30, "", "²"):
        assert notice(admin.get(f"/people/{hana.pk}", {"done": number})) == ""


def given_by(client: Client, user: Any) -> dict[str, str]:
    """What the column "Given by" says, by role."""
    page = client.get(f"/people/{user.pk}").content.decode()
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")[1:]
    return {
        row.partition("<td>")[2].partition("<")[0]: row.partition('data-label="Given by">')[2]
        for row in rows
    }


def test_a_role_is_given_by_somebody_with_a_name(person: Person, signed_in: SignedIn) -> None:
    make_account("hana", "a long pass phrase", {"dev": "viewer"})
    hana = get_user_model().objects.get(username="hana")
    first, second = (signed_in("admin", "dev", name=name) for name in ("mika", "ken"))
    give(first, hana, "dev", "editor")
    RoleGrant.objects.create(user=hana, environment="dev", role="auditor")
    RoleGrant.objects.create(user=hana, environment="dev", role="approver", source="groups")
    found = given_by(first, hana)
    assert "<bdi>mika</bdi>" in found["editor"]
    assert found["viewer"].startswith("<span>set up with the account<br>")
    assert found["auditor"].startswith('<span class="dim">not in the audit log</span>')
    assert found["approver"].startswith("a group of the identity provider")
    take(first, hana, role="editor")
    give(second, hana, "dev", "editor")
    assert "<bdi>ken</bdi>" in given_by(first, hana)["editor"]


def test_who_gave_a_role_to_somebody_of_the_same_name_is_not_told(
    person: Person, signed_in: SignedIn
) -> None:
    admin, hana = signed_in("admin", "dev", name="mika"), person("viewer", "dev", name="hana")
    give(admin, hana, "dev", "editor")
    call_command("remove_person", "hana")
    again = person("editor", "dev", name="hana")
    assert "not in the audit log" in given_by(admin, again)["editor"]


def test_roles_stand_in_the_order_of_the_environments(
    estate: Estate, person: Person, signed_in: SignedIn
) -> None:
    admin = signed_in("admin")
    order = list(configuration.environments())
    assert order != sorted(order)
    hana = person("viewer", *sorted(order), name="hana")
    page = admin.get(f"/people/{hana.pk}")
    assert [grant.environment for grant in page.context["person"].grants] == order
    listed = next(p for p in admin.get("/people").context["people"] if p.name == "hana")
    assert [grant.environment for grant in listed.grants] == order


@pytest.mark.parametrize(
    ("role", "names"),
    [("owner", ""), ("", ""), ("admin", "api-"), ("viewer", "../prod/"), ("viewer", "")],
    ids=str,
)
def test_what_cannot_be_given_is_told_and_recorded(
    person: Person, signed_in: SignedIn, role: str, names: str
) -> None:
    admin, hana = signed_in("admin", "dev"), person("viewer", "dev", name="hana")
    answer = give(admin, hana, "dev", role, names)
    assert answer.status_code == 400
    assert grants(hana) == {("dev", "viewer", "")}
    if role:
        assert (last_record().action, last_record().outcome) == ("role.given", "refused")


def test_s47_nobody_gives_oneself_a_role(person: Person) -> None:
    user = person("admin", "dev", name="mika")
    admin = client_of(user)
    assert give(admin, user, "dev", "editor").status_code == 403
    assert grants(user) == {("dev", "admin", "")}
    assert (last_record().action, last_record().outcome) == ("role.given", "refused")
    assert "Give a role" not in admin.get(f"/people/{user.pk}").content.decode()


def test_s47_an_admin_gives_and_takes_nothing_elsewhere(
    person: Person, signed_in: SignedIn
) -> None:
    admin, hana = signed_in("admin", "dev"), person("viewer", "prod", name="hana")
    assert give(admin, hana, "prod", "viewer").status_code == 403
    assert take(admin, hana, environment="prod").status_code == 403
    assert switch(admin, hana, "off").status_code == 403
    assert grants(hana) == {("prod", "viewer", "")}
    hana.refresh_from_db()
    assert hana.is_active


def test_s47_a_role_that_a_group_gives_is_not_taken_here(
    person: Person, signed_in: SignedIn
) -> None:
    admin, hana = (
        signed_in("admin", "dev", "staging"),
        person("viewer", "dev", "staging", name="hana"),
    )
    RoleGrant.objects.filter(user=hana, environment="dev").update(source="groups")
    assert take(admin, hana, environment="dev").status_code == 400
    assert ("dev", "viewer", "") in grants(hana)
    assert "Take away<span" in admin.get(f"/people/{hana.pk}").content.decode()
    RoleGrant.objects.filter(user=hana).update(source="groups")
    assert "Take away<span" not in admin.get(f"/people/{hana.pk}").content.decode()


def test_s47_the_last_admin_stays(person: Person) -> None:
    mika, ken = person("admin", "dev", name="mika"), person("admin", "dev", name="ken")
    client = client_of(mika)
    assert take(client, ken).status_code == 302
    assert take(client, mika).status_code == 409
    assert grants(mika) == {("dev", "admin", "")}
    assert (last_record().action, last_record().outcome) == ("role.taken", "refused")


def test_s47_an_admin_whose_account_is_off_does_not_count(person: Person) -> None:
    mika, ken = person("admin", "dev", name="mika"), person("admin", "dev", name="ken")
    client = client_of(mika)
    assert switch(client, ken, "off").status_code == 302
    assert take(client, mika).status_code == 409
    assert switch(client, mika, "off").status_code == 403  # nor one's own
    assert switch(client, ken, "on").status_code == 302
    assert take(client, mika).status_code == 302


def test_s28_a_role_that_was_taken_counts_at_the_next_request(
    estate: Estate, person: Person, signed_in: SignedIn
) -> None:
    admin, hana = signed_in("admin", "dev"), person("viewer", "dev", name="hana")
    client = client_of(hana)
    assert client.get("/dev/").status_code == 200
    take(admin, hana)
    assert client.get("/dev/").status_code == 403


def test_s28_an_account_that_is_switched_off_is_out_and_its_sessions_are_gone(
    estate: Estate, person: Person, signed_in: SignedIn
) -> None:
    admin, hana, ken = (
        signed_in("admin", "dev"),
        person("viewer", "dev", name="hana"),
        person("viewer", "dev"),
    )
    clients, other = [client_of(hana), client_of(hana)], client_of(ken)
    for client in clients:
        note_session(str(client.session.session_key), hana, "password", "192.0.2.7", "a browser")
    assert switch(admin, hana, "off").status_code == 302
    assert [client.get("/dev/").status_code for client in clients] == [302, 302]
    assert other.get("/dev/").status_code == 200
    assert Session.objects.count() == 2  # the admin's, and the other person's
    assert AuditRecord.objects.filter(action="account.switched_off", outcome="done").count() == 1
    switch(admin, hana, "on")
    assert [client.get("/dev/").status_code for client in clients] == [302, 302]
    assert client_of(hana).get("/dev/").status_code == 200


def test_s30_in_an_environment_that_asks_for_it_roles_need_a_fresh_proof(
    make_estate: MakeEstate, person: Person
) -> None:
    make_estate(only=("dev",), dev=Rules(step_up=True))
    hana, mika = person("viewer", "dev", name="hana"), person("admin", "dev", name="mika")
    client = client_of(mika, proved=False)
    assert give(client, hana, "dev", "editor").status_code == 403
    assert take(client, hana).status_code == 403
    assert switch(client, hana, "off").status_code == 403
    assert grants(hana) == {("dev", "viewer", "")}
    assert give(client_of(mika), hana, "dev", "editor").status_code == 302


@pytest.mark.parametrize("path", ["/people/999999", f"/people/{2**63}", f"/people/{10**30}"])
def test_somebody_who_is_not_there(signed_in: SignedIn, path: str) -> None:
    assert signed_in("admin").get(path).status_code == 404


def test_a_switch_without_a_position_changes_nothing(person: Person, signed_in: SignedIn) -> None:
    admin, hana = signed_in("admin", "dev"), person("viewer", "dev", name="hana")
    for to in ("", "1", "OFF"):
        assert switch(admin, hana, to).status_code == 400
    assert get_user_model().objects.get(pk=hana.pk).is_active


def test_the_to_do_lists_what_somebody_saw_who_has_no_role_any_more(
    make_estate: MakeEstate, person: Person, signed_in: SignedIn
) -> None:
    from testkit.posting import JSON, current_version

    estate = make_estate(only=("dev",))
    admin, hana = signed_in("admin", "dev"), person("editor", "dev", name="hana")
    client = client_of(hana)
    client.get("/dev/secret/miyabi/dev/api-keys")
    form = {
        "key": "GITHUB_TOKEN",
        "version": current_version(estate, "dev", "api-keys"),
        "reason": "r",
        "to": "screen",
    }
    assert client.post("/dev/reveal/miyabi/dev/api-keys", form, **JSON).status_code == 200
    assert "GITHUB_TOKEN" not in admin.get("/people/to-rotate").content.decode()
    assert "GITHUB_TOKEN" in admin.get(f"/people/{hana.pk}").content.decode()
    page = client.get("/dev/secret/miyabi/dev/api-keys").content.decode()
    assert "Known to 1 person since its last change: <bdi>hana</bdi> saw it" in page
    take(admin, hana)
    assert "GITHUB_TOKEN" in admin.get("/people/to-rotate").content.decode()
