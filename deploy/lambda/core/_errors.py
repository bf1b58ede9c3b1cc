"""The errors: a type for each, with a sentence that the console's troubleshooting recognises.

No text holds a value.
"""

from __future__ import annotations

_SHOWN = 1_000  # characters of AWS's own words
_ADVICE = "Paste this line into Troubleshoot, “Paste an error…”, in the secrets console."


class InvalidInput(ValueError):
    """An invalid argument or setting. AWS was not asked."""


class SecretsError(Exception):
    """Base of the errors of reading a secret.

    The text says which secret, what happened, AWS's code and words, and what to do. `secret` is its
    name; `code` and `request_id` are AWS's ("" without an answer).
    """

    happened = "it could not be read"
    advice = _ADVICE

    def __init__(
        self, secret: str, said: str = "", *, code: str = "", request_id: str = ""
    ) -> None:
        self.secret, self.code, self.request_id = secret, code, request_id
        request = f" (request id {request_id})" if request_id else ""
        reported = ": ".join(part for part in (code, _one_line(said)) if part)
        reported = f" {reported}{request}." if reported else ""
        super().__init__(f"{secret}: {self.happened}.{reported.replace('..', '.')} {self.advice}")

    def add_others(self, others: list[SecretsError]) -> None:
        """Name secrets that failed at the same time at the end of the text."""
        if others:
            names = ", ".join(
                f"{other.secret} ({other.code or type(other).__name__})" for other in others
            )
            self.args = (f"{self.args[0]} Failed as well: {names}.",)


class NoAccess(SecretsError):
    happened = "the function's role may not read it"


class SecretNotFound(SecretsError):
    happened = "there is no such secret, or no current version of it, in this account and Region"


class CannotDecrypt(SecretsError):
    happened = "it cannot be decrypted with its KMS key"


class ScheduledForDeletion(SecretsError):
    happened = "it is scheduled for deletion, and can be read again once it is restored"


class TimedOut(SecretsError):
    happened = "no answer came in the time that was left"


class Unreachable(SecretsError):
    happened = "Secrets Manager cannot be reached"


class Throttled(SecretsError):
    happened = "AWS asked to slow down, and went on asking"


class CredentialsRefused(SecretsError):
    happened = "AWS did not accept the function's credentials"


class UnusableSecret(SecretsError):
    """The secret was read, but its content cannot be used."""

    happened = "it was read, and cannot be used"


class KeyNotFound(UnusableSecret):
    happened = "it was read, and lacks a key"


class WrongAccount(UnusableSecret):
    happened = "it is a secret of another account than the one that was expected"


# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
_BY_CODE: dict[str, type[SecretsError]] = {
    "AccessDeniedException": NoAccess,
    "AccessDenied": NoAccess,
    "ResourceNotFoundException": SecretNotFound,
    "DecryptionFailure": CannotDecrypt,
    "DecryptionFailureException": CannotDecrypt,
    "DisabledException": CannotDecrypt,
    "KMSAccessDeniedException": CannotDecrypt,
    "KMSDisabledException": CannotDecrypt,
    "KMSInvalidStateException": CannotDecrypt,
    "ThrottlingException": Throttled,
    "TooManyRequestsException": Throttled,
    "RequestLimitExceeded": Throttled,
    "ExpiredTokenException": CredentialsRefused,
    "IncompleteSignature": CredentialsRefused,
    "IncompleteSignatureException": CredentialsRefused,
    "InvalidClientTokenId": CredentialsRefused,
    "InvalidSignatureException": CredentialsRefused,
    "MissingAuthenticationTokenException": CredentialsRefused,
    "SignatureDoesNotMatch": CredentialsRefused,
    "UnrecognizedClientException": CredentialsRefused,
}
# AWS uses the same code for a refusal by the key and by the secret.
_ABOUT_KMS = ("kms", "ciphertext refers to")


def error_of(secret: str, code: str, message: str, request_id: str = "") -> SecretsError:
    """Return the error for an error answer of AWS."""
    kind = _BY_CODE.get(code, SecretsError)
    lower = message.lower()
    if kind is NoAccess and any(word in lower for word in _ABOUT_KMS):
        kind = CannotDecrypt
    if code == "InvalidRequestException" and "delet" in lower:
        kind = ScheduledForDeletion
    return kind(secret, message, code=code, request_id=request_id)


def _one_line(text: str) -> str:
    """Shorten AWS's words, without line breaks and control characters."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _SHOWN]).split())
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}…"
