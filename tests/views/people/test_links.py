"""A local person is added on the page: a link that works once, and no password known to others."""

import html
import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from secrets_ui.models import AuditRecord, OneTimeLink
from tests.conftest import Estate, MakeEstate, SignedIn, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("estate")]
PASSWORD = "mountain lamp quiet river"


@pytest.fixture
def estate(make_estate: MakeEstate) -> Estate:
    return make_estate(only=("dev",))


def code_in(page: Any) -> str:
    found = re.search(r"/sign-in/link#([A-Za-z0-9_-]{43})<", html.unescape(page.content.decode()))
    return found[1]


@pytest.fixture
def code(signed_in: SignedIn) -> str:
    return code_in(signed_in("admin", "dev", name="mika").post("/people/add", {"name": "rin"}))


def use(code: str, password: str = PASSWORD, client: Client | None = None) -> Any:
    form = {"code": code, "new_password1": password, "new_password2": password}
    return (client or Client()).post("/sign-in/link", form)


def sign_in(password: str = PASSWORD) -> bool:
    answer = Client().post("/sign-in", {"username": "rin", "password": password})
    return bool(answer.status_code == 302)


def actions() -> list[tuple[str, str, str]]:
    found = AuditRecord.objects.order_by("sequence")
    return [(record.action, record.actor, record.outcome) for record in found]


def test_a_person_sets_their_own_password_once(code: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    assert not sign_in("")
    assert code not in str(list(OneTimeLink.objects.values()))
    weak = use(code, "rin")
    assert (weak.status_code, sign_in("rin")) == (400, False)
    assert use(code).url == "/sign-in?set="
    assert sign_in()
    assert use(code, "another lamp quiet river").status_code == 403
    assert sign_in()
    done = [entry for entry in actions() if "account" in entry[0]]
    assert done == [
        ("account.added", "mika", "done"),
        ("account.link_used", "rin", "done"),
        ("account.link_used", "unknown", "refused"),
    ]
    assert code not in caplog.text + str(list(AuditRecord.objects.values()))


@pytest.mark.parametrize(
    "moved", [timedelta(hours=24), -timedelta(hours=1)], ids=["a day later", "clock put back"]
)
def test_a_link_is_over_after_a_day(code: str, moved: timedelta) -> None:
    OneTimeLink.objects.update(made_at=datetime.now(UTC) - moved)
    assert use(code).status_code == 403


def test_a_link_of_an_account_that_is_off_opens_nothing(code: str) -> None:
    get_user_model().objects.filter(username="rin").update(is_active=False)
    assert use(code).status_code == 403


def test_wrong_codes_count_by_address_and_block_no_right_one(code: str) -> None:
    statuses = [use("x" * 43).status_code for _ in range(7)]
    assert statuses == [403] * 5 + [429] * 2
    assert use(code).status_code == 302
    assert use(code).status_code == 429
    assert sign_in()


def test_a_new_link_ends_the_earlier_one_and_none_is_made_once_there_is_a_password(
    code: str, signed_in: SignedIn
) -> None:
    rin, admin = get_user_model().objects.get(username="rin"), signed_in("admin", "dev")
    assert "Make a new one-time link" in admin.get(f"/people/{rin.pk}").content.decode()
    newer = code_in(admin.post(f"/people/{rin.pk}/link"))
    assert use(code).status_code == 403
    assert use(newer).status_code == 302
    assert admin.post(f"/people/{rin.pk}/link").status_code == 400
    assert "one-time link" not in admin.get(f"/people/{rin.pk}").content.decode()
    assert sign_in()


def test_the_person_s_page_says_who_made_the_link_and_from_where_it_was_used(
    code: str, signed_in: SignedIn
) -> None:
    rin, admin = get_user_model().objects.get(username="rin"), signed_in("admin", "dev")
    assert "chose the password" not in admin.get(f"/people/{rin.pk}").content.decode()
    newer = code_in(signed_in("admin", "dev", name="jun").post(f"/people/{rin.pk}/link"))
    use(newer, client=Client(REMOTE_ADDR="192.0.2.7"))
    page = admin.get(f"/people/{rin.pk}").content.decode()
    assert "One-time link made by <bdi>jun</bdi>" in page
    assert "from 192.0.2.7: whoever used it chose the password" in page


def test_the_person_s_page_says_where_the_maker_acted_from_the_address_of_the_use(
    code: str, signed_in: SignedIn
) -> None:
    """Where it is another browser of the admin, this is all that can be seen of it."""
    rin, admin = get_user_model().objects.get(username="rin"), signed_in("admin", "dev")
    jun = signed_in("admin", "dev", name="jun")
    newer = code_in(jun.post(f"/people/{rin.pk}/link", REMOTE_ADDR="192.0.2.7"))
    use(newer, client=Client(REMOTE_ADDR="192.0.2.7"))
    page = admin.get(f"/people/{rin.pk}").content.decode()
    assert "from 192.0.2.7, an address that <bdi>jun</bdi> acted from as well: whoever" in page


@pytest.mark.parametrize("name", ["", "mika", "MIKA", "a<b", "console", "x" * 151])
def test_a_name_has_to_be_free_and_usable(signed_in: SignedIn, name: str) -> None:
    admin = signed_in("admin", "dev", name="mika")
    assert admin.post("/people/add", {"name": name}).status_code == 400
    assert get_user_model().objects.count() == 1


def test_it_takes_a_fresh_proof_and_no_session_of_somebody_else(person: Any, code: str) -> None:
    stale = client_of(person("admin", "dev"), proved=False)
    assert stale.get("/people/add").url.startswith("/step-up")
    assert stale.post("/people/add", {"name": "ken"}).status_code == 403
    rin = get_user_model().objects.get(username="rin")
    assert stale.post(f"/people/{rin.pk}/link").status_code == 403
    assert "You are signed in as" in use(code, client=stale).content.decode()
    assert not sign_in()
