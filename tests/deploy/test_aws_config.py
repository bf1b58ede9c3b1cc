"""Profiles for the AWS CLI beside the demo, read by botocore as the CLI reads them."""

import os
from pathlib import Path

import boto3
import pytest

from deploy.demo.account import Account
from deploy.demo.aws_config import write_aws_config
from deploy.demo.estate import read_environments
from deploy.demo.local_aws import LocalAws


@pytest.fixture
def config(tmp_path: Path, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "aws-config"
    write_aws_config(path, local_aws.endpoint, read_environments().values())
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    return path


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_a_profile_leads_into_its_environment_and_nowhere_else(
    name: str, demo_estate: dict[str, Account]
) -> None:
    session = boto3.Session(profile_name=f"miyabi-{name}")
    identity = session.client("sts").get_caller_identity()
    assert identity["Account"] == demo_estate[name].environment.account
    assert ":assumed-role/miyabi-console/" in identity["Arn"]
    names = {item["Name"] for item in session.client("secretsmanager").list_secrets()["SecretList"]}
    assert names == {f"miyabi/{name}/api-keys", f"miyabi/{name}/config"}


def test_every_profile_with_a_role_names_the_local_endpoint(
    config: Path, local_aws: LocalAws
) -> None:
    text = config.read_text()
    assert text.count("role_arn = ") == text.count(f"endpoint_url = {local_aws.endpoint}\n") == 3
