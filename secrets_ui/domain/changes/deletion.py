"""The deletion of a secret, which AWS carries out after some days, and its cancellation."""

from dataclasses import dataclass

# Days: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
SHORTEST, LONGEST = 7, 30


@dataclass(frozen=True)
class Deletion:
    """`days` is the recovery window, in which the deletion can be cancelled."""

    secret: str
    days: int
    reason: str
    typed_name: str
    once: str = ""


@dataclass(frozen=True)
class Cancellation:
    secret: str
    reason: str = ""
    typed_name: str = ""
    once: str = ""
