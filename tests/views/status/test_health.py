"""For a load balancer: is the process alive, and can it do its work."""

import pytest
from django.db import connection
from django.test import Client

from testkit.recording_aws import RecordingAws

URLS = ["/livez", "/readyz"]


@pytest.mark.django_db
@pytest.mark.parametrize("url", URLS)
def test_it_works(client: Client, url: str) -> None:
    for method in ("get", "head"):
        assert getattr(client, method)(url).status_code == 200
    assert client.get(url).content == b"ok\n"


@pytest.mark.django_db
@pytest.mark.parametrize("url", URLS)
def test_it_needs_no_access_and_makes_no_aws_call(
    client: Client, url: str, settings: object
) -> None:
    with RecordingAws("http://127.0.0.1:9") as aws:
        settings.LOCAL_AWS_ENDPOINT = aws.endpoint
        assert client.get(url).status_code == 200
        assert aws.received == []


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_it_rejects_other_methods(client: Client, url: str, method: str) -> None:
    assert getattr(client, method)(url).status_code == 405


@pytest.mark.django_db
def test_readyz_is_503_while_the_audit_log_takes_no_record_and_livez_stays(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE secrets_ui_auditrecord RENAME TO somewhere_else")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")
    assert client.get("/livez").status_code == 200
