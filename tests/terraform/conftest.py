"""One estate for each worker, made by `terraform apply` in the local AWS."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from deploy.demo.account import Account, Clients, assume
from deploy.demo.estate import read_catalog
from deploy.demo.local_aws import LocalAws
from deploy.demo.values import Values, make_values
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.environment.file import parse_environments
from tests.conftest import forget_configuration, fresh_environments
from tests.terraform.provider import provider_running
from tests.terraform.running import (
    Terraform,
    copy_sources,
    find_provider,
    must_run,
    point_at,
    why_not,
    write_cli_config,
)

TRAIL = "/aws/cloudtrail/organisation"  # a log group that is there before
DEPLOYER = "terraform"  # as in running.point_at
TASK_ROLE = "arn:aws:iam::123456789012:role/miyabi-console-task"


@pytest.fixture(scope="session")
def cli_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Skips, in plain words, where Terraform cannot be run."""
    if reason := why_not():
        (pytest.fail if must_run() else pytest.skip)(reason)
    provider = find_provider()
    assert provider is not None
    return write_cli_config(tmp_path_factory.mktemp("terraform"), provider)


@pytest.fixture(scope="session")
def attached(cli_config: Path) -> Iterator[dict[str, str]]:
    """The environment by which Terraform's commands share one provider process."""
    program = find_provider()
    assert program is not None
    with provider_running(program) as environ:
        yield environ


@dataclass(frozen=True)
class Applied:
    """What was applied, and the values that were given. `clients` act in its account."""

    terraform: Terraform
    environment: Environment
    values: Values
    clients: Clients
    endpoint: str
    outputs: dict[str, Any]

    @property
    def account(self) -> Account:
        return Account(
            self.environment,
            self.clients,
            self.outputs["key_arn"],
            self.outputs["lambda_role_arn"],
            {
                self.environment.prefix + name: arn
                for name, arn in self.outputs["secret_arns"].items()
            },
        )


@pytest.fixture(scope="session")
def applied(
    cli_config: Path,
    attached: dict[str, str],
    local_aws: LocalAws,
    tmp_path_factory: pytest.TempPathFactory,
) -> Applied:
    """prod in an account of its own, by init, plan and apply with values from TF_VAR_…"""
    place = fresh_environments()["prod"]
    values = make_values(read_catalog(), "prod")
    terraform = Terraform(
        copy_sources(tmp_path_factory.mktemp("estate")),
        cli_config,
        attached,
        variables_of(values),
        installs=True,
    )
    point_at(terraform.folder, local_aws.endpoint, place.account)
    prepare_account(watching(local_aws.endpoint, place))
    terraform.run("init", "-input=false")
    terraform.run("plan", "-input=false", "-out=first.tfplan")
    terraform.run("apply", "-input=false", "first.tfplan")
    outputs = terraform.outputs()
    environment = parse_environments(tomllib.loads(outputs["console_environment"]), "the output")[
        "prod"
    ]
    clients = assume(local_aws.endpoint, environment)
    return Applied(terraform, environment, values, clients, local_aws.endpoint, outputs)


def watching(endpoint: str, place: Environment) -> Callable[[str], Any]:
    """Makes clients inside the environment's account, of services that the console does not use."""
    base = boto3.Session(
        aws_access_key_id="local", aws_secret_access_key="local", region_name=place.region
    )
    role = f"arn:aws:iam::{place.account}:role/tests"
    found = base.client("sts", endpoint_url=endpoint).assume_role(
        RoleArn=role, RoleSessionName="tests"
    )["Credentials"]
    keys = {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
        "aws_session_token": found["SessionToken"],
    }
    return lambda service: base.client(service, endpoint_url=endpoint, **keys)


def prepare_account(client: Callable[[str], Any]) -> None:
    """What is there before: a trail's log group, and the role that runs Terraform."""
    client("logs").create_log_group(logGroupName=TRAIL)
    client("iam").create_role(RoleName=DEPLOYER, AssumeRolePolicyDocument="{}")


def variables_of(values: Values) -> dict[str, str]:
    """First values by lower-case name (`github_token`), as the guide gives them.

    Which environment, account and deployer it is, Terraform finds out.
    """
    where = {
        "console_task_role_arns": f'["{TASK_ROLE}"]',
        "trail_log_group_name": TRAIL,
        "function_in_vpc": "true",
        "refresh": "true",
        "who_can_read": "true",
        "older_reads": "true",
        "alarm_emails": '["ops@miyabi-world.com"]',
        "manage": "true",
    }
    return where | {
        key.lower(): value for document in values.values() for key, value in document.items()
    }


@pytest.fixture
def console(applied: Applied, settings: Any, tmp_path: Path) -> Applied:
    """Points this process's console at the applied estate, by Terraform's own output."""
    path = tmp_path / "environments.toml"
    path.write_text(applied.outputs["console_environment"], encoding="utf-8")
    settings.ENVIRONMENTS_FILE, settings.LOCAL_AWS_ENDPOINT = path, applied.endpoint
    forget_configuration()
    return applied
