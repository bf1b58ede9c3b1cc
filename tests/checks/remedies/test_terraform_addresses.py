"""The addresses that remedies print are those of deploy/terraform."""

import re
import shlex
from pathlib import Path

import pytest

from secrets_ui.checks.remedies import terraform_addresses as addresses

TERRAFORM = Path(__file__).parents[3] / "deploy" / "terraform"
ALL = [
    value for name, value in vars(addresses).items() if name.isupper() and not name.startswith("_")
]
ATTACHMENTS = [
    addresses.attachment(name) for name in ("basic_execution", "secrets_access", "github_access")
]


@pytest.mark.parametrize("address", [*ALL, *ATTACHMENTS, addresses.secret("miyabi/prod/api-keys")])
def test_there_is_such_a_resource(address: str) -> None:
    parts = re.fullmatch(r'module\.(\w+)(?:\[0\])?\.(\w+)\.(\w+)(\["[a-z-]+"\])?', address)
    folder = re.search(
        rf'module "{parts[1]}" {{\n  source = "\./([^"]+)"',
        (TERRAFORM / "main.tf").read_text(encoding="utf-8"),
    )
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in (TERRAFORM / folder[1]).glob("*.tf")
    )
    assert f'resource "{parts[2]}" "{parts[3]}" {{' in code


def test_the_command_survives_a_shell() -> None:
    secret = addresses.secret("miyabi/prod/api-keys")
    assert secret == 'module.miyabi_secrets.aws_secretsmanager_secret.catalog["api-keys"]'
    command = addresses.then_apply(addresses.KEY, secret).removeprefix("# then: ")
    assert shlex.split(command) == [
        "terraform",
        "apply",
        f"-target={addresses.KEY}",
        f"-target={secret}",
    ]
