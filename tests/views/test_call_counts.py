"""How many calls to AWS a page and a save make, counted at the endpoint.

`make bench` tells the times.
"""

import json
from typing import Any

import pytest
from django.test import Client

from secrets_ui.services.secrets.listing import READS_PER_PAGE, ROWS
from testkit.fake_aws import FakeAws
from testkit.posting import edit_url, key_form
from tests.conftest import SignedIn

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
HANA = "hana"  # calls are counted by the person in whose name they are made
SECRET = "miyabi/dev/config"
PAGE = f"/dev/secret/{SECRET}"


@pytest.fixture
def client(counting_aws: FakeAws, signed_in: SignedIn) -> Client:
    """An editor's, who has opened everything in dev before."""
    client = signed_in("editor", name=HANA)
    for url in ("/dev/", PAGE):
        assert client.get(url).status_code == 200
    calls(counting_aws)
    return client


def calls(aws: FakeAws) -> dict[str, int]:
    return aws.secrets.take_calls(HANA)


def counted(aws: FakeAws, client: Client, url: str) -> dict[str, int]:
    assert client.get(url).status_code == 200
    return calls(aws)


def test_the_list_page_makes_one_call_and_reads_no_value(
    counting_aws: FakeAws, client: Client
) -> None:
    assert counted(counting_aws, client, "/dev/") == {"ListSecrets": 1}


def test_the_first_page_of_many_secrets_makes_one_call_as_well(
    counting_aws: FakeAws, client: Client
) -> None:
    first = counted(counting_aws, client, "/prod/")
    second = counted(counting_aws, client, "/prod/")
    # No more at a time.
    assert (first["ListSecrets"], first["GetSecretValue"]) == (1, READS_PER_PAGE)
    # Two of prod's secrets were looked at already, to compare them with dev's.
    assert second == {"ListSecrets": 1, "GetSecretValue": ROWS - READS_PER_PAGE - 2}
    assert counted(counting_aws, client, "/prod/") == {"ListSecrets": 1}


def test_a_secret_s_page_makes_two_calls_and_reads_no_value(
    counting_aws: FakeAws, client: Client
) -> None:
    assert counted(counting_aws, client, PAGE) == {"DescribeSecret": 1, "ListSecretVersionIds": 1}


def test_the_edit_page_makes_one_call_and_reads_no_value(
    counting_aws: FakeAws, client: Client
) -> None:
    assert counted(counting_aws, client, f"/dev/edit/{SECRET}") == {"DescribeSecret": 1}


def test_a_save_makes_five_calls(counting_aws: FakeAws, client: Client) -> None:
    base = base_of(client)
    calls(counting_aws)
    answer = save(client, base, "/srv/miyabi")

    assert answer.status_code == 200, answer.content
    assert calls(counting_aws) == {
        "DescribeSecret": 1,
        "GetSecretValue": 1,
        "PutSecretValue": 1,
        "UpdateSecretVersionStage": 2,
    }
    assert json.loads(counting_aws.secrets.current_value(SECRET))["MIYABI_ROOT"] == "/srv/miyabi"


def test_what_was_saved_is_known_so_the_pages_after_it_read_no_value(
    counting_aws: FakeAws, client: Client
) -> None:
    save(client, base_of(client), "/srv/miyabi")
    calls(counting_aws)
    assert counted(counting_aws, client, "/dev/") == {"ListSecrets": 1}
    assert counted(counting_aws, client, PAGE) == {"DescribeSecret": 1, "ListSecretVersionIds": 1}


def test_without_the_right_to_see_there_is_no_call(
    counting_aws: FakeAws, signed_in: SignedIn
) -> None:
    assert signed_in("viewer", "staging", name=HANA).get("/dev/").status_code == 403
    assert calls(counting_aws) == {}


def base_of(client: Client) -> str:
    """The version that the page shows as current."""
    return str(client.get(PAGE).context["secret"].current)


def save(client: Client, base: str, value: str) -> Any:
    """As the edit page's script sends it."""
    return client.post(
        edit_url("dev", "config"),
        key_form(base, ("MIYABI_ROOT", "set", value)),
        headers={"Accept": "application/json"},
    )
