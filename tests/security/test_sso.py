"""Sign-in and step-up by a real OpenID Connect provider on another port.

S21, S25, S30, S31, S33.
"""

import html
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from deploy.demo.oidc_provider import OidcProvider, Person, Wrong
from secrets_ui.models import AuditRecord, RoleGrant
from secrets_ui.services.people.accounts import make_account
from secrets_ui.services.people.session_store import SessionStore
from testkit.oidc_client import Walker, asked_for, with_query
from testkit.posting import edit_url, key_form
from tests.conftest import SESSION_KEYS
from tests.security.test_leaks import database_dump

# Each signs in at a provider.
pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PASSWORD = "correct horse battery staple"
HANA = "hana@miyabi-world.com"


def grants(name: str = HANA) -> set[tuple[str, str, str]]:
    return set(
        RoleGrant.objects.filter(user__username=name).values_list("environment", "role", "source")
    )


def last(action: str) -> dict[str, Any]:
    record = AuditRecord.objects.filter(action=action).first()
    assert record is not None
    return {"actor": record.actor, "outcome": record.outcome, **json.loads(record.details)}


def is_signed_in(client: Client) -> bool:
    return "/sign-in" not in client.get("/account").headers.get("Location", "")


# Sign-in.


def test_it_works(provider: OidcProvider) -> None:
    """Groups give roles, the name is the address, and the session keeps nothing else."""
    walker = Walker(provider)
    assert "Sign in with" in walker.console.get("/sign-in").content.decode()
    answer = walker.sign_in("hana", next="/account")
    assert (answer.status_code, answer["Location"]) == (302, "/account")
    assert HANA in walker.console.get("/account").content.decode()
    assert grants() == {("dev", "editor", "groups"), ("staging", "viewer", "groups")}
    assert last("sign_in") == {"actor": HANA, "outcome": "done", "by": "provider"}
    assert not get_user_model().objects.get(username=HANA).has_usable_password()
    assert set(walker.console.session.keys()) == SESSION_KEYS


def test_the_question_bears_state_nonce_and_pkce_and_no_secret(provider: OidcProvider) -> None:
    address = Walker(provider).leave()
    asked = asked_for(address)
    assert address.startswith(f"{provider.issuer}/authorization?")
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert len(asked["state"]) >= 16
    assert len(asked["nonce"]) >= 32
    assert "prompt" not in asked
    assert provider.client_secret not in address


def test_groups_are_read_anew_at_each_sign_in_and_an_admin_s_roles_stay(
    provider: OidcProvider,
) -> None:
    Walker(provider).sign_in("hana")
    person = get_user_model().objects.get(username=HANA)
    RoleGrant.objects.create(user=person, environment="prod", role="viewer")
    provider.people["hana"].groups = ["platform"]

    Walker(provider).sign_in("hana")

    assert grants() == {
        ("prod", "viewer", "admin"),
        ("dev", "admin", "groups"),
        ("prod", "admin", "groups"),
        ("prod", "auditor", "groups"),
    }
    result = last("roles.from_groups")
    assert result["roles"] == ["admin in dev", "admin in prod", "auditor in prod"]
    before = AuditRecord.objects.filter(action="roles.from_groups").count()
    Walker(provider).sign_in("hana")
    assert AuditRecord.objects.filter(action="roles.from_groups").count() == before


def test_groups_may_come_by_userinfo_too(provider: OidcProvider) -> None:
    provider.wrong.groups_in_userinfo = True
    assert Walker(provider).sign_in("hana").status_code == 302
    assert ("dev", "editor", "groups") in grants()


@pytest.mark.parametrize(
    "groups",
    [
        ["everybody"],
        [],
        "",
        None,
        {"developers": True},
        ["developers-old", "DEVELOPERS", " developers"],
    ],
)
def test_s21_somebody_in_no_group_with_a_role_stays_out_and_is_told_what_to_ask_for(
    provider: OidcProvider, groups: Any
) -> None:
    provider.wrong.claims = {"groups": groups}
    provider.people["hana"].groups = []
    walker = Walker(provider)

    answer = walker.sign_in("hana")

    page = answer.content.decode()
    assert answer.status_code == 403
    assert HANA in page
    assert "Ask whoever manages your groups for one of these: developers, platform." in page
    assert not is_signed_in(walker.console)
    assert not get_user_model().objects.exists()
    assert last("sign_in") == {
        "actor": HANA,
        "outcome": "refused",
        "by": "provider",
        "why": "in no group with a role",
    }


def test_s21_a_refused_stranger_does_not_stand_in_the_record_as_the_console(
    provider: OidcProvider,
) -> None:
    provider.wrong.claims = {"groups": [], "email": "ｃｏｎｓｏｌｅ"}
    assert Walker(provider).sign_in("hana").status_code == 403
    assert last("sign_in")["actor"] == "unknown"


def test_s21_who_leaves_every_group_loses_its_roles_and_the_sessions_that_are_open(
    provider: OidcProvider,
) -> None:
    first = Walker(provider)
    first.sign_in("hana")
    assert is_signed_in(first.console)
    # Or the group was deleted: it does not come any more.
    provider.people["hana"].groups = ["everybody"]
    assert Walker(provider).sign_in("hana").status_code == 403
    assert not is_signed_in(first.console)
    assert grants() == set()


def test_s21_no_page_of_allauth_is_there() -> None:
    client = Client()
    for path in (
        "/accounts/signup/",
        "/accounts/login/",
        "/accounts/social/signup/",
        "/accounts/oidc/sso/login/",
        "/signup",
        "/accounts/2fa/",
    ):
        assert client.get(path).status_code in (404, 302)
        assert client.post(path, {"username": "x", "email": "x@x.example"}).status_code in (
            404,
            302,
        )
    assert not get_user_model().objects.exists()


@pytest.mark.parametrize(
    "local", [{"username": HANA}, {"username": HANA.upper()}, {"username": "hana", "email": HANA}]
)
def test_s31_a_local_account_of_the_same_name_or_address_is_not_taken_over(
    provider: OidcProvider, local: dict[str, str]
) -> None:
    get_user_model().objects.create_user(**local, password=PASSWORD)
    answer = Walker(provider).sign_in("hana")
    assert answer.status_code == 403
    assert "belongs to somebody else" in answer.content.decode()
    assert get_user_model().objects.count() == 1
    assert not SocialAccount.objects.exists()
    assert last("sign_in")["why"] == "changed subject, same name or address"


def test_s31_another_subject_with_the_same_address_is_somebody_else(provider: OidcProvider) -> None:
    Walker(provider).sign_in("hana")
    provider.people["hana"] = Person("subject-new", HANA, ["platform"])
    walker = Walker(provider)
    answer = walker.sign_in("hana")
    assert answer.status_code == 403
    assert "the provider knows you by another subject" in answer.content.decode()
    assert not is_signed_in(walker.console)
    assert ("dev", "admin", "groups") not in grants()


def test_after_a_move_at_the_provider_an_admin_takes_the_old_account_away(
    provider: OidcProvider,
) -> None:
    old = Walker(provider)
    old.sign_in("hana")
    provider.people["hana"].subject = "subject-after-the-move"
    call_command("remove_person", HANA)
    assert not is_signed_in(old.console)
    assert last("account.remove") == {"actor": "console", "outcome": "done", "account": HANA}
    assert Walker(provider).sign_in("hana").status_code == 302
    with pytest.raises(SystemExit, match="nobody"):
        call_command("remove_person", "nobody")


def test_a_subject_keeps_its_account_when_its_address_changes(provider: OidcProvider) -> None:
    Walker(provider).sign_in("hana")
    provider.people["hana"].email = "hana.sato@miyabi-world.com"
    assert Walker(provider).sign_in("hana").status_code == 302
    assert list(get_user_model().objects.values_list("username", flat=True)) == [HANA]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("o'brien@miyabi-world.com", "o'brien@miyabi-world.com"),
        ("r&d@miyabi-world.com", "r&d@miyabi-world.com"),
        ("hana  satō ", "hana satō"),
        ("山田\u3000太郎", "山田 太郎"),
        ("MIYABI\\hana", "MIYABI\\hana"),
    ],
)
def test_a_name_that_providers_really_send_is_taken(
    provider: OidcProvider, sent: str, name: str
) -> None:
    provider.wrong.claims = {"email": sent}
    walker = Walker(provider)
    assert walker.sign_in("hana").status_code == 302
    assert grants(name) == {("dev", "editor", "groups"), ("staging", "viewer", "groups")}
    assert f"<bdi>{html.escape(name)}</bdi>" in walker.console.get("/account").content.decode()
    assert last("sign_in")["actor"] == name
    assert Walker(provider).sign_in("hana").status_code == 302
    assert get_user_model().objects.count() == 1


@pytest.mark.parametrize(
    "name",
    [
        "",
        "console",
        "Unknown",
        "ｃｏｎｓｏｌｅ",
        "x" * 151,
        "<script>",
        "a\nb",
        "a\u200bb",
        "a\u202eb",
    ],
)
def test_a_name_that_cannot_be_one_is_refused(provider: OidcProvider, name: str) -> None:
    provider.wrong.claims = {"email": name}
    answer = Walker(provider).sign_in("hana")
    assert answer.status_code == 403
    assert "holds no name that can be used here" in answer.content.decode()
    assert not get_user_model().objects.exists()


def test_an_account_that_was_switched_off_stays_out(provider: OidcProvider) -> None:
    Walker(provider).sign_in("hana")
    get_user_model().objects.update(is_active=False)
    answer = Walker(provider).sign_in("hana")
    assert answer.status_code == 403
    assert "switched off" in answer.content.decode()


def test_s25_the_session_s_id_changes_when_one_comes_back(provider: OidcProvider) -> None:
    walker = Walker(provider)
    way = walker.choose(walker.leave(), "hana")
    before = walker.console.session.session_key
    walker.come_back(way)
    assert walker.console.session.session_key != before
    assert not SessionStore().exists(before)


def test_of_two_tabs_that_sign_in_the_second_goes_on_to_where_it_wanted(
    provider: OidcProvider,
) -> None:
    walker = Walker(provider)
    first, second, third = (walker.leave(next=f"/account?tab={tab}") for tab in (1, 2, 3))
    assert walker.come_back(walker.choose(first, "hana"))["Location"] == "/account?tab=1"
    way = walker.choose(second, "hana")
    answer = walker.come_back(way)
    assert (answer.status_code, answer["Location"]) == (302, "/account?tab=2")
    # As somebody else there, and refused there: the person who is signed in here goes on as well.
    assert walker.come_back(walker.choose(third, "kenji"))["Location"] == "/account?tab=3"
    assert HANA in walker.console.get("/account").content.decode()
    assert not AuditRecord.objects.filter(action="step_up").exists()
    assert AuditRecord.objects.filter(action="sign_in").count() == 1
    # Once: what comes back a second time is nothing that was asked for.
    assert walker.come_back(way).status_code == 403


def test_a_tab_at_the_provider_goes_on_when_another_has_signed_in_by_password(
    provider: OidcProvider,
) -> None:
    make_account("break-glass", PASSWORD, {"dev": "admin"})
    walker = Walker(provider)
    way = walker.choose(walker.leave(next="/dev/"), "hana")
    walker.console.post("/sign-in", {"username": "break-glass", "password": PASSWORD})
    assert walker.come_back(way)["Location"] == "/dev/"
    assert "break-glass" in walker.console.get("/account").content.decode()
    assert not get_user_model().objects.filter(username=HANA).exists()


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_s33_the_way_back_leads_to_this_console_alone(provider: OidcProvider, wanted: str) -> None:
    assert Walker(provider).sign_in("hana", next=wanted)["Location"] == "/"


def test_s01_neither_a_token_nor_the_client_s_secret_is_told_to_a_log_or_kept(
    provider: OidcProvider, logged: Callable[[], str]
) -> None:
    walker = Walker(provider)
    way = walker.choose(walker.leave(), "hana")
    waiting = json.dumps(dict(walker.console.session))
    walker.come_back(way)
    provider.wrong.groups_in_userinfo = True
    Walker(provider).sign_in("hana")
    kept = logged() + waiting + "".join(text for _, text in database_dump())
    for secret in (provider.client_secret, *provider.tokens, asked_for(way)["code"]):
        assert secret not in kept
    assert "eyJhbGciOi" not in kept  # how every signed token begins: {"alg":


# What the provider may answer, and must not get away with.

NOW = int(time.time())
BAD_TOKENS: dict[str, Callable[[], Wrong]] = {
    "wrong issuer": lambda: Wrong(claims={"iss": "https://evil.example"}),
    "wrong audience": lambda: Wrong(claims={"aud": "another-client"}),
    "another party": lambda: Wrong(claims={"azp": "another-client"}),
    "several audiences, another party": lambda: Wrong(
        claims={"aud": ["miyabi-console", "x"], "azp": "another-client"}
    ),
    "wrong nonce": lambda: Wrong(claims={"nonce": "replayed"}),
    "no nonce": lambda: Wrong(claims={"nonce": None}),
    "no subject": lambda: Wrong(claims={"sub": None}),
    "expired": lambda: Wrong(claims={"exp": int(time.time()) - 90}),
    "no expiry": lambda: Wrong(claims={"exp": None}),
    "issued in the future": lambda: Wrong(claims={"iat": int(time.time()) + 300}),
    "another key": lambda: Wrong(
        key=rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ),
    "a shared key": lambda: Wrong(key="x" * 64, algorithm="HS256"),
    "no signature": lambda: Wrong(key="", algorithm="none"),
    "userinfo of somebody else": lambda: Wrong(
        groups_in_userinfo=True, userinfo_subject="subject-kenji"
    ),
}


@pytest.mark.parametrize("what", BAD_TOKENS)
def test_s31_a_token_that_proves_nothing_is_refused_and_recorded(
    provider: OidcProvider, what: str
) -> None:
    provider.wrong = BAD_TOKENS[what]()
    walker = Walker(provider)
    answer = walker.sign_in("hana")
    assert answer.status_code == 403
    assert "not one to rely on" in answer.content.decode()
    assert not is_signed_in(walker.console)
    assert not get_user_model().objects.exists()
    result = last("sign_in")
    assert (result["actor"], result["outcome"]) == ("unknown", "refused")
    assert result["why"].startswith("ID token: ")


def test_s31_a_replayed_state_is_refused(provider: OidcProvider) -> None:
    walker = Walker(provider)
    way = walker.choose(walker.leave(), "hana")
    assert walker.come_back(way).status_code == 302
    walker.console.post("/sign-out")
    again = walker.come_back(way)
    assert again.status_code == 403
    assert last("sign_in")["why"] == "state unknown or used"
    assert not is_signed_in(walker.console)


@pytest.mark.parametrize("state", ["", "x", "another browser's"])
def test_s31_an_answer_to_no_question_of_this_browser_is_refused(
    provider: OidcProvider, state: str
) -> None:
    """Else somebody could sign another person's browser in as themselves."""
    attacker = Walker(provider)
    way = attacker.choose(attacker.leave(), "hana")
    victim = Walker(provider)
    answer = victim.come_back(way if state.startswith("another") else with_query(way, state=state))
    assert answer.status_code == 403
    assert not is_signed_in(victim.console)


def test_s31_a_code_with_another_question_s_state_is_refused(provider: OidcProvider) -> None:
    """PKCE and the nonce bind the code to the question that it answers."""
    one, other = Walker(provider), Walker(provider)
    theirs = asked_for(one.choose(one.leave(), "kenji"))
    mine = other.choose(other.leave(), "hana")
    answer = other.come_back(with_query(mine, code=theirs["code"]))
    assert answer.status_code == 403
    assert last("sign_in")["why"] == "code refused"


def test_s31_the_provider_s_own_refusal_is_told(provider: OidcProvider) -> None:
    answer = Walker(provider).sign_in("")
    assert answer.status_code == 403
    assert "cancelled" in answer.content.decode()
    assert last("sign_in")["why"] == "access_denied"


def test_s31_a_description_of_another_issuer_is_refused(provider: OidcProvider) -> None:
    provider.wrong.issuer = "https://evil.example"
    answer = Client().post("/sso/sign-in")
    assert answer.status_code == 503
    assert "OIDC_ISSUER" in answer.content.decode()


def test_a_clock_half_a_minute_off_is_borne_and_one_five_minutes_off_is_not(
    provider: OidcProvider,
) -> None:
    for clock, status in ((30, 302), (-30, 302), (300, 403)):
        provider.wrong.clock = clock
        provider.sessions.clear()
        assert Walker(provider).sign_in("hana").status_code == status, clock


def test_with_the_provider_down_the_page_says_so_and_a_local_account_still_works(
    provider: OidcProvider,
) -> None:
    make_account("break-glass", PASSWORD, {"dev": "admin"})
    walker = Walker(provider)
    way = walker.choose(walker.leave(), "hana")
    provider.wrong.is_down = True
    back, begun = walker.come_back(way), Client().post("/sso/sign-in")
    for answer in (back, begun):
        assert answer.status_code == 503
        assert "Whoever has a local account can still sign in with it." in answer.content.decode()
    client = Client()
    assert client.get("/sign-in").status_code == 200
    assert (
        client.post("/sign-in", {"username": "break-glass", "password": PASSWORD}).status_code
        == 302
    )


def test_without_a_provider_its_addresses_are_not_there(client: Client) -> None:
    assert client.post("/sso/sign-in").status_code == 404
    assert client.get("/sso/callback?code=x&state=y").status_code == 404
    assert "Sign in with" not in client.get("/sign-in").content.decode()


# Step-up.


@pytest.fixture
def hana(provider: OidcProvider) -> Walker:
    """Signed in by the provider; her proof there is of an hour ago."""
    walker = Walker(provider)
    provider.wrong.claims = {"auth_time": int(time.time()) - 3600}
    walker.sign_in("hana")
    provider.wrong = Wrong()
    return walker


def test_s30_somebody_who_came_by_the_provider_is_not_let_straight_through(hana: Walker) -> None:
    """A sign-in there of an hour ago opened the session, and is no fresh proof."""
    assert hana.console.get(edit_url("dev", "config"))["Location"].startswith("/step-up?next=")
    refused = hana.console.post(edit_url("dev", "config"), key_form("a" * 32, ("A", "set", "1")))
    assert refused.status_code == 403
    page = hana.console.get("/step-up").content.decode()
    assert "Confirm at your identity provider" in page
    assert 'name="password"' not in page
    assert hana.console.post("/step-up", {"password": ""}).status_code == 403
    assert hana.console.post("/step-up", {"password": "!"}).status_code == 403


def test_s30_s25_a_sign_in_at_the_provider_since_we_asked_is_a_proof(hana: Walker) -> None:
    before = hana.console.session.session_key
    asked = asked_for(hana.leave("/step-up/sso"))
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")

    done = hana.step_up("hana", next=edit_url("dev", "config"))

    assert (done.status_code, done["Location"]) == (302, edit_url("dev", "config"))
    assert time.time() - hana.console.session["proved_at"] < 60
    assert hana.console.session.session_key != before
    assert last("step_up") == {"actor": HANA, "outcome": "done", "by": "provider"}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda: Wrong(claims={"auth_time": None}), "no auth_time"),
        (lambda: Wrong(claims={"auth_time": "now"}), "no auth_time"),
        (lambda: Wrong(claims={"auth_time": True}), "no auth_time"),
        (lambda: Wrong(claims={"auth_time": int(time.time()) - 3600}), "auth_time is old"),
        (lambda: Wrong(claims={"auth_time": int(time.time()) - 90}), "auth_time is old"),
        (lambda: Wrong(claims={"auth_time": int(time.time()) + 3600}), "auth_time is old"),
        (lambda: Wrong(claims={"nonce": "x"}), "ID token: nonce"),
        (lambda: Wrong(claims={"sub": "subject-kenji"}), "another subject than the session's"),
        (lambda: Wrong(claims={"sub": "subject-nobody"}), "another subject than the session's"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_s31_a_step_up_without_a_fresh_auth_time_of_the_same_subject_is_refused_and_recorded(
    hana: Walker, wrong: Callable[[], Wrong], why: str
) -> None:
    Walker(hana.provider).sign_in("kenji")
    hana.provider.wrong = wrong()
    before = dict(hana.console.session)

    answer = hana.step_up("hana")

    assert answer.status_code == 403
    assert "Not confirmed" in answer.content.decode()
    assert hana.console.session["proved_at"] == before["proved_at"]
    assert last("step_up") == {"actor": HANA, "outcome": "refused", "by": "provider", "why": why}
    assert hana.console.get(edit_url("dev", "config")).status_code == 302


def test_s31_a_provider_that_ignores_prompt_login_is_found_out(hana: Walker) -> None:
    for session in hana.provider.sessions:
        hana.provider.sessions[session] = ("hana", int(time.time()) - 3600)
    hana.provider.wrong.ignores_login = True
    assert hana.step_up("hana").status_code == 403
    assert last("step_up")["why"] == "auth_time is old"


def test_s31_a_sign_in_s_answer_does_not_stand_in_for_a_step_up(hana: Walker) -> None:
    """The purpose is what the console noted, not what the browser brings back."""
    visitor = Walker(hana.provider)
    way = visitor.choose(visitor.leave(), "hana")
    assert hana.come_back(way).status_code == 403
    assert last("step_up")["why"] == "state unknown or used"


def test_s31_the_answer_to_a_session_that_is_over_is_refused(hana: Walker) -> None:
    way = hana.choose(hana.leave("/step-up/sso"), "hana")
    session = hana.console.session
    hana.console.logout()
    assert hana.come_back(way).status_code == 403
    assert not SessionStore().exists(session.session_key)


def test_s30_a_recent_sign_in_at_the_provider_is_a_fresh_proof_and_one_without_a_time_is_none(
    provider: OidcProvider,
) -> None:
    walker = Walker(provider)
    walker.sign_in("hana")
    assert time.time() - walker.console.session["proved_at"] < 60
    provider.wrong.claims = {"auth_time": None}
    other = Walker(provider)
    other.sign_in("hana")
    assert other.console.session["proved_at"] == 0
    provider.wrong.claims = {"auth_time": int(time.time()) + 10**6}
    future = Walker(provider)
    future.sign_in("hana")
    assert future.console.session["proved_at"] <= time.time()


def test_s30_the_second_factors_of_such_an_account_are_the_provider_s(hana: Walker) -> None:
    hana.step_up("hana")
    for path in ("/account/codes", "/account/passkey"):
        assert hana.console.get(path).status_code == 403
    page = hana.console.get("/account").content.decode()
    assert "identity provider" in page
    assert "Add a passkey" not in page
