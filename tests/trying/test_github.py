"""Against the small GitHub on loopback: what is an answer, a refusal, and neither."""

import traceback
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection

import pytest

from deploy.demo.github import WRONG, GitHub, Token, in_days
from deploy.demo.values import make_github_token
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.domain.secrets.tried import Answer, NotKnown
from secrets_ui.trying import exchange
from secrets_ui.trying.addresses import read_api_address
from secrets_ui.trying.exchange import Ask, NoReply, Route
from secrets_ui.trying.github import try_oauth_app, try_token
from testkit.canary import leaks, make_plain_canary

HERE = Route(is_local=True)


def token(github: GitHub, text: str) -> Answer | NotKnown:
    return try_token(SecretValue(text), read_api_address(github.address, is_local=True), HERE)


def app(github: GitHub, client_id: str, secret: str) -> Answer | NotKnown:
    server = read_api_address(github.address, is_local=True)
    return try_oauth_app(SecretValue(secret), SecretValue(client_id), server, HERE)


def test_a_token_that_works_tells_whose_it_is_what_it_may_and_until_when(github: GitHub) -> None:
    until = datetime(2031, 12, 8, 12, tzinfo=UTC)
    text = make_github_token()
    github.tokens[text] = Token("miyabi-bot", ("repo", "read:org"), until)
    kind = "classic personal access token"
    assert token(github, text) == Answer(True, "miyabi-bot", kind, ("repo", "read:org"), until)
    assert github.log == [f"GET /user Bearer {text}"]


def test_a_fine_grained_token_has_no_scopes_and_one_without_any_has_none(github: GitHub) -> None:
    fine, bare = f"github_pat_{'a' * 22}_{'b' * 59}", make_github_token()
    github.tokens |= {fine: Token(scopes=None), bare: Token(scopes=())}
    found = token(github, fine)
    assert isinstance(found, Answer)
    assert (found.kind, found.scopes, found.expires) == (
        "fine-grained personal access token",
        None,
        None,
    )
    found = token(github, bare)
    assert isinstance(found, Answer)
    assert found.scopes == ()


@pytest.mark.parametrize(
    "state", [None, Token(is_revoked=True), Token(expires=in_days(-1))], ids=lambda s: str(s)[:30]
)
def test_a_token_that_github_does_not_take_is_refused(github: GitHub, state: Token | None) -> None:
    text = make_github_token()
    if state:
        github.tokens[text] = state
    found = token(github, text)
    assert isinstance(found, Answer)
    assert not found.works


def test_an_oauth_app_is_good_by_its_pair(github: GitHub) -> None:
    github.apps["Iv1.app"] = "right"
    kind = "secret of an OAuth app"
    assert app(github, "Iv1.app", "right") == Answer(True, kind=kind)
    assert app(github, "Iv1.app", "wrong") == Answer(False, kind=kind)
    assert app(github, "Iv1.other", "right") == Answer(False, kind=kind)
    assert isinstance(app(github, "../user", "right"), NotKnown)
    assert [line.split()[1] for line in github.log] == [
        "/applications/Iv1.app/token",
        "/applications/Iv1.app/token",
        "/applications/Iv1.other/token",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("ask", [lambda g: token(g, "ghp_x"), lambda g: app(g, "id", "secret")])
def test_s114_no_fault_of_the_way_or_of_github_is_ever_a_refusal(
    github: GitHub,
    monkeypatch: pytest.MonkeyPatch,
    wrong: str,
    ask: Callable[[GitHub], Answer | NotKnown],
) -> None:
    monkeypatch.setattr(exchange, "SECONDS", 0.3)
    github.wrong = wrong
    assert isinstance(ask(github), NotKnown)
    assert not [line for line in github.log if "elsewhere" in line]


def test_nobody_there_is_not_known(github: GitHub) -> None:
    server = read_api_address("http://127.0.0.1:9", is_local=True)
    assert try_token(SecretValue("ghp_x"), server, HERE) == NotKnown(
        "127.0.0.1: It could not be asked (NewConnectionError)."
    )


@pytest.mark.parametrize("text", ["a\r\nX-Evil: 1", "a b", "ghp_é", "x" * 2000, ""])
def test_s07_a_value_that_no_header_can_hold_is_not_sent_nor_told(
    github: GitHub, text: str
) -> None:
    for found in (token(github, text), app(github, "id", text)):
        assert isinstance(found, NotKnown)
        assert not text or text not in found.why
    assert github.log == []


@pytest.mark.parametrize("text", ["..", ".", "a/b", "a?b", ""])
def test_s113_a_client_id_that_leads_elsewhere_in_a_path_is_not_sent(
    github: GitHub, text: str
) -> None:
    assert isinstance(app(github, text, "fake"), NotKnown)
    assert github.log == []


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["silent", "dripping", "closed", "unsendable"])
def test_s07_no_error_holds_what_was_sent_in_its_chain_or_its_words(
    github: GitHub, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setattr(exchange, "SECONDS", 0.3)
    github.wrong, canary = wrong, make_plain_canary()
    ending = "\r\nX" if wrong == "unsendable" else ""  # http.client's error repeats the header
    ask = Ask("GET", "/user", {"Authorization": f"Bearer {canary}{ending}"})
    with pytest.raises(NoReply) as caught:
        exchange.exchange(read_api_address(github.address, is_local=True), ask, HERE)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert leaks(canary, "".join(traceback.format_exception(caught.value))) == []
    assert leaks(canary, repr(ask)) == []


@pytest.mark.slow
def test_s114_a_silent_server_holds_nobody_longer_than_the_time_allowed(
    github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than there are threads: each is cut off, and the next has a thread."""
    monkeypatch.setattr(exchange, "SECONDS", 0.2)
    github.wrong = "dripping"
    for _ in range(6):
        assert isinstance(token(github, "ghp_x"), NotKnown)
    github.wrong = ""
    monkeypatch.setattr(exchange, "SECONDS", 5)
    text = github.make_token(days=9)
    found = token(github, text)
    assert isinstance(found, Answer)
    assert found.expires
    assert timedelta(days=8) < found.expires - datetime.now(UTC) <= timedelta(days=9)


def test_a_token_that_was_revoked_on_the_small_github_s_page_is_refused(github: GitHub) -> None:
    kept, gone = github.make_token(), github.make_token()
    host, pages = github.address.removeprefix("http://"), []
    for form in ("token=9", "token=x", "token=1"):
        with closing(HTTPConnection(host, timeout=10)) as connection:
            connection.request("POST", "/tokens/revoke", form)
            pages.append(connection.getresponse().read().decode())
    assert [page.count("does not work any more") for page in pages] == [0, 0, 1]
    assert not leaks(kept, pages[-1])
    answers = [token(github, text) for text in (kept, gone)]
    assert [isinstance(one, Answer) and one.works for one in answers] == [True, False]
