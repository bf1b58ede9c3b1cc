"""Every message that the loader can print is understood by paste-an-error.

They are taken from the loader's own source, so that none can be forgotten.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import _errors
from core import secrets as loader
from core._errors import InvalidInput, SecretsError
from secrets_ui.checks.access import CHECK_IDS
from secrets_ui.domain.access.error_reading import read_error
from secrets_ui.domain.access.loader_errors import LOADER_ERRORS

SECRET = "miyabi/prod/api-keys"
CORE = Path(_errors.__file__).parent


def kinds(base: type[SecretsError] = SecretsError) -> Iterator[type[SecretsError]]:
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


KINDS = {kind.__name__: kind for kind in kinds()}


def text_of(node: ast.expr) -> str:
    """The literal parts of a text, with a word in each gap."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(text_of, node.values))
    return "something"


def messages() -> Iterator[tuple[str, str]]:
    """The class and the text of every error that a module of the loader makes."""
    for path in sorted(CORE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield from _message(node.func.id, node)


def _message(name: str, call: ast.Call) -> Iterator[tuple[str, str]]:
    if name == "InvalidInput":
        yield name, str(InvalidInput(text_of(call.args[0])))
    elif name in KINDS:
        said = text_of(call.args[1]) if len(call.args) > 1 else ""
        code = next((text_of(word.value) for word in call.keywords if word.arg == "code"), "")
        known = "" if code == "something" else code
        yield name, str(KINDS[name](SECRET, said, code=known))


MESSAGES = sorted(set(messages()))


def test_the_messages_are_those_of_the_code() -> None:
    assert {name for name, _ in MESSAGES} >= {
        *("InvalidInput", "KeyNotFound", "UnusableSecret", "WrongAccount"),
        *("TimedOut", "Unreachable", "CredentialsRefused", "SecretNotFound", "SecretsError"),
    }


@pytest.mark.parametrize(("name", "message"), MESSAGES)
def test_a_message_of_the_loader_is_understood_as_lambda_prints_it(name: str, message: str) -> None:
    assert read_error(f"[ERROR] {name}: {message}\nTraceback (most recent call last):").is_known
    if name != "InvalidInput":  # which does not ask to be pasted
        assert read_error(message).is_known


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)
def test_an_error_of_each_type_is_understood_with_a_code_that_nobody_knows(
    kind: type[SecretsError],
) -> None:
    assert read_error(str(kind(SECRET, "Something else.", code="NewException"))).is_known


PLAIN_WORDS = {loader.SecretsError, loader.TimedOut, loader.Unreachable, loader.Throttled}


@pytest.mark.parametrize(
    "kind", [kind for kind in kinds() if kind not in PLAIN_WORDS], ids=lambda kind: kind.__name__
)
def test_the_name_of_an_error_alone_leads_to_the_checks_of_its_text(
    kind: type[SecretsError],
) -> None:
    checks = read_error(str(kind(SECRET, "Something else.", code="NewException"))).checks
    assert checks
    for text in (kind.__name__, f"core.secrets.{kind.__name__}", f"errorType {kind.__name__}"):
        assert read_error(text).checks == checks


@pytest.mark.parametrize("kind", [loader.UnusableSecret, loader.KeyNotFound])
def test_what_was_read_and_is_unfit_leads_to_the_check_of_the_keys(
    kind: type[SecretsError],
) -> None:
    assert read_error(str(kind(SECRET, "Its key 'A' holds null"))).checks == (
        "secret_holds_its_keys",
    )


def test_every_check_that_an_entry_names_is_one() -> None:
    assert {check for entry in LOADER_ERRORS for check in entry.checks} <= set(CHECK_IDS)
