"""The page that says what serves, and has the function start fresh instances."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from secrets_ui.domain.changes.refresh import MARKER, MAX_AGE
from secrets_ui.domain.environment import Rules
from secrets_ui.models import AuditRecord
from testkit.aws_proxy import refusal
from testkit.canary import leaks, make_plain_canary
from testkit.environments import as_toml
from testkit.posting import edit_url, prod_rules
from tests.conftest import Estate, MakeEstate, SignedIn, Watched, client_of, forget_configuration

pytestmark = pytest.mark.django_db
URL, BUTTON = edit_url("dev", "config", "refresh"), "Start fresh instances</button>"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def variables(estate: Estate, environment: str = "dev") -> dict[str, str]:
    account = estate[environment]
    name = account.environment.lambda_function
    found = account.clients.lambda_.get_function_configuration(FunctionName=name)
    return dict(found["Environment"]["Variables"])


def set_variables(estate: Estate, **values: str) -> None:
    account = estate["dev"]
    account.clients.lambda_.update_function_configuration(
        FunctionName=account.environment.lambda_function, Environment={"Variables": values}
    )


def publish(estate: Estate, *aliases: str) -> None:
    client, name = estate["dev"].clients.lambda_, estate["dev"].environment.lambda_function
    version = client.publish_version(FunctionName=name)["Version"]
    for alias in aliases:
        client.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)


def test_one_button_changes_the_marker_and_no_value_of_another_variable_is_told(
    dev: Estate, signed_in: SignedIn, capfd: pytest.CaptureFixture[str]
) -> None:
    canary = make_plain_canary()
    set_variables(dev, TOKEN=canary, **{MAX_AGE: "300"})
    editor = signed_in("editor")
    page = editor.get(URL)
    assert BUTTON in text_of(page)
    assert "says 5 minutes" in text_of(page)
    answer = editor.post(URL, {"reason": "OPS-1", "once": page.context["once"]})
    record = AuditRecord.objects.get(action="function.refresh", phase="intent")
    assert answer["Location"] == f"{URL}?done={record.sequence}"
    done = editor.get(answer["Location"])
    assert "AWS has taken the change" in text_of(done)
    assert "/dev/rollout/miyabi/dev/config" in text_of(done)
    assert "AWS has taken" not in text_of(editor.get(f"{URL}?done={record.sequence + 1}"))
    assert {"TOKEN": canary, MAX_AGE: "300"}.items() < variables(dev).items()
    records = str(list(AuditRecord.objects.values()))
    told = [text_of(page), text_of(done), records, *capfd.readouterr()]
    assert not any(leaks(canary, text) for text in told)

    again = editor.post(URL, {"reason": "OPS-1", "once": page.context["once"]})
    assert again["Location"] == answer["Location"]


def test_without_the_right_the_page_gives_the_command(dev: Estate, signed_in: SignedIn) -> None:
    viewer = signed_in("viewer")
    page = text_of(viewer.get(URL))
    assert BUTTON not in page
    assert "aws lambda update-function-configuration" in page
    assert "Your role does not include it" in page
    assert "Where the function gives the loader a" in page
    assert viewer.post(URL).status_code == 403
    assert MARKER not in variables(dev)


def test_s85_where_it_is_off_nobody_has_the_right_and_the_lists_are_not_asked_for(
    watched: Watched, signed_in: SignedIn, settings: Any
) -> None:
    estate, aws = watched(only=("dev",))
    off = replace(estate["dev"].environment, refresh=False)
    settings.ENVIRONMENTS_FILE.write_text(as_toml({"dev": off}), encoding="utf-8")
    forget_configuration()
    admin = signed_in("admin")
    page = text_of(admin.get(URL))
    assert "refresh = true" in page
    assert "aws lambda update-function-configuration" in page
    asked = aws.operations()
    assert [operation.rpartition("/")[2] for operation in asked if operation != "AssumeRole"] == [
        "DescribeSecret",
        "configuration",
    ]
    refused = admin.post(URL)
    assert refused.status_code == 403
    assert "refresh = true for dev switches it on" in text_of(refused)
    assert aws.operations() == asked


def test_for_a_secret_that_fresh_instances_cannot_read_nothing_is_started(
    dev: Estate, signed_in: SignedIn
) -> None:
    editor, url = signed_in("editor"), edit_url("dev", "not-there", "refresh")
    assert (editor.get(url).status_code, editor.post(url).status_code) == (404, 404)
    dev["dev"].clients.secretsmanager.delete_secret(SecretId="miyabi/dev/config")
    page = text_of(editor.get(URL))
    assert "fresh instances could not read it" in page
    assert BUTTON not in page
    assert editor.post(URL, {"reason": "r"}).status_code == 409
    assert MARKER not in variables(dev)
    [refused] = AuditRecord.objects.filter(action="function.refresh")
    assert refused.outcome == "refused"


def test_callers_of_an_alias_are_led_to_a_new_version_instead(
    dev: Estate, signed_in: SignedIn
) -> None:
    publish(dev, "live")
    editor = signed_in("editor")
    page = text_of(editor.get(URL))
    assert BUTTON not in page
    assert "aws lambda publish-version" in page
    assert "--name live --function-version" in page
    refused = editor.post(URL, {"reason": "r"})
    assert refused.status_code == 409
    assert "Fresh instances cannot be started now" in text_of(refused)
    assert MARKER not in variables(dev)

    client, name = dev["dev"].clients.lambda_, dev["dev"].environment.lambda_function
    client.create_alias(FunctionName=name, Name="next", FunctionVersion="$LATEST")
    page = text_of(editor.get(URL))
    assert BUTTON in page
    assert "aws lambda publish-version" in page


def test_what_is_not_known_is_said_and_there_is_no_button(
    watched: Watched, signed_in: SignedIn
) -> None:
    _, aws = watched(only=("dev",))
    aws.always("ListAliases", lambda: refusal("AccessDeniedException", 403), done=False)
    editor = signed_in("editor")
    page = text_of(editor.get(URL))
    assert "Its aliases: not known." in page
    assert "The console’s role lacks lambda:ListAliases" in page.replace("&#x27;", "’")
    assert BUTTON not in page
    error = editor.post(URL, {"reason": "r"})
    assert error.status_code == 502
    assert "lambda:ListAliases" in text_of(error)


def test_s66_a_reason_the_typed_name_and_a_fresh_proof_where_the_rules_say_so(
    make_estate: MakeEstate, person: Callable[..., Any]
) -> None:
    rules = Rules(reason_required=True, type_the_name=True, step_up=True)
    estate = make_estate(only=("prod",), prod=rules)
    url, name = edit_url("prod", "config", "refresh"), "miyabi/prod/config"
    hana = person("editor", "prod")
    unproved = client_of(hana, proved=False)
    page = text_of(unproved.get(url))
    assert BUTTON not in page
    assert "/step-up?next=" in page
    assert unproved.post(url, prod_rules(name)).status_code == 403

    editor = client_of(hana)
    assert BUTTON in text_of(editor.get(url))
    for missing in ("reason", "typed_name"):
        form = {key: text for key, text in prod_rules(name).items() if key != missing}
        answer = editor.post(url, form)
        assert answer.status_code == 400
        assert list(answer.context["errors"]) == [missing]
    assert MARKER not in variables(estate, "prod")
    assert editor.post(url, prod_rules(name)).status_code == 302
    assert MARKER in variables(estate, "prod")
