"""What a secret needs so that the catalogue and Terraform know it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from secrets_ui.domain.secrets.adoption import adoption_of
from secrets_ui.domain.secrets.catalog import KeySpec, SecretSpec
from secrets_ui.domain.secrets.secret import Secret

ARN = "arn:aws:secretsmanager:us-west-2:111111111111:secret:miyabi/dev/mail-AbCdEf"
SECRET = Secret(ARN, "miyabi/dev/mail", "us-west-2", tags={"ManagedBy": "miyabi-console"})
BY_TERRAFORM = replace(SECRET, tags={"ManagedBy": "terraform"})
UNKNOWN, KNOWN = SecretSpec("mail"), SecretSpec("mail", keys={"A": KeySpec("A")})
BLOCK = f"""import {{
  to = module.miyabi_secrets.aws_secretsmanager_secret.catalog["mail"]
  id = "{ARN}"
}}
"""


@pytest.mark.parametrize(
    ("secret", "spec", "who", "block"),
    [
        (SECRET, UNKNOWN, "The catalogue and Terraform do", BLOCK),
        (SECRET, KNOWN, "Terraform does", BLOCK),
        (BY_TERRAFORM, UNKNOWN, "The catalogue does", ""),
    ],
)
def test_it_says_who_does_not_know_it(
    secret: Secret, spec: SecretSpec, who: str, block: str
) -> None:
    found = adoption_of(secret, spec)
    assert (found.who, found.import_block) == (who, block)


@pytest.mark.parametrize(
    "secret",
    [
        BY_TERRAFORM,
        replace(SECRET, deleted=datetime(2026, 11, 1, tzinfo=UTC)),
        replace(SECRET, owning_service="rds"),
        replace(SECRET, primary_region="us-east-1"),
    ],
)
def test_nothing_is_said_where_both_know_it_or_where_it_is_not_theirs(secret: Secret) -> None:
    assert adoption_of(secret, KNOWN) is None
