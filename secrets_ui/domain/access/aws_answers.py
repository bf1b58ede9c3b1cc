"""What AWS answered: each answer is Known, Missing, Denied, Unreachable or NotAsked, never None."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ..errors import AwsAccessDenied, AwsCall, AwsError, SecretNotFound, ThingNotFound

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Known(Generic[T_co]):
    """What AWS answered, and the call that it answered."""

    value: T_co
    call: AwsCall


@dataclass(frozen=True)
class Missing:
    """AWS says that there is no such thing."""

    call: AwsCall


@dataclass(frozen=True)
class Denied:
    """This console may not ask. `permission` is the IAM action that its role lacks."""

    call: AwsCall
    permission: str


@dataclass(frozen=True)
class Unreachable:
    """There was no usable answer: a time-out, throttling or an unavailable service."""

    call: AwsCall
    why: str


@dataclass(frozen=True)
class NotAsked:
    """The question depended on other evidence that is missing; `because` names it."""

    because: str
    call: AwsCall = field(default_factory=lambda: AwsCall(""))


Unlearnt = Missing | Denied | Unreachable | NotAsked
Evidence = Known[T] | Missing | Denied | Unreachable | NotAsked


def evidence_of_error(error: AwsError) -> Missing | Denied | Unreachable:
    """Turn an error into evidence."""
    if isinstance(error, SecretNotFound | ThingNotFound):
        return Missing(error.call)
    if isinstance(error, AwsAccessDenied):
        return Denied(error.call, error.permission)
    return Unreachable(error.call, error.message)


def learn(ask: Callable[[], Known[T]]) -> Evidence[T]:
    """Call a gateway's method or a future's result, and turn an AwsError into evidence."""
    try:
        return ask()
    except AwsError as error:
        return evidence_of_error(error)


def why_unavailable(evidence: Evidence[object] | None) -> str:
    """Return why an answer is missing, without a full stop; "" if it is there."""
    match evidence:
        case Known():
            return ""
        case Denied():
            return f"the console's role lacks {evidence.permission}"
        case Unreachable():
            return evidence.why.rstrip(".")
        case Missing():
            return "AWS has no such thing"
        case NotAsked():
            return f"it hangs on {evidence.because}, which is not known"
    return "AWS was not asked"


def not_known(what: str, why: str) -> str:
    """What an answer lacks, in a sentence."""
    return f"Not known: {what}; {why}."
