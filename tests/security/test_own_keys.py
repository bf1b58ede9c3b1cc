"""What happens when one of the console's own keys changes, as docs/operations.md has it."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from secrets_ui.models import AuditRecord, VersionRecord
from tests.conftest import Estate, SignedIn

pytestmark = pytest.mark.django_db


def test_another_secret_key_signs_everybody_out_and_breaks_no_password(
    person: Callable[..., Any], client: Client, settings: Any
) -> None:
    viewer = person("viewer")
    viewer.set_password("a password of the test's own")
    viewer.save()
    form = {"username": viewer.username, "password": "a password of the test's own"}
    assert client.post("/sign-in", form).status_code == 302
    assert client.get("/audit").status_code != 302
    settings.SECRET_KEY = secrets.token_urlsafe(48)
    assert client.get("/audit").headers["Location"] == "/sign-in?next=/audit"
    assert client.post("/sign-in", form).status_code == 302
    assert client.get("/audit").status_code != 302


def test_s77_another_fingerprint_key_looks_at_each_version_once_more_on_record(
    estate: Estate, signed_in: SignedIn, settings: Any
) -> None:
    client, page = signed_in("viewer"), "/prod/secret/miyabi/prod/config"
    for _ in range(2):
        assert client.get(page).status_code == 200
    assert reads() == 1
    before = facts()
    settings.FINGERPRINT_KEY = secrets.token_bytes(48)
    for _ in range(2):
        assert client.get(page).status_code == 200
    assert reads() == 2
    assert facts() != before  # nothing is left of the old key's fingerprints


def reads() -> int:
    return AuditRecord.objects.filter(
        action="value.read", phase="intent", secret="miyabi/prod/config"
    ).count()


def facts() -> str:
    return VersionRecord.objects.get(arn__contains=":miyabi/prod/config-").facts
