"""Troubleshooting pages: a streamed run, a kept one, its report, a pasted error or policy."""

import json
import subprocess
from typing import Any

import pytest
from django.test import Client

from secrets_ui.models import AuditRecord, CheckRun
from tests.conftest import Estate, MakeEstate, SignedIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def estate(make_estate: MakeEstate) -> Estate:
    """prod alone: these pages are about one environment."""
    return make_estate(only=("prod",))


def text_of(response: Any) -> str:
    """A streamed page, whole."""
    return (
        b"".join(response.streaming_content).decode()
        if response.streaming
        else response.content.decode()
    )


def run(client: Client, environment: str, secret: str = "api-keys") -> str:
    return text_of(client.get(f"/{environment}/troubleshoot/miyabi/{environment}/{secret}"))


def test_it_works(estate: Estate, signed_in: SignedIn) -> None:
    page = run(signed_in("viewer"), "prod")
    assert "miyabi-lambda-execution can read miyabi/prod/api-keys" in page
    assert page.rstrip().endswith("</html>")


def test_the_page_arrives_in_pieces_before_the_last_answer(
    estate: Estate, signed_in: SignedIn
) -> None:
    response = signed_in("viewer").get("/prod/troubleshoot/miyabi/prod/api-keys")
    assert response["X-Accel-Buffering"] == "no"
    pieces = list(response.streaming_content)
    assert b"Can the Lambda read" in pieces[0]
    assert b"can read" not in pieces[0]
    assert len(pieces) > 10


def test_without_a_role_there_is_a_refusal_on_record_and_no_run(
    estate: Estate, signed_in: SignedIn
) -> None:
    response = signed_in("viewer", "dev").get("/prod/troubleshoot/miyabi/prod/api-keys")
    assert response.status_code == 403
    assert AuditRecord.objects.get(action="access.refused").environment == "prod"
    assert not CheckRun.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "/prod/troubleshoot/miyabi/dev/api-keys",
        "/nowhere/troubleshoot",
        "/prod/runs/4711",
        "/prod/runs/4711.md",
    ],
)
def test_what_is_not_there_is_not_found(estate: Estate, signed_in: SignedIn, path: str) -> None:
    assert signed_in("viewer").get(path).status_code == 404


def test_one_check_alone_is_shown_and_not_kept(estate: Estate, signed_in: SignedIn) -> None:
    page = text_of(
        signed_in("viewer").get("/prod/troubleshoot/miyabi/prod/api-keys?check=decrypt_is_allowed")
    )
    assert page.count('<section class="sheet finding"') == 1
    assert 'id="decrypt_is_allowed"' in page
    assert not CheckRun.objects.exists()


def test_a_check_that_there_is_not_is_not_found(estate: Estate, signed_in: SignedIn) -> None:
    assert (
        signed_in("viewer")
        .get("/prod/troubleshoot/miyabi/prod/api-keys?check=everything")
        .status_code
        == 404
    )


def test_the_first_secret_of_the_catalogue_comes_first(estate: Estate, signed_in: SignedIn) -> None:
    assert (
        signed_in("viewer").get("/prod/troubleshoot").headers["Location"]
        == "/prod/troubleshoot/miyabi/prod/api-keys"
    )


def test_a_secret_that_is_not_there_is_an_answer_and_no_error(
    estate: Estate, signed_in: SignedIn
) -> None:
    page = run(signed_in("viewer"), "prod", "nothing")
    assert "No." in page
    assert "miyabi/prod/nothing" in page


def test_staging_s_fault_is_found_and_the_printed_command_mends_it(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    estate, client = make_estate(clean=False, only=("staging",)), signed_in("viewer")
    page = run(client, "staging")
    assert "does not let miyabi-lambda-execution decrypt" in page
    assert "secretsmanager.us-east-1.amazonaws.com" in page

    finding = next(
        f
        for f in json.loads(CheckRun.objects.get().result)["findings"]
        if f["check"] == "decrypt_is_allowed"
    )
    _apply(finding["remedy"]["cli"], estate)

    assert "can read miyabi/staging/api-keys" in run(client, "staging")


def _apply(command: str, estate: Estate) -> None:
    """Does what `aws kms put-key-policy …` does, from the command, split as a shell does."""
    words = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert words[:3] == ["aws", "kms", "put-key-policy"]
    options = dict(zip(words[3::2], words[4::2], strict=False))
    estate["staging"].clients.kms.put_key_policy(
        KeyId=options["--key-id"], PolicyName="default", Policy=options["--policy"]
    )


def test_a_kept_run_has_an_address_and_a_report(estate: Estate, signed_in: SignedIn) -> None:
    client = signed_in("viewer", name="hana")
    run(client, "prod")
    kept = CheckRun.objects.get()
    assert kept.actor == "hana"
    page = client.get(f"/prod/runs/{kept.pk}").content.decode()
    assert "can read miyabi/prod/api-keys" in page
    assert "by <bdi>hana</bdi>" in page
    report = client.get(f"/prod/runs/{kept.pk}.md")
    assert report["Content-Type"] == "text/markdown; charset=utf-8"
    assert f"http://testserver/prod/runs/{kept.pk}" in report.content.decode()
    for told in (report, client.get(f"/prod/runs/{kept.pk}")):
        assert "no SCPs or RCPs limit it." in told.content.decode()


def test_a_run_of_another_environment_is_not_found(estate: Estate, signed_in: SignedIn) -> None:
    client = signed_in("viewer")
    run(client, "prod")
    assert client.get(f"/dev/runs/{CheckRun.objects.get().pk}").status_code == 404


def test_s18_neither_run_nor_report_holds_a_value_or_a_session(
    estate: Estate, signed_in: SignedIn
) -> None:
    client = signed_in("viewer")
    page = run(client, "prod")
    report = client.get(f"/prod/runs/{CheckRun.objects.get().pk}.md").content.decode()
    values = estate.values("prod", "api-keys").values()
    session = client.cookies["__Host-session"].value
    for secret in (*values, session):
        assert secret not in page
        assert secret not in report
        assert secret not in CheckRun.objects.get().result


def test_a_pasted_error_leads_to_the_check_that_explains_it(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    make_estate(clean=False, only=("staging",))
    path = "/staging/explain-error/miyabi/staging/api-keys"
    page = (
        signed_in("viewer")
        .post(path, {"text": "AccessDeniedException: Access to KMS is not allowed"})
        .content.decode()
    )
    assert 'id="decrypt_is_allowed"' in page


def test_an_error_that_the_evidence_contradicts_is_said_to_be(
    estate: Estate, signed_in: SignedIn
) -> None:
    path = "/prod/explain-error/miyabi/prod/api-keys"
    page = (
        signed_in("viewer")
        .post(path, {"text": "AccessDeniedException: Access to KMS is not allowed"})
        .content.decode()
    )
    assert "The evidence says otherwise" in page


def test_an_empty_error_text_is_refused_with_a_word(estate: Estate, signed_in: SignedIn) -> None:
    response = signed_in("viewer").post("/prod/explain-error/miyabi/prod/api-keys", {"text": " "})
    assert response.status_code == 400
    assert b"required" in response.content


def test_another_policy_changes_the_answer_and_writes_nothing(
    estate: Estate, signed_in: SignedIn
) -> None:
    client, path = signed_in("viewer"), "/prod/what-if/miyabi/prod/api-keys"
    before = estate["prod"].clients.kms.get_key_policy(
        KeyId=estate["prod"].key_arn, PolicyName="default"
    )["Policy"]
    page = client.post(
        path, {"policy": "key", "text": '{"Version": "2012-10-17", "Statement": []}'}
    ).content.decode()
    assert "Not allowed" in page
    assert "was allowed before" in page
    assert (
        estate["prod"].clients.kms.get_key_policy(
            KeyId=estate["prod"].key_arn, PolicyName="default"
        )["Policy"]
        == before
    )


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"Statement": [{"Effect": "Maybe"}]}', "<script>alert(1)</script>"]
)
def test_a_policy_that_cannot_be_read_is_told_and_kept_in_the_page(
    estate: Estate, signed_in: SignedIn, text: str
) -> None:
    response = signed_in("viewer").post(
        "/prod/what-if/miyabi/prod/api-keys", {"policy": "key", "text": text}
    )
    page = response.content.decode()
    assert response.status_code in (200, 400)
    assert "Not known" in page or "cannot be read" in page or 'class="error"' in page
    assert "<script>alert" not in page


def test_a_policy_that_does_not_take_part_is_refused(estate: Estate, signed_in: SignedIn) -> None:
    response = signed_in("viewer").post(
        "/prod/what-if/miyabi/prod/api-keys", {"policy": "nothing", "text": "{}"}
    )
    assert response.status_code == 400
