"""manage.py make_account: an account with roles, and a link by which its person comes in."""

import io
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client

from secrets_ui.models import RoleGrant
from secrets_ui.services.people.accounts import make_account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("estate")]
OLD, NEW = "a long pass phrase", "mountain lamp quiet river"


def sign_in(password: str) -> int:
    return Client().post("/sign-in", {"username": "hana", "password": password}).status_code


def test_an_account_is_reset_by_a_link() -> None:
    make_account("hana", OLD, {"dev": "editor"})
    assert sign_in(OLD) == 302
    out = io.StringIO()
    call_command("make_account", "hana", role=["dev=viewer", "prod=admin"], stdout=out)
    assert sign_in(OLD) == 403
    code = out.getvalue().partition("/sign-in/link#")[2].split()[0]
    form = {"code": code, "new_password1": NEW, "new_password2": NEW}
    assert Client().post("/sign-in/link", form).status_code == 302
    assert sign_in(NEW) == 302
    roles = RoleGrant.objects.filter(user__username="hana").values_list("environment", "role")
    assert set(roles) == {("dev", "viewer"), ("prod", "admin")}


@pytest.mark.parametrize("address", ["", "https://console.test"])
def test_a_link_is_whole_or_says_what_to_put_before_it(settings: Any, address: str) -> None:
    settings.STATUS_ADDRESS, settings.ALLOWED_HOSTS = address, ["secrets.example.com"]
    out = io.StringIO()
    call_command("make_account", "hana", stdout=out)
    assert f"{address}/sign-in/link#" in out.getvalue()
    assert ("STATUS_ADDRESS is not set" in out.getvalue()) is not bool(address)
    assert ("secrets.example.com" in out.getvalue()) is not bool(address)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a<b", {}),
        ("hana", {"role": ["dev"]}),
        ("hana", {"role": ["dev=king"]}),
        ("hana", {"role": ["mars=viewer"]}),
        ("hana", {"password": True}),
    ],
)
def test_what_it_does_not_take(name: str, options: dict[str, object]) -> None:
    with pytest.raises(CommandError):
        call_command("make_account", name, **options)
    assert not get_user_model().objects.exists()
