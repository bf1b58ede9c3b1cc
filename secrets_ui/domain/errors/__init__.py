"""What can go wrong, as data: what failed, why, what to do, and AWS's own words for it."""

from dataclasses import dataclass
from datetime import datetime

from .wording import CONFIRM_IDENTITY, plural


class ConsoleError(Exception):
    """Base of every error that this project raises on purpose. Its text may be shown to people."""

    status = 500
    title = "Something went wrong"
    remedy = ""
    # Seconds after which trying again makes sense, for the header Retry-After; 0: not known.
    retry_after = 0
    is_conflict = False  # somebody else's change came first

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy or self.remedy


class ConfigurationError(ConsoleError):
    """A setting or a file that the console cannot start with."""


class EnvironmentNotFound(ConsoleError):
    status = 404
    title = "No such environment"

    def __init__(self, name: str, known: tuple[str, ...] = ()) -> None:
        super().__init__(f"There is no environment called {name[:60]}.")
        self.remedy = f"The environments are {', '.join(known)}." if known else ""


class InvalidSecretName(ConsoleError):
    """A name outside the environment's prefix, or one that Secrets Manager would not take."""

    status = 404
    title = "No such secret here"


class NotPermitted(ConsoleError):
    """The person's roles do not allow it. Nothing was sent to AWS."""

    status = 403
    title = "Your role does not allow this"


class StepUpNeeded(ConsoleError):
    """The person may do it, but last proved who they are too long ago.

    `seconds` is how old a proof may be.
    """

    status = 403
    title = CONFIRM_IDENTITY
    remedy = f"{CONFIRM_IDENTITY}, then send it again."

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "This needs a proof of who you are that is not older than "
            f"{plural(max(1, seconds // 60), 'minute')}. Nothing was done."
        )


class InvalidInput(ConsoleError):
    """Something in a form cannot be right. `key` names the field or the secret's key."""

    status = 400

    def __init__(self, message: str, *, key: str = "", remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.key = key


class VersionMoved(ConsoleError):
    status = 409
    title = "The secret has changed since this page was made"
    remedy = "Load the page again."


class ProviderUnavailable(ConsoleError):
    """The identity provider does not answer, or not as OpenID Connect says."""

    status = 503
    title = "The identity provider does not answer"
    remedy = "Try again in a minute. Whoever has a local account can still sign in with it."


class IdentityRefused(ConsoleError):
    """The provider's answer does not prove who somebody is, or that person may not sign in.

    `why` is for the audit record; `name` is the person's, where it is proven.
    """

    status = 403
    title = "Not signed in"

    def __init__(self, message: str, why: str, *, remedy: str = "", name: str = "") -> None:
        super().__init__(message, remedy=remedy or "Start again from the sign-in page.")
        self.why = why
        self.name = name


class TooMany(ConsoleError):
    """More acts of a kind in a minute than a person may begin. `what` is their plural."""

    status = 429

    def __init__(self, what: str, most: int) -> None:
        super().__init__(
            f"{most} {what} in the last minute; at most {most} are allowed. Wait a minute."
        )
        self.title = f"Too many {what} in a short time"


class AuditUnavailable(ConsoleError):
    """No record, no act: the record could not be written, so nothing was done."""

    status = 503
    title = "The audit log cannot be written, so nothing was done"
    remedy = (
        "Check the database (space, permissions, connection), then try again. "
        "Nothing was sent to AWS."
    )

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "The console's database does not answer, or cannot be written.")


class SignedOutHereOnly(ConsoleError):
    """The browser forgets its web session, which the database could not be told to end."""

    status = 503
    title = "You are signed out in this browser"
    remedy = (
        "Sign in again when the console's database can be written, and end it under Your sessions."
    )

    def __init__(self, seconds: int) -> None:
        """`seconds`: without use for so long it ends by itself."""
        super().__init__(
            "The console's database cannot be written, so the session itself could not be ended. "
            f"Nobody uses it now, and it ends {seconds // 60} minutes after its last use."
        )


class DatabaseAway(AuditUnavailable):
    """The database failed while something other than a record was asked of it."""

    title = "The console's database does not answer, or cannot be written"

    def __init__(self) -> None:
        super().__init__("Nothing could be kept, so nothing is shown.")


# What AWS said.


@dataclass(frozen=True)
class AwsCall:
    """One API call without its values: enough to repeat it by hand and to find it in CloudTrail.

    `operation` is written as secretsmanager:GetSecretValue. `code` is AWS's error code, "" when
    none came back. `cli` is the AWS CLI command that shows the same thing, never with a value.
    `unanswered` counts sendings that AWS did not answer and may carry out, now or later: of one
    call there may be several. `answered_at` is the time of AWS's own clock in its answer.
    """

    operation: str
    resource: str = ""
    region: str = ""
    code: str = ""
    request_id: str = ""
    cli: str = ""
    unanswered: int = 0
    answered_at: datetime | None = None


class AwsError(ConsoleError):
    """AWS, or the way to it, refused. `call` is the call, with AWS's answer."""

    status = 502
    title = "AWS refused the call"

    def __init__(self, message: str, call: AwsCall, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.call = call


class SecretNotFound(AwsError):
    status = 404
    title = "No such secret"


class ThingNotFound(AwsError):
    """A role, policy, key, alias or function that AWS does not have."""

    status = 404
    title = "AWS has no such resource"


class VersionNotFound(AwsError):
    status = 404
    title = "No such version"


_REMEDIES = {
    "sts:AssumeRole": (
        "Allow sts:AssumeRole and sts:SetSourceIdentity to the console in the role's trust policy "
        "and in the console's own."
    ),
    "sts:SetSourceIdentity": (
        "Allow sts:SetSourceIdentity to the console in the role's trust policy and in the "
        "console's own, or set source_identity = false for this environment."
    ),
}


class AwsAccessDenied(AwsError):
    """`permission` is the IAM action that the console's role lacks."""

    title = "The console's role may not do this"

    def __init__(self, message: str, call: AwsCall, permission: str) -> None:
        remedy = _REMEDIES.get(
            permission, f"Allow {permission} in the console's role, on this resource."
        )
        super().__init__(message, call, remedy=remedy)
        self.permission = permission


class AwsThrottled(AwsError):
    status = 503
    title = "AWS asked us to slow down"
    remedy = "Wait a minute, then try again. The call was already retried with pauses."


class AwsUnreachable(AwsError):
    """No answer: a time-out, a closed connection, or an answer that cannot be read."""

    status = 503
    title = "AWS did not answer"


class AwsRefused(AwsError):
    """Any other refusal, with AWS's code."""


class VersionAlreadyExists(AwsError):
    """ResourceExistsException: the same token was used with another value."""


# What the secret's state forbids, or somebody else's change.


class SecretNotEditable(ConsoleError):
    status = 409
    title = "This secret cannot be edited now"


class InvalidDocument(ConsoleError):
    """A document that cannot be parsed; line and column count from 1."""

    status = 400
    title = "The document cannot be read"

    def __init__(
        self, message: str, *, line: int = 0, column: int = 0, is_json: bool = False
    ) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.is_json = is_json


class InvalidChange(InvalidInput):
    """A change that cannot be applied, such as the removal of a key that is not there."""

    title = "The change cannot be applied"


class NothingChanged(ConsoleError):
    status = 400
    title = "Nothing changes"


class OutcomeUnknown(ConsoleError):
    """The call may or may not have taken effect; the intent stays open until AWS can be asked."""

    status = 503
    title = "It is not known whether the change took effect"
    remedy = (
        "The record stays open and settles itself by asking AWS. "
        "Look at the secret in a few minutes."
    )
