"""Second factors of local accounts: codes, recovery codes, and who may change them.

S14, S22, S25, S30, S32.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client

from secrets_ui.models import AuditRecord, PersonSession, RoleGrant
from secrets_ui.services.people.accounts import make_account
from secrets_ui.services.people.session_store import SessionStore
from secrets_ui.services.people.sessions import note_session
from testkit.authenticator import code_of, codes_on, seed_on
from testkit.posting import JSON
from tests.conftest import SESSION_KEYS, client_of
from tests.security.counting_hasher import CountingHasher
from tests.security.test_leaks import database_dump

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = [f"{CountingHasher.__module__}.{CountingHasher.__name__}"]


@pytest.fixture
def hana() -> Any:
    make_account("hana", PASSWORD, {"dev": "editor"})
    return get_user_model().objects.get(username="hana")


@pytest.fixture
def enrolled(hana: Any) -> tuple[Any, str, list[str]]:
    """hana, the seed in her app, and her recovery codes."""
    client = client_of(hana)
    seed = seed_on(client.get("/account/codes").content.decode())
    done = client.post("/account/codes", {"code": code_of(seed)})
    assert done.status_code == 200
    app = Authenticator.objects.get(type="totp")
    app.data["last"] = -1  # as if that were long ago: today's code is not used up
    app.save()
    codes = codes_on(done.content.decode())
    assert len(set(codes)) == 10
    return hana, seed, codes


def new_password(client: Client, first: str, again: str = "", **more: Any) -> Any:
    return client.post(
        "/account/password", {"new_password1": first, "new_password2": again or first}, **more
    )


def test_s27_a_new_password_is_on_record_counts_at_once_and_ends_every_other_session(
    hana: Any,
) -> None:
    here, elsewhere = client_of(hana), Client()
    assert first_step(elsewhere).status_code == 302
    before, typed = here.session.session_key, "mountain lamp quiet river"
    assert here.get("/account/password").status_code == 200
    changed = new_password(here, typed)
    assert changed.url.startswith("/account?done=")
    assert "Your password was changed." in here.get(changed.url).content.decode()
    assert here.session.session_key != before
    assert elsewhere.get("/account").status_code == 302
    assert Session.objects.count() == 1
    record = AuditRecord.objects.get(action="password.change")
    assert (record.actor, record.outcome) == ("hana", "done")
    assert typed not in str(database_dump())
    assert first_step(Client(), PASSWORD).status_code == 403
    assert first_step(Client(), typed).status_code == 302


def test_s27_a_second_factor_that_is_added_or_removed_ends_every_other_session(hana: Any) -> None:
    here, elsewhere = client_of(hana), Client()
    assert first_step(elsewhere).status_code == 302
    seed = seed_on(here.get("/account/codes").content.decode())
    assert here.post("/account/codes", {"code": "000000"}).status_code == 400
    assert is_signed_in(elsewhere)
    assert here.post("/account/codes", {"code": code_of(seed)}).status_code == 200
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)

    note_session("a" * 32, hana, "password", "192.0.2.7", "a browser")
    factor = Authenticator.objects.get(type="totp")
    assert here.post(f"/account/remove/{factor.pk}").url.startswith("/account?done=")
    assert is_signed_in(here)
    assert not PersonSession.objects.exists()


@pytest.mark.parametrize(
    ("first", "again", "result"),
    [
        ("short", "", "12 characters"),
        ("password12345", "", "too common"),
        ("mountain lamp quiet river", "mountain lamp quiet rivers", "match"),
    ],
)
def test_a_password_that_will_not_do_changes_nothing_and_is_not_sent_back(
    hana: Any, first: str, again: str, result: str
) -> None:
    client = client_of(hana)
    answer = new_password(client, first, again)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert result in page
    assert f'value="{first}"' not in page
    assert not AuditRecord.objects.filter(action="password.change").exists()
    assert first_step(Client()).status_code == 302


def test_s30_a_password_is_not_changed_without_a_fresh_proof_nor_where_the_provider_has_it(
    hana: Any,
) -> None:
    assert client_of(hana, proved=False).get("/account/password").url.startswith("/step-up")
    assert (
        new_password(client_of(hana, proved=False), "mountain lamp quiet river").status_code == 403
    )
    hana.set_unusable_password()
    hana.save()
    assert new_password(client_of(hana), "mountain lamp quiet river").status_code == 403
    hana.refresh_from_db()
    assert not hana.has_usable_password()


def first_step(client: Client, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/sign-in", {"username": "hana", "password": password, **more})


def second_step(client: Client, code: str, **more: str) -> Any:
    return client.post("/sign-in/code", {"code": code, **more})


def is_signed_in(client: Client) -> bool:
    return "/sign-in" not in client.get("/account").headers.get("Location", "")


def test_it_works(enrolled: tuple[Any, str, list[str]]) -> None:
    _, seed, _ = enrolled
    client = Client()
    half = first_step(client, next="/account/sessions")
    assert half["Location"] == "/sign-in/code?next=%2Faccount%2Fsessions"
    assert not is_signed_in(client)
    page = client.get(half["Location"])
    assert page.context["next"] == "/account/sessions"
    done = second_step(client, code_of(seed), next="/account/sessions")
    assert done["Location"] == "/account/sessions"
    assert is_signed_in(client)
    record = AuditRecord.objects.filter(action="sign_in").first()
    assert record is not None
    assert json.loads(record.details) == {"by": "password and code"}


def test_s30_the_password_alone_opens_no_page(enrolled: tuple[Any, str, list[str]]) -> None:
    client = Client()
    first_step(client)
    for path in ("/", "/dev/", "/account", "/account/codes", "/step-up", "/audit"):
        assert client.get(path)["Location"].startswith("/sign-in")
    assert client.post("/step-up", {"password": PASSWORD})["Location"].startswith("/sign-in")


def test_s30_the_code_alone_opens_nothing(enrolled: tuple[Any, str, list[str]]) -> None:
    _, seed, _ = enrolled
    client = Client()
    assert second_step(client, code_of(seed))["Location"].startswith("/sign-in?")
    first_step(client, "wrong")
    assert second_step(client, code_of(seed))["Location"].startswith("/sign-in?")
    assert not is_signed_in(client)


@pytest.mark.parametrize("what", ["too long", "another password since", "switched off since"])
def test_s30_the_first_step_is_good_for_five_minutes_and_for_the_account_as_it_was(
    enrolled: tuple[Any, str, list[str]], what: str
) -> None:
    user, seed, _ = enrolled
    client = Client()
    first_step(client)
    if what == "too long":
        session = client.session
        session["pending"] = {**session["pending"], "at": int(time.time()) - 301}
        session.save()
    elif what == "switched off since":
        get_user_model().objects.update(is_active=False)
    else:
        user.set_password("another long password")
        user.save()
    assert second_step(client, code_of(seed))["Location"].startswith("/sign-in?")
    assert not is_signed_in(client)


def test_s32_a_code_is_good_once_for_sign_in_and_step_up_together(
    enrolled: tuple[Any, str, list[str]],
) -> None:
    user, seed, _ = enrolled
    code = code_of(seed)
    one, other = Client(), Client()
    first_step(one)
    first_step(other)
    assert second_step(one, code).status_code == 302
    assert second_step(other, code).status_code == 403
    for spelling in (f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}", f" {code}"):
        assert client_of(user).post("/step-up", {"code": spelling}).status_code == 403


def test_s32_nor_is_an_earlier_one_after_a_later_one(enrolled: tuple[Any, str, list[str]]) -> None:
    user, seed, _ = enrolled
    client = client_of(user, proved=False)
    assert client.post("/step-up", {"code": code_of(seed, steps=1)}).status_code == 302
    assert client.post("/step-up", {"code": code_of(seed)}).status_code == 403


def test_s32_the_code_that_set_the_app_up_is_used_up(hana: Any) -> None:
    client = client_of(hana)
    seed = seed_on(client.get("/account/codes").content.decode())
    code = code_of(seed)
    assert client.post("/account/codes", {"code": code}).status_code == 200
    assert client.post("/step-up", {"code": code}).status_code == 403


@pytest.mark.parametrize("steps", [-2, 2, 100])
def test_a_clock_half_a_minute_off_is_borne_and_no_more(
    enrolled: tuple[Any, str, list[str]], steps: int
) -> None:
    user, seed, _ = enrolled
    assert (
        client_of(user).post("/step-up", {"code": code_of(seed, steps=steps * 2)}).status_code
        == 403
    )
    assert client_of(user).post("/step-up", {"code": code_of(seed, steps=1)}).status_code == 302


def test_s32_seeds_are_ciphertext_wherever_they_are_stored(hana: Any) -> None:
    """In the session while an app is set up, and in the database after."""
    client = client_of(hana)
    seed = seed_on(client.get("/account/codes").content.decode())
    waiting = json.dumps([session.get_decoded() for session in Session.objects.all()])
    assert "new_seed" in waiting
    assert seed not in waiting
    codes = codes_on(client.post("/account/codes", {"code": code_of(seed)}).content.decode())
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    after = json.dumps([session.get_decoded() for session in Session.objects.all()])
    for secret in (seed, *codes):
        assert secret not in stored
        assert secret not in after
    assert "new_seed" not in after


def test_s01_no_seed_and_no_code_is_told_to_a_log_or_the_record(
    hana: Any, logged: Callable[[], str]
) -> None:
    client = client_of(hana)
    seed = seed_on(client.get("/account/codes").content.decode())
    codes = codes_on(client.post("/account/codes", {"code": code_of(seed)}).content.decode())
    later = code_of(seed, steps=1)
    client.post("/step-up", {"code": later})
    client.post("/step-up", {"code": codes[0]})
    client.post("/step-up", {"code": codes[0]})
    kept = logged() + "".join(text for place, text in database_dump())
    for secret in (seed, later, *codes):
        assert f'"{secret}"' not in kept
        assert f" {secret}" not in kept
    assert seed not in kept


def test_s32_with_another_key_nothing_opens_and_nothing_breaks(
    enrolled: tuple[Any, str, list[str]], settings: Any
) -> None:
    user, seed, codes = enrolled
    settings.SECOND_FACTOR_KEY = b"another key of a restored backup, say, and long enough"
    assert client_of(user).post("/step-up", {"code": code_of(seed)}).status_code == 403
    assert client_of(user).post("/step-up", {"code": codes[0]}).status_code == 403
    assert client_of(user).get("/account").status_code == 200


def test_s32_a_recovery_code_is_good_once(enrolled: tuple[Any, str, list[str]]) -> None:
    _, _, codes = enrolled
    client = Client()
    first_step(client)
    assert second_step(client, codes[3]).status_code == 302
    assert "9 codes are left" in client.get("/account").content.decode()
    again = Client()
    first_step(again)
    assert second_step(again, codes[3]).status_code == 403
    assert second_step(again, codes[4]).status_code == 302


def test_new_recovery_codes_end_the_old_ones_and_are_on_record(
    enrolled: tuple[Any, str, list[str]],
) -> None:
    user, _, codes = enrolled
    client = client_of(user)
    fresh = codes_on(client.post("/account/recovery-codes").content.decode())
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)
    assert client.post("/step-up", {"code": codes[0]}).status_code == 403
    assert client.post("/step-up", {"code": fresh[0]}).status_code == 302
    assert AuditRecord.objects.filter(action="recovery_codes.make", actor="hana").count() == 2


def test_s22_wrong_codes_count_with_wrong_passwords(enrolled: tuple[Any, str, list[str]]) -> None:
    _, seed, _ = enrolled
    client = Client()
    for _ in range(3):
        first_step(Client(), "wrong")
    first_step(client)
    assert [second_step(client, "000000").status_code for _ in range(3)] == [403, 403, 429]
    assert second_step(client, code_of(seed)).status_code in (403, 429)
    assert not is_signed_in(client)
    assert first_step(Client()).status_code == 429


def test_s22_the_right_password_does_not_start_the_count_of_codes_anew(
    enrolled: tuple[Any, str, list[str]],
) -> None:
    statuses = []
    for _ in range(6):
        client = Client()
        if first_step(client).status_code == 302:
            statuses.append(second_step(client, "000000").status_code)
    assert statuses == [403] * 5 + [429]


def test_wrong_codes_are_on_record(enrolled: tuple[Any, str, list[str]]) -> None:
    client = Client()
    first_step(client)
    second_step(client, "000000")
    record = AuditRecord.objects.filter(action="sign_in").first()
    assert record is not None
    assert (record.actor, record.outcome) == ("hana", "refused")
    assert json.loads(record.details) == {"by": "code"}


@pytest.mark.parametrize("code", ["", "x", "٠" * 6, "0" * 21, "\x00", "null", "[]"])
def test_what_is_no_code_is_refused(enrolled: tuple[Any, str, list[str]], code: str) -> None:
    client = Client()
    first_step(client)
    assert second_step(client, code).status_code in (200, 403)
    assert not is_signed_in(client)


def test_s25_the_session_s_id_changes_at_both_steps(enrolled: tuple[Any, str, list[str]]) -> None:
    _, seed, _ = enrolled
    client = Client()
    client.get("/sign-in")
    planted = client.session
    planted["planted"] = "by somebody else"
    planted.save()
    client.cookies["__Host-session"] = str(planted.session_key)
    first_step(client)
    half = client.session.session_key
    assert half != planted.session_key
    second_step(client, code_of(seed))
    assert client.session.session_key not in (half, planted.session_key)
    assert not any(SessionStore().exists(key) for key in (half, planted.session_key))
    assert not {"planted", "pending"} & set(client.session.keys())


# Who may change them.


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/account/codes", {"code": "000000"}),
        ("/account/passkey", {"name": "x", "passkey": "{}"}),
        ("/account/recovery-codes", {}),
        ("/account/remove/1", {}),
    ],
)
def test_s30_s14_without_a_fresh_proof_nothing_of_it_is_changed_or_kept(
    enrolled: tuple[Any, str, list[str]], path: str, form: dict[str, str]
) -> None:
    user, _, _ = enrolled
    client = client_of(user, proved=False)
    before = list(Authenticator.objects.values_list("pk", "data"))
    assert client.post(path, form).status_code == 403
    assert list(Authenticator.objects.values_list("pk", "data")) == before
    assert set(client.session.keys()) <= SESSION_KEYS - {"proved_at"}
    assert AuditRecord.objects.filter(action="access.refused", actor="hana").exists()
    if path in ("/account/codes", "/account/passkey"):
        assert client.get(path)["Location"].startswith("/step-up?next=")


def test_one_s_own_factor_is_removed_and_another_s_is_not(
    enrolled: tuple[Any, str, list[str]],
) -> None:
    user, _, _ = enrolled
    number = Authenticator.objects.get(type="totp").pk
    stranger = get_user_model().objects.create_user("kenji", password=PASSWORD)
    client_of(stranger).post(f"/account/remove/{number}")
    assert Authenticator.objects.filter(pk=number).exists()
    client_of(user).post(f"/account/remove/{number}")
    assert not Authenticator.objects.exists()  # the recovery codes go with the last factor
    assert AuditRecord.objects.filter(action="factor.remove", actor="hana").count() == 1


# Where a second factor is required.


@pytest.fixture
def required(settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True


def test_where_it_is_required_nothing_opens_before_it_is_set_up(hana: Any, required: None) -> None:
    client = Client()
    first_step(client)
    for path in ("/", "/dev/", "/audit", "/account/sessions", "/dev/edit/miyabi/dev/config"):
        assert client.get(path)["Location"] == "/account"
    assert client.post("/dev/edit/miyabi/dev/config", {"a": "b"}, **JSON).status_code == 403
    assert "Set up a second factor first" in client.get("/account").content.decode()
    seed = seed_on(client.get("/account/codes").content.decode())
    assert client.post("/account/codes", {"code": "000000"}).status_code == 400
    assert client.get("/dev/")["Location"] == "/account"
    assert client.post("/account/codes", {"code": code_of(seed)}).status_code == 200
    assert client.get("/")["Location"] == "/dev/"


def test_where_it_is_required_the_last_one_stays(
    enrolled: tuple[Any, str, list[str]], required: None
) -> None:
    user, _, _ = enrolled
    client, number = client_of(user), Authenticator.objects.get(type="totp").pk
    assert client.post(f"/account/remove/{number}").status_code == 403
    assert Authenticator.objects.filter(pk=number).exists()


def test_an_admin_takes_a_lost_one_away_by_a_command(
    enrolled: tuple[Any, str, list[str]], capsys: Any
) -> None:
    user, _, _ = enrolled
    client = Client()
    first_step(client)
    call_command("reset_second_factor", "hana")
    assert "hana" in capsys.readouterr().out
    assert not Authenticator.objects.exists()
    record = AuditRecord.objects.get(action="factor.reset")
    assert (record.actor, json.loads(record.details)["account"]) == ("console", "hana")
    assert RoleGrant.objects.filter(user=user).exists()
    with pytest.raises(SystemExit, match="nobody"):
        call_command("reset_second_factor", "nobody")
