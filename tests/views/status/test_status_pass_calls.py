"""How many calls to AWS a status pass makes, counted at the endpoint.

`make bench` does it with 3 × 1,000 secrets.
"""

import pytest

from secrets_ui.models import StatusSnapshot
from secrets_ui.services.status_pass.run import run_status_pass
from testkit.fake_aws import FakeAws

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def calls(aws: FakeAws) -> dict[str, int]:
    return aws.secrets.take_calls("console=run_checks")


def test_role_and_key_are_asked_for_once_an_environment_and_no_known_value_is_read(
    counting_aws: FakeAws,
) -> None:
    """dev and staging have two secrets, prod has 30. All are new, so the function's log is looked
    at: four pieces of it and whether it has a line, with when the function last changed."""
    run_status_pass()
    assert calls(counting_aws)["GetSecretValue"] == 34
    run_status_pass()
    again = calls(counting_aws)
    assert again == {
        "ListSecrets": 3, "DescribeSecret": 6, "ListSecretVersionIds": 6, "GetResourcePolicy": 34,
        "SimulatePrincipalPolicy": 6,
        "GetCallerIdentity": 3, "GetRole": 6, "ListAttachedRolePolicies": 6, "ListRolePolicies": 6,
        "GetPolicy": 12, "GetPolicyVersion": 12,
        "DescribeKey": 6, "GetKeyPolicy": 3, "ListGrants": 3, "GetKeyRotationStatus": 3,
        "GetFunctionConfiguration": 3, "FilterLogEvents": 15,
        "LookupEvents": 9, "DescribeAlarms": 3,
    }  # fmt: skip
    assert not StatusSnapshot.objects.filter(status="unknown").exists()


def test_new_versions_and_policies_are_read_so_many_in_a_pass(
    counting_aws: FakeAws, settings: object
) -> None:
    settings.STATUS_LOOKS_PER_PASS, settings.STATUS_POLICIES_PER_PASS = 5, 4
    run_status_pass()
    first = calls(counting_aws)
    # The catalogue's two secrets of each environment are looked at in any case.
    assert first["GetSecretValue"] <= 3 * 5 + 6
    assert first["GetResourcePolicy"] == 4 + 6
    assert StatusSnapshot.objects.filter(environment="prod", status="unknown").exists()
    for _ in range(6):
        run_status_pass()
    assert not StatusSnapshot.objects.filter(environment="prod", status="unknown").exists()
