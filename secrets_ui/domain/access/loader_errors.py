"""What the Lambda's loader prints (deploy/lambda/core/_errors.py), and the checks that explain it.

Asked only where AWS's own code and words, which the loader repeats, are not known: they say more.
A test takes every message from the loader's code.
"""

from .known_error import KnownError

_KEYS = ("secret_holds_its_keys",)
_ACCOUNT = ("secret_exists", "function_runs_as_role")

_BY_WORDS = (
    KnownError((), ("it was read, and cannot be used",), _KEYS),
    KnownError(
        (),
        ("it was read, and lacks a key",),
        _KEYS,
        "The function asks for a key that the secret, as it was read, does not hold.",
    ),
    KnownError(
        (),
        ("a secret of another account than the one that was expected",),
        _ACCOUNT,
        ("The secret was read, and is not in the account that the function names in account_id."),
    ),
    KnownError(
        (),
        ("the function's role may not read it",),
        ("policies_are_attached", "get_secret_value_is_allowed"),
    ),
    KnownError(
        (),
        ("there is no such secret, or no current version of it",),
        ("secret_exists", "secret_is_not_deleted", "secret_has_current_version"),
    ),
    KnownError(
        (), ("it cannot be decrypted with its kms key",), ("key_is_usable", "decrypt_is_allowed")
    ),
    KnownError((), ("it is scheduled for deletion",), ("secret_is_not_deleted",)),
    KnownError(
        (),
        ("no answer came in the time that was left",),
        (),
        "This says nothing of the rights: try again, and give the function more time.",
    ),
    KnownError(
        (),
        ("secrets manager cannot be reached",),
        ("function_reaches_secrets_manager", *_ACCOUNT),
        (
            "The call did not reach Secrets Manager, or something else answered: look at the "
            "Region, and at the VPC's NAT gateway or endpoint."
        ),
    ),
    KnownError(
        (),
        ("aws asked to slow down, and went on asking",),
        (),
        "Nothing is wrong with the rights; read once and keep the value.",
    ),
    KnownError(
        (),
        ("aws did not accept the function's credentials",),
        ("function_runs_as_role", "role_exists"),
    ),
    KnownError(
        (),
        ("it could not be read",),
        (),
        "AWS answered with an error that says nothing of the rights: its code tells what it is.",
    ),
    KnownError(
        ("InvalidInput",),
        (),
        (),
        (
            "The function passed an argument, or has a setting, that cannot be right. "
            "AWS was not asked, so nothing here explains it: the text names which one."
        ),
    ),
)

# A log's index and an alarm may show no more than the name of the exception. Names that are words
# of other texts too, such as TimedOut, are not among them.
_NAMES = {
    "it was read, and cannot be used": "UnusableSecret",
    "it was read, and lacks a key": "KeyNotFound",
    "a secret of another account than the one that was expected": "WrongAccount",
    "the function's role may not read it": "NoAccess",
    "there is no such secret, or no current version of it": "SecretNotFound",
    "it cannot be decrypted with its kms key": "CannotDecrypt",
    "it is scheduled for deletion": "ScheduledForDeletion",
    "aws did not accept the function's credentials": "CredentialsRefused",
}

LOADER_ERRORS = (
    *_BY_WORDS,
    *(
        KnownError((_NAMES[words],), (), entry.checks, entry.note)
        for entry in _BY_WORDS
        for words in entry.words
        if words in _NAMES
    ),
)
