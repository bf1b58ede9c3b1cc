"""Fresh instances of the function that reads an environment's secrets: what is changed for it, and
whom it reaches.

An instance keeps the secrets that it read when it started. AWS starts new instances of $LATEST
after any change of the function's configuration, so one variable of ours is changed and nothing
else. An alias on a published version is not reached by that.
"""

import re
import shlex
from dataclasses import dataclass

from ..errors import AwsError, ConsoleError

# The variable that is changed; its value is the beginning of the hash of the act's intent.
MARKER = "MIYABI_SECRETS_REFRESHED"
# The variable in which a function may say what `max_age`, in seconds, it gives the loader.
MAX_AGE = "MIYABI_SECRETS_MAX_AGE"
# The variable that says by which way the loader reads, and the ways (deploy/lambda/core/_route.py).
ROUTE = "MIYABI_SECRETS_ROUTE"
ROUTES = re.compile("auto|https|batch|boto3|extension")
LATEST = "$LATEST"
MARK = re.compile(r"[0-9a-f]{32}")
# Nobody would call more than ten days a maximum age.
SECONDS = re.compile(r"[0-9]{1,6}")


class FunctionMoved(AwsError):
    """Somebody else has changed the function's configuration since it was looked at."""

    status = 409
    title = "Somebody else changed the function first"
    remedy = "Nothing was changed. Look at what serves once more, then try again."
    is_conflict = True


class NotRefreshable(ConsoleError):
    """Starting fresh instances would have no effect, or could spoil the function."""

    status = 409
    title = "Fresh instances cannot be started now"


@dataclass(frozen=True)
class Refresh:
    """That somebody wants fresh instances, so that a new version of `secret` is read."""

    secret: str
    reason: str = ""
    typed_name: str = ""
    once: str = ""


@dataclass(frozen=True)
class Alias:
    """`versions` are those that its callers get: a second one where it is shifted by weights."""

    name: str
    versions: tuple[str, ...]

    @property
    def is_latest(self) -> bool:
        return self.versions == (LATEST,)


@dataclass(frozen=True)
class Provisioned:
    """Instances that AWS keeps ready for an alias or a version; $LATEST cannot have any."""

    qualifier: str
    instances: int
    status: str = ""


@dataclass(frozen=True)
class Serving:
    """What callers of the function get. `versions` are some of the published ones."""

    aliases: tuple[Alias, ...] = ()
    versions: tuple[str, ...] = ()
    provisioned: tuple[Provisioned, ...] = ()

    @property
    def beyond(self) -> tuple[Alias, ...]:
        """The aliases that a change of $LATEST does not reach."""
        return tuple(alias for alias in self.aliases if not alias.is_latest)

    @property
    def is_reached(self) -> bool:
        """Whether callers may get $LATEST. Where every alias is on a published version, they do
        not; without an alias, a caller who names no version does."""
        return not self.aliases or len(self.beyond) < len(self.aliases)

    @property
    def is_whole(self) -> bool:
        """Whether nobody gets anything but $LATEST."""
        return not (self.beyond or self.versions or self.provisioned)


def mark_of(intent_hash: str) -> str:
    """The marker's value after the act with this intent: Lambda allows 4 KB for all variables, so
    it is not the whole hash."""
    return intent_hash[:32]


def refresh_command(function: str, region: str) -> str:
    """The same in a shell, with jq: the values go through a pipe, and are neither shown nor among
    the arguments of a process. Where AWS could not decrypt them, its answer has a member that the
    second command does not take, so nothing is sent then.
    """
    read = (
        *("aws", "lambda", "get-function-configuration", "--function-name", function),
        *("--region", region, "--output", "json", "--query"),
        "{FunctionName: FunctionName, RevisionId: RevisionId, Environment: Environment}",
    )
    mark = ("jq", f".Environment.Variables.{MARKER} = (now | todate)")
    send = (
        *("aws", "lambda", "update-function-configuration", "--region", region),
        *("--cli-input-json", "file:///dev/stdin", "--query", "LastUpdateStatus"),
    )
    return " \\\n  | ".join(map(shlex.join, (read, mark, send)))


def publish_commands(function: str, region: str, alias: str) -> str:
    """What brings callers of an alias to fresh instances, once $LATEST has been changed: AWS
    publishes no second version of what is the same."""
    about = ("--function-name", function, "--region", region)
    publish = ("aws", "lambda", "publish-version", *about, "--query", "Version", "--output", "text")
    wait = ("aws", "lambda", "wait", "function-updated-v2", *about)
    move = ("aws", "lambda", "update-alias", *about, "--name", alias)
    lines = (shlex.join(wait), f"version=$({shlex.join(publish)})")
    return "\n".join((*lines, f'{shlex.join(move)} --function-version "$version"'))
