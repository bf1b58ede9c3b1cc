"""Evidence for the status checks: one secret, its environment, the audit log. Holds no values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..access.context import role_name_of
from ..access.evidence import Evidence, FunctionConfiguration
from ..access.finding import Finding
from ..access.kept_readers import KeptReaders
from ..environment import Environment
from ..secrets.catalog import SecretSpec
from ..secrets.facts import VersionFacts
from ..secrets.key_age import KeyAge
from ..secrets.rollout import Rollout
from ..secrets.secret import Secret
from ..secrets.tried import Verdict
from ..usage.alarm import Alarm
from ..usage.reads import NewReader
from .outside_changes import OutsideChange


@dataclass(frozen=True)
class TrailEvent:
    """One call that CloudTrail recorded.

    `resource` is the secret or key as the caller named it; `version` the version that the call
    made, moved a label to, or decrypted.
    """

    at: datetime | None
    event: str
    principal: str
    resource: str = ""
    version: str = ""


def last_decryption(
    events: Iterable[TrailEvent], environment: Environment, secret_arn: str
) -> TrailEvent | None:
    """The newest decryption of this secret by the Lambda's role."""
    ours = [
        event
        for event in events
        if event.resource == secret_arn
        and role_name_of(event.principal) == environment.lambda_role
        and event.at
    ]
    return max(ours, key=lambda event: (str(event.at), event.version), default=None)


@dataclass(frozen=True)
class OpenIntent:
    """An act whose intent is in the audit log and whose outcome is not."""

    sequence: int
    action: str
    at: str
    secret: str = ""


@dataclass(frozen=True)
class UnseenEmergency:
    """A change that took effect without a second person, and that none has looked at since.

    `sequence` is the act's in the audit log.
    """

    sequence: int
    secret: str
    by: str
    at: str


@dataclass(frozen=True, eq=False)
class WatchedSecret:
    """One secret, as a pass found it.

    `facts` is None where the current version was not read, and `facts_problem` says why; `others`
    are its facts in other environments. `ages` of keys, by name: None where AWS did not list the
    versions. `trials` are verdicts on the values that were tried, by key.

    `access` are the findings of the access path, where its checks were run; otherwise
    `may_read` is the evaluator's answer, None where it has none, and `access_problem` says why.
    `rollout` is of its current version, where a secret was changed lately.
    `is_first_sight`: no earlier pass found it, so its changes are unknown. `policy_known`: its
    resource policy could be read. `current_since`: when its current version became current.
    `pending_since`: when the version was made that holds AWSPENDING.
    `new_readers` is None where the reads of the last days are not known, and `readers_problem` says
    why. `rights`: who can do what with it, None before the first look.
    """

    environment: Environment
    name: str
    spec: SecretSpec
    in_catalog: bool
    now: datetime
    secret: Evidence[Secret]
    facts: VersionFacts | None = None
    facts_problem: str = ""
    others: Mapping[str, VersionFacts | None] = field(default_factory=dict)
    ages: Mapping[str, KeyAge | None] = field(default_factory=dict)
    trials: Mapping[str, Verdict] = field(default_factory=dict)
    access: tuple[Finding, ...] | None = None
    may_read: bool | None = None
    access_problem: str = ""
    changes: tuple[OutsideChange, ...] = ()
    is_first_sight: bool = False
    policy_known: bool = True
    intents: tuple[OpenIntent, ...] = ()
    current_since: datetime | None = None
    pending_since: datetime | None = None
    function: Evidence[FunctionConfiguration] | None = None
    rollout: Rollout | None = None
    decrypts: Evidence[tuple[TrailEvent, ...]] | None = None
    rights: KeptReaders | None = None
    new_readers: tuple[NewReader, ...] | None = None
    readers_problem: str = "CloudTrail was not asked"


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The environment around the secrets.

    `shared` are findings of the access path that are about no one secret; `listed` is the number
    of secrets, or why they could not be listed; `unread_keys` say which key policies could not be
    read, and why; `intents` are on secrets without a row of their own; `not_inspected` is the
    number of new versions that are left to the next pass; `emergencies` are on any secret.
    """

    environment: Environment
    now: datetime
    listed: Evidence[int]
    shared: tuple[Finding, ...] = ()
    alarms: Evidence[tuple[Alarm, ...]] | None = None
    changes: tuple[OutsideChange, ...] = ()
    unread_keys: tuple[str, ...] = ()
    intents: tuple[OpenIntent, ...] = ()
    not_inspected: int = 0
    emergencies: tuple[UnseenEmergency, ...] = ()


@dataclass(frozen=True)
class Records:
    """The state of the audit log.

    `breaks` are places where the chain does not hold; `verified` is the last record of the newest
    checkpoint, `full_at` when all of it was verified, RFC 3339; `undelivered` is the number of
    events that could not be sent; `not_kept` says why the bucket of checkpoints could not be asked.
    `unguarded` is what the hashes cannot show: what each is about, and a sentence. `waiting` is the
    number of records that could not be added yet.
    """

    verified: int
    checkpoint: str
    breaks: tuple[str, ...]
    full_at: str
    undelivered: int = 0
    why_undelivered: str = ""
    not_kept: str = ""
    unguarded: tuple[tuple[str, str], ...] = ()
    waiting: int = 0
