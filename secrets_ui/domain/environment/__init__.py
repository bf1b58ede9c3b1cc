"""Environment: dev, staging, prod; where it lives in AWS, and the rules for changing it."""

import posixpath
import re
from dataclasses import dataclass, field

from ..errors import InvalidSecretName

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, Name
_SECRET_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
# https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}
_GLOBAL_SERVICES = ("iam", "sts")


def partition_of(region: str) -> str:
    """The partition of a Region, which begins every ARN there: `aws` for most."""
    return next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")


@dataclass(frozen=True)
class Rules:
    """What a change needs here beyond the right to make it.

    Without `reveal` the environment is write-only: no value is ever shown. `step_up` asks for a
    fresh proof of identity before a change; for `step_up_seconds` a proof counts as fresh, for a
    change and for showing a value. A proposal ends when nobody has decided on it for
    `proposal_days`. With `emergency` an editor may make one current without a second person.
    """

    reason_required: bool = False
    type_the_name: bool = False
    second_person: bool = False
    emergency: bool = False
    reveal: bool = True
    step_up: bool = False
    step_up_seconds: int = 300
    proposal_days: int = 14


def readings_of(name: str) -> tuple[str, str]:
    """A secret's name as AWS reads it, letter by letter, and as a path whose `..`, `.` and empty
    parts somebody resolves.

    AWS allows such parts. Who may reach a name is asked of both readings.
    """
    return name, posixpath.normpath(name)


@dataclass(frozen=True)
class Environment:
    """One environment: an account and a Region, and the secrets there whose names have its prefix.

    `source_identity`: the role's trust policy allows sts:SetSourceIdentity. `session_policy`: each
    AWS session is narrowed to its request. `manage`: secrets are created and deleted here too.
    `refresh`: the console's role may have the function start fresh instances.
    `who_can_read`: the console's role may list the roles and users of the account. `readers` are
    those of whom it is expected that they read, as ARNs or as `role/NAME`, beside the Lambda's role
    and the console's. `trail_log_group` is the log group of a trail, which keeps calls for longer
    than CloudTrail itself. `groups` are groups of the identity provider, each with the roles that
    its members have here. `tell` is what is sent to the webhook and by e-mail, and `email_to` to
    whom.
    `lambda_log_group` is where the function's log is, "" for Lambda's own name of it.
    """

    name: str
    region: str
    account: str
    prefix: str
    assume_role: str = ""
    lambda_role: str = "miyabi-lambda-execution"
    lambda_function: str = "miyabi-app"
    kms_alias: str = "alias/miyabi-secrets"
    alarm_prefix: str = "miyabi"
    colour: str = "blue"
    rules: Rules = field(default_factory=Rules)
    source_identity: bool = True
    session_policy: bool = True
    manage: bool = False
    refresh: bool = False
    who_can_read: bool = False
    readers: tuple[str, ...] = ()
    trail_log_group: str = ""
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    tell: tuple[str, ...] = ("emergency", "findings")
    email_to: tuple[str, ...] = ()
    lambda_log_group: str = ""

    def roles_for(self, groups: frozenset[str]) -> frozenset[str]:
        """The roles that a member of these groups has here."""
        return frozenset(role for group, roles in self.groups if group in groups for role in roles)

    def __str__(self) -> str:
        return self.name

    @property
    def log_group(self) -> str:
        """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"""
        return self.lambda_log_group or f"/aws/lambda/{self.lambda_function}"

    def arn(self, service: str, resource: str, account: str | None = None) -> str:
        """The ARN of a resource here, in the Region's partition. IAM's and STS's name no Region."""
        region = "" if service in _GLOBAL_SERVICES else self.region
        owner = self.account if account is None else account
        return f"arn:{partition_of(self.region)}:{service}:{region}:{owner}:{resource}"

    def other_account(self, account: str) -> str:
        """`account` where it is another than this environment's, else ""."""
        return account if account != self.account else ""

    def secret_name(self, name: str) -> str:
        """`name`, when it is a secret's name in this environment.

        Raises InvalidSecretName otherwise: a name that leaves the prefix, in any spelling, is
        refused before AWS is asked.
        """
        inside = all(
            reading.startswith(self.prefix) and reading != self.prefix
            for reading in readings_of(name)
        )
        if not inside or not _SECRET_NAME.fullmatch(name):
            raise InvalidSecretName(
                f"{self.name} holds the secrets whose names start with {self.prefix}."
            )
        return name
