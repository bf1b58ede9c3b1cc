"""An AWS config file with a profile per environment, for the AWS CLI beside the demo."""

from collections.abc import Iterable
from pathlib import Path

from deploy.demo.local_aws import CREDENTIALS
from secrets_ui.domain.environment import Environment

_SOURCE = """\
# Profiles for the local AWS of the demo; nothing here reaches real AWS.
[profile miyabi-local]
aws_access_key_id = {AWS_ACCESS_KEY_ID}
aws_secret_access_key = {AWS_SECRET_ACCESS_KEY}
"""
_PROFILE = """
[profile miyabi-{environment.name}]
source_profile = miyabi-local
role_arn = {environment.assume_role}
region = {environment.region}
endpoint_url = {endpoint}
"""


def write_aws_config(path: Path, endpoint: str, environments: Iterable[Environment]) -> None:
    """Write the file for `AWS_CONFIG_FILE=path aws --profile miyabi-prod …` against `endpoint`.

    The environments must each name a role to assume. The CLI reads endpoint_url from version 2.13
    or 1.29.
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    profiles = [
        _PROFILE.format(environment=environment, endpoint=endpoint) for environment in environments
    ]
    path.write_text(_SOURCE.format(**CREDENTIALS) + "".join(profiles))
