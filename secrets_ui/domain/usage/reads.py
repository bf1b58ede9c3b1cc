"""Who read or changed a secret, as CloudTrail recorded it: each call, and readers who are new.

CloudTrail writes a GetSecretValue entry for each secret of a BatchGetSecretValue as well:
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from ..environment import Environment, partition_of

READ = "GetSecretValue"  # what is counted as a read
BATCH = "BatchGetSecretValue"
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
CHANGES = (
    *("CreateSecret", "PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage"),
    *("DeleteSecret", "RestoreSecret", "PutResourcePolicy", "DeleteResourcePolicy"),
)
# https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
KEY_CHANGES = ("PutKeyPolicy", "CreateGrant", "DisableKey", "ScheduleKeyDeletion")
EVENTS = (READ, BATCH, *CHANGES, *KEY_CHANGES)
NOT_NAMED = "not named by CloudTrail"
# What LookupEvents answers for:
# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
REACH = timedelta(days=90)
_SSO_ROLE = "AWSReservedSSO_"  # its sessions are named after people
LATE = timedelta(hours=3)
"""A pass of the status runner asks every few minutes, and a busy account may take some of them."""
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}\Z")


class Kind(StrEnum):
    """Which calls a page shows."""

    ALL = "all"
    READS = "reads"
    CHANGES = "changes"
    REFUSED = "refused"


@dataclass(frozen=True)
class Caller:
    """`userIdentity` of an event. `kind` is its type, such as AssumedRole; `service` the service of
    AWS that called. What CloudTrail does not name is "".
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """

    kind: str = ""
    arn: str = ""
    account: str = ""
    principal_id: str = ""
    source_identity: str = ""
    service: str = ""

    @property
    def session(self) -> str:
        """The name of the role's session, chosen by whoever assumed the role."""
        return self.arn.partition(":assumed-role/")[2].partition("/")[2]

    def is_console(self, environment: Environment) -> bool:
        """Whether it is the role of this console, which nobody else may assume."""
        role = environment.assume_role.rpartition("/")[2]
        return bool(role) and self.arn.startswith(
            environment.arn("sts", f"assumed-role/{role}/", environment.account)
        )

    def reader(self, environment: Environment) -> str:
        """The name by which calls are put together: a user, a role, and in it the person, where
        the source identity or a role for people names one. Sessions of other roles have names that
        change from one to the next.
        """
        base = self._base(environment)
        person = self.source_identity or (
            self.session if self.is_console(environment) or f"role/{_SSO_ROLE}" in base else ""
        )
        return f"{base} ({person})" if person else base

    def _base(self, environment: Environment) -> str:
        where = self.arn.split(":", 5)
        if len(where) < 6:
            if self.service:
                return self.service
            told = f"account {self.account}" if self.account else NOT_NAMED
            return f"{told}, {self.principal_id}" if self.principal_id else told
        name = where[5]
        if name.startswith("assumed-role/"):
            name = f"role/{name.split('/')[1]}"
        if not environment.other_account(self.account):
            return name
        return f"arn:{partition_of(environment.region)}:iam::{self.account}:{name}"


@dataclass(frozen=True)
class Call:
    """One event. `named` are the secrets, or the key, as the caller named them; `version` is a
    version of the secret, where the call names one; `error` is AWS's code where it refused.
    """

    event_id: str
    at: datetime
    event: str
    named: tuple[str, ...]
    caller: Caller
    version: str = ""
    address: str = ""
    error: str = ""


def secrets_of(
    call: Call, environment: Environment, known: Collection[str], keys: Collection[str]
) -> tuple[str, ...]:
    """The names of the environment's secrets that the call is about; ("",) for one about a key
    that encrypts them. `known` are names of secrets, `keys` ids of keys.
    """
    if call.event in KEY_CHANGES:
        ids = {name.rpartition("/")[2] for name in call.named}
        return ("",) if ids & set(keys) else ()
    names = (_name_of(named, environment, known) for named in call.named)
    return tuple(dict.fromkeys(name for name in names if name.startswith(environment.prefix)))


def _name_of(named: str, environment: Environment, known: Collection[str]) -> str:
    """An ARN may be given with its six random characters or without them."""
    if not named.startswith("arn:"):
        return named
    start = environment.arn("secretsmanager", "secret:")
    if not named.startswith(start):
        return ""
    whole = named.removeprefix(start)
    short = _SUFFIX.sub("", whole)
    return whole if whole in known and short not in known else short


def is_expected(reader: str, environment: Environment) -> bool:
    """Whether it is the Lambda's role, the console's, or one of `readers`."""
    names = (environment.lambda_role, environment.assume_role, *environment.readers)
    expected = {_short(name, environment) for name in names if name}
    return _short(reader.partition(" (")[0], environment) in expected


def _short(name: str, environment: Environment) -> str:
    """`role/NAME` or `user/NAME` without a path, of another account after its account: CloudTrail
    names the role of a session without its path.
    """
    start, _, own = name.rpartition(":")
    kind, slash, rest = own.partition("/")
    short = f"{kind}/{rest.rpartition('/')[2]}" if slash else f"role/{own}"
    account = start.rpartition(":")[2]
    return f"{account}:{short}" if environment.other_account(account) else short


@dataclass(frozen=True)
class Coverage:
    """From when until when the calls of an environment are known. `problem` is why it is not
    known since then, "" where CloudTrail answered last.
    """

    since: datetime | None = None
    until: datetime | None = None
    problem: str = ""

    @property
    def first_day(self) -> date | None:
        """The first day that is known in full."""
        return self.since.date() + timedelta(days=1) if self.since else None

    def is_late(self, now: datetime) -> bool:
        """Whether it ends so long ago that nobody asks any more."""
        return self.until is not None and now - self.until > LATE


@dataclass(frozen=True)
class First:
    """The day of a first read. `is_sure`: the quiet days before it are all known."""

    day: date
    is_sure: bool


def first_reads(
    days: Mapping[str, Iterable[date]], start: date, quiet: int, since: date | None
) -> dict[str, First]:
    """By reader: the latest day from `start` on when they read after none in `quiet` days before.

    `days` on which each read, as far back as `start` less the quiet days; `since` is the first day
    that is known in full. Readers of whom there is no such day are not in it.
    """
    span, found = timedelta(days=quiet), dict[str, First]()
    for reader, read_on in days.items():
        before = None
        for day in sorted(set(read_on)):
            if day >= start and (before is None or day - before > span):
                found[reader] = First(day, since is not None and since <= day - span)
            before = day
    return found


@dataclass(frozen=True)
class NewReader:
    """Somebody who read a secret on `day` after no read in `quiet` days, and of whom nobody said
    that they would. `account` is another account than the environment's, or "".
    """

    reader: str
    day: date
    quiet: int
    account: str = ""
