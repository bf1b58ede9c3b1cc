"""The estate of the demo, in the local AWS of the tests."""

import pytest

from deploy.demo.account import Account
from deploy.demo.estate import build_estate
from deploy.demo.local_aws import LocalAws


@pytest.fixture(scope="session")
def demo_estate(local_aws: LocalAws) -> dict[str, Account]:
    """With its flaws, in the accounts of the example file; to look at, not to change."""
    return build_estate(local_aws.endpoint)
