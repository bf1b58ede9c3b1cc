"""Troubleshooting in a browser: the fault is found, its remedy pasted, and access works."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable

import boto3
import pytest
from playwright.sync_api import Locator, Page, expect

from deploy.demo.account import Account
from tests.browser.axe import assert_accessible
from tests.browser.console import Console
from tests.checks.paste import paste


@pytest.fixture
def staging(console: Console) -> Account:
    return console.accounts["staging"]


@pytest.fixture
def wrong_key_policy(staging: Account) -> object:
    """The demo's flaw is there, and is there again for the tests after this one."""
    kms, place = staging.clients.kms, {"KeyId": staging.key_arn, "PolicyName": "default"}
    policy = kms.get_key_policy(**place)["Policy"]
    assert "us-east-1" in policy
    yield policy
    kms.put_key_policy(**place, Policy=policy)


def finding(page: Page, title: str) -> Locator:
    return page.locator(".finding").filter(has=page.get_by_role("heading", name=title, exact=True))


def run_in_a_shell(command: str, console: Console, account: Account) -> None:
    """As printed, by the AWS CLI where there is one; else by what the AWS CLI is made of."""
    if not shutil.which("aws"):
        paste(command, account.clients)
        return
    endpoint = console.environ["LOCAL_AWS_ENDPOINT"]
    role = f"arn:aws:iam::{account.environment.account}:role/tests"
    sts = boto3.client("sts", endpoint_url=endpoint, region_name=account.environment.region)
    keys = sts.assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    environ = os.environ | {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
    }
    subprocess.run(["sh", "-ec", command], env=environ, check=True, capture_output=True, timeout=60)


@pytest.mark.usefixtures("wrong_key_policy")
def test_the_fault_in_staging_is_explained_and_its_printed_remedy_heals_it(
    console: Console, editor: Page, staging: Account
) -> None:
    editor.goto(console.path("troubleshoot", "staging", "api-keys"))
    answer = editor.locator(".run > .note")
    expect(answer).to_contain_text("No. The key policy of")
    expect(answer).to_contain_text("AccessDeniedException: Access to KMS is not allowed")
    found = finding(editor, "Decrypt is allowed")
    expect(found.locator("mark")).to_have_text(
        '"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com",'
    )
    expect(editor.locator(".finding")).to_have_count(1)
    expect(found).to_contain_text("with it they allow kms:Decrypt")
    assert_accessible(editor)

    command = found.locator(".command pre").first.inner_text()
    assert shlex.split(command)[:3] == ["aws", "kms", "put-key-policy"]
    run_in_a_shell(command, console, staging)

    editor.get_by_role("link", name="Run again").click()
    expect(answer).to_contain_text("Yes. miyabi-lambda-execution can read")
    expect(editor.locator(".finding")).to_have_count(0)


@pytest.mark.usefixtures("wrong_key_policy")
def test_one_check_can_be_run_again_alone(console: Console, editor: Page) -> None:
    editor.goto(console.path("troubleshoot", "staging", "config"))
    editor.get_by_role("link", name="Check again: Decrypt is allowed").click()
    expect(finding(editor, "Decrypt is allowed")).to_contain_text("kms:ViaService")
    expect(editor.get_by_text("This check alone")).to_be_visible()
    expect(editor.locator(".run > .note")).to_have_count(0)
    assert_accessible(editor)


def test_the_report_is_copied_as_markdown_and_the_run_s_address_is_good_for_a_colleague(
    console: Console, editor: Page, person: Callable[..., Page]
) -> None:
    editor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    editor.goto(console.path("troubleshoot", "staging", "api-keys"))
    editor.get_by_role("button", name="Copy the report").click()
    expect(editor.get_by_role("button", name="Copied")).to_be_visible()
    report = editor.evaluate("navigator.clipboard.readText()")
    assert report.startswith("# ")
    assert "miyabi/staging/api-keys" in report

    address = editor.get_by_role("link", name="Address of this run").get_attribute("href")
    colleague = person("viewer")
    colleague.goto(str(address))
    expect(colleague.get_by_text("A kept run:")).to_contain_text("by editor")
    expect(colleague.locator(".run > .note").first).to_be_visible()


def test_without_javascript_it_is_one_page(console: Console, person: Callable[..., Page]) -> None:
    page = person("viewer", java_script_enabled=False)
    page.goto(console.path("troubleshoot", "prod", "config"))
    expect(page.locator(".run > .note")).to_contain_text("can read")
    expect(page.locator(".stream > .answer").first).to_be_hidden()


@pytest.mark.usefixtures("wrong_key_policy")
def test_a_pasted_error_leads_to_the_check_that_explains_it(console: Console, editor: Page) -> None:
    editor.goto(console.path("explain-error", "staging", "api-keys"))
    editor.get_by_label("Error text or code").fill(
        "AccessDeniedException: Access to KMS is not allowed"
    )
    editor.get_by_role("button", name="Explain it").click()
    expect(editor.locator(".finding").first).to_contain_text("kms:ViaService")
    assert_accessible(editor)


@pytest.mark.usefixtures("wrong_key_policy")
def test_another_policy_is_tried_and_nothing_is_written(
    console: Console, editor: Page, staging: Account
) -> None:
    editor.goto(console.path("what-if", "staging", "api-keys"))
    editor.get_by_role("combobox", name="Start from").select_option(value="key")
    editor.get_by_role("button", name="Load its text").click()
    text = editor.get_by_label("Policy as JSON")
    text.fill(text.input_value().replace("us-east-1", "us-west-2"))
    editor.get_by_role("button", name="Try it").click()
    tried = editor.get_by_role("region", name="The answer")
    expect(tried).to_contain_text("kms:Decrypt was not allowed before.")
    assert_accessible(editor)
    policy = staging.clients.kms.get_key_policy(KeyId=staging.key_arn, PolicyName="default")[
        "Policy"
    ]
    assert "us-east-1" in policy
