"""Section A, S05 and S06: faults and full logging, with values in every local variable."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter, get_exception_reporter_filter

from secrets_ui.forms import changes as forms
from secrets_ui.services import aws_access
from secrets_ui.services.configuration import get_environment
from secrets_ui.views.changes import edit as edit_pages
from testkit.canary import leaks, leaks_in, make_canary, make_plain_canary
from testkit.posting import JSON, current_version, edit_url, key_form, save_key
from tests.conftest import MakeEstate, SignedIn, with_its_own_clients

pytestmark = pytest.mark.django_db


class Broken(Exception):
    """What nobody expected."""


def break_view(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    """The view fails once the edit, its values and the request's body are in its hands."""

    def explode(save: Any, rows: Any, *others: Any) -> None:
        typed = [form.cleaned_data["value"].reveal() for form in rows]
        raise Broken(len(typed))

    monkeypatch.setattr(edit_pages, "key_edit", explode)


def break_form(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    """The form fails with the typed text in hand."""

    class Exploding(forms.SecretValue):
        def __init__(self, text: str) -> None:
            raise Broken(len(text))

    monkeypatch.setattr(forms, "SecretValue", Exploding)


def break_gateway(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    """boto3 fails inside the call, with the whole request in the locals of a dozen frames."""

    def explode(params: dict[str, Any], **more: Any) -> None:
        raise Broken(len(params["body"]))

    with_its_own_clients(monkeypatch)
    boto = aws_access.sessions().client("secretsmanager", get_environment("dev").region)
    boto.meta.events.register("before-call.secrets-manager.PutSecretValue", explode)


def break_answer(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    """boto3 fails while it reads the answer to GetSecretValue, which holds the stored value."""

    def explode(parsed: dict[str, Any], **more: Any) -> None:
        raise Broken(len(parsed["SecretString"]))

    with_its_own_clients(monkeypatch)
    boto = aws_access.sessions().client("secretsmanager", get_environment("dev").region)
    boto.meta.events.register("after-call.secrets-manager.GetSecretValue", explode)


@pytest.mark.parametrize("debug", [True, False], ids=["DEBUG on", "DEBUG off"])
@pytest.mark.parametrize("script", [True, False], ids=["with the script", "without"])
@pytest.mark.parametrize("break_it", [break_view, break_form, break_gateway, break_answer])
def test_s05_a_fault_with_values_in_its_locals_shows_none_on_the_page_or_in_any_log(
    make_estate: MakeEstate,
    signed_in: SignedIn,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    logged: Callable[[], str],
    output: Callable[[], str],
    canary: str,
    break_it: Callable[..., None],
    script: bool,
    debug: bool,
) -> None:
    estate, typed = make_estate(only=("dev",)), make_canary()
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString=f'{{"CANARY": "{_in_json(canary)}"}}'
    )
    client = signed_in("editor", "dev")
    assert client.get(edit_url("dev", "config")).status_code == 200
    client.raise_request_exception = False
    settings.DEBUG = debug
    break_it(monkeypatch, client)

    answer = client.post(
        edit_url("dev", "config"),
        key_form(current_version(estate, "dev", "config"), ("NEW", "set", typed)),
        **(JSON if script else {}),
    )

    assert answer.status_code == 500
    written = output()
    assert "Broken" in logged()
    assert ("Broken" in answer.content.decode()) is debug
    texts = [("page", answer.content), ("log", logged()), ("output", written)]
    assert leaks_in(typed, texts) + leaks_in(canary, texts) == []


def _in_json(text: str) -> str:
    return text.replace('"', '\\"')


@pytest.mark.parametrize("debug", [True, False], ids=["DEBUG on", "DEBUG off"])
def test_s05_django_s_reports_hold_no_locals_no_body_no_cookies_and_no_settings(
    settings: Any, debug: bool
) -> None:
    settings.DEBUG, canary = debug, make_plain_canary()
    request = RequestFactory().post(
        "/dev/edit/miyabi/dev/config",
        {"value": canary},
        headers={"cookie": f"__Host-session={canary}"},
    )
    assert request.POST["value"] == canary
    typed = request.POST["value"]
    try:
        raise Broken(len(typed))
    except Broken:
        reporter = ExceptionReporter(request, *sys.exc_info(), is_email=not debug)
    for report in (reporter.get_traceback_html(), reporter.get_traceback_text()):
        assert "Broken" in report
        assert leaks(canary, report) == []
        assert settings.SECRET_KEY not in report
    assert type(get_exception_reporter_filter(request)).__name__ == "NothingFromTheRequest"


def test_s05_a_foreign_error_s_text_stays_out_of_the_log_stream(
    signed_in: SignedIn,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    output: Callable[[], str],
    canary: str,
) -> None:
    """The text may repeat a value, and Django's console handler prints it with DEBUG on."""

    def explode(*args: Any) -> None:
        raise Broken(canary)

    monkeypatch.setattr(edit_pages, "key_edit", explode)
    client = signed_in("editor", "dev")
    client.raise_request_exception = False
    for settings.DEBUG in (True, False):
        client.post(edit_url("dev", "config"), key_form("a", ("NEW", "set", "x")))
    written = output()
    assert "unhandled error" in written
    assert leaks_in(canary, [("output", written)]) == []
    assert logging.getLogger("django").handlers == []


def test_s06_a_save_with_every_logger_at_debug_leaves_nothing_in_any_handler(
    make_estate: MakeEstate,
    signed_in: SignedIn,
    logged: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    output: Callable[[], str],
    canary: str,
) -> None:
    estate, typed = make_estate(only=("dev",)), make_canary()
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString=f'{{"CANARY": "{_in_json(canary)}"}}'
    )
    client = signed_in("editor", "dev")
    for name in ("botocore", "boto3", "urllib3", "django", "miyabi"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
        logging.getLogger(name).manager._clear_cache()
    assert save_key(client, estate, "dev", "config", "NEW", typed).status_code == 200
    written = output()
    texts = [("log", logged()), ("output", written)]
    assert "audit record" in logged()
    assert leaks_in(typed, texts) + leaks_in(canary, texts) == []
