"""The names of a secret's keys as files."""

import json

import pytest

from testkit.canary import leaks, make_plain_canary
from tests.conftest import MakeEstate, SignedIn

pytestmark = pytest.mark.django_db


def test_a_viewer_takes_the_names_along_and_no_value(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    estate, canary = make_estate(only=("dev",)), make_plain_canary()
    estate["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString=json.dumps({"BASE_URL": canary, "MORE": canary})
    )
    viewer = signed_in("viewer")
    page = viewer.get("/dev/secret/miyabi/dev/config").content.decode()
    links = ["/dev/env-example/miyabi/dev/config", "/dev/catalogue-entry/miyabi/dev/config"]
    assert all(f'href="{link}"' in page for link in links)
    example, entry = (viewer.get(link) for link in links)
    for answer in (example, entry):
        assert leaks(canary, answer.content) == []
        assert answer["Cache-Control"] == "no-store"
    assert example["Content-Disposition"] == 'attachment; filename="config.env.example"'
    lines = example.content.decode().splitlines()
    assert {"BASE_URL=", "MORE=", "MIYABI_ROOT="} <= set(lines)
    assert json.loads(entry.content)["config"]["keys"]["MORE"]["required"] is False
