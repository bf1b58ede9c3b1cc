"""Known errors: which checks explain an error code or text in a Lambda's log, most likely first.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from .known_calls import CALLS
from .known_denials import DECRYPT, DENIALS, READ
from .known_error import KnownError, Names

_NOT_FOUND = ("ResourceNotFoundException",)
_OF_THE_FUNCTION = (
    "This is about the key of the function's environment variables, and of the secret only if "
    "it is the same key. Lambda says it before the code runs."
)

KNOWN = (
    *DENIALS,
    *CALLS,
    KnownError(_NOT_FOUND, ("staging label",), ("secret_has_current_version",)),
    KnownError(_NOT_FOUND, ("awscurrent", "not found"), ("secret_has_current_version",)),
    KnownError(
        _NOT_FOUND,
        ("versionid",),
        ("secret_has_current_version",),
        "It asked for a version that is gone, by its id.",
    ),
    KnownError(
        _NOT_FOUND,
        (),
        ("secret_exists", "secret_is_not_deleted"),
        "Look at the name and the Region first.",
    ),
    KnownError(("InvalidRequestException",), ("delet",), ("secret_is_not_deleted",)),
    KnownError(
        ("InvalidRequestException",), (), ("secret_is_not_deleted", "secret_has_current_version")
    ),
    KnownError(
        ("DecryptionFailure", "DecryptionFailureException", "KMS.DecryptException"),
        (),
        ("key_is_usable", *DECRYPT, "versions_share_the_key"),
        (
            "AWS does not say which error it gives for which state of a key, so every check of "
            "the key counts."
        ),
    ),
    KnownError(
        ("EncryptionFailure", "EncryptionFailureException"),
        (),
        ("key_is_usable", "console_may_write"),
        "This is about writing, never about a read.",
    ),
    KnownError(
        ("DisabledException", "KMSInvalidStateException", "KMSDisabledException"),
        (),
        ("key_is_usable",),
    ),
    KnownError(
        ("NotFoundException", "KMSNotFoundException"), ("alias",), ("alias_points_at_the_key",)
    ),
    KnownError(
        ("NotFoundException", "KMSNotFoundException"),
        (),
        ("key_is_usable", "alias_points_at_the_key"),
    ),
    KnownError(
        ("NoSuchEntity", "NoSuchEntityException"), (), ("role_exists", "policies_are_attached")
    ),
    KnownError(
        ("InvalidParameterValueException",),
        ("cannot be assumed",),
        ("lambda_may_assume_role", "role_exists"),
    ),
    KnownError(
        ("JSONDecodeError",), (), ("secret_holds_its_keys",), "The value was read, and is not JSON."
    ),
    KnownError((), ("cannot be assumed by lambda",), ("lambda_may_assume_role", "role_exists")),
    # Lambda decrypts the function's variables itself, and quotes what KMS answered.
    KnownError(
        ("KMSAccessDeniedException",),
        ("environment variables",),
        ("role_exists", "function_runs_as_role", "no_left_over_principals"),
        f"{_OF_THE_FUNCTION} A role that was deleted and made again looks so.",
        Names.SPEAKER,
    ),
    KnownError(("KMSAccessDeniedException",), (), DECRYPT),
    *(
        KnownError(
            (),
            ("lambda ", "environment variables", "kms", *words),
            checks,
            _OF_THE_FUNCTION,
            Names.SPEAKER,
        )
        for words, checks in (
            ((), ("key_is_usable", "function_runs_as_role")),
            (("invalid state",), ("key_is_usable",)),
            (("state of the", "not valid"), ("key_is_usable",)),
            (("disabled",), ("key_is_usable",)),
            (("not found",), ("key_is_usable", "alias_points_at_the_key")),
            (
                ("access was denied",),
                ("role_exists", "function_runs_as_role", "no_left_over_principals"),
            ),
            (
                ("accessdenied",),
                ("role_exists", "function_runs_as_role", "no_left_over_principals"),
            ),
        )
    ),
    KnownError((), ("awscurrent", "not found"), ("secret_has_current_version",)),
    KnownError((), ('version "', "not found"), ("secret_has_current_version",)),
    KnownError((), ("can't find the specified secret value",), ("secret_has_current_version",)),
    KnownError((), ("marked for deletion",), ("secret_is_not_deleted",)),
    KnownError((), ("marked deleted",), ("secret_is_not_deleted",)),
    KnownError((), ("pending deletion",), ("key_is_usable", "secret_is_not_deleted")),
    KnownError(
        (), ("can't find the specified secret",), ("secret_exists", "secret_has_current_version")
    ),
    KnownError((), ("it was deleted",), ("secret_is_not_deleted",)),
    KnownError((), ("can't decrypt",), ("key_is_usable", *DECRYPT)),
    KnownError((), ("access to kms",), DECRYPT),
    KnownError(
        (), ("not authorized to perform",), ("policies_are_attached", *READ, "decrypt_is_allowed")
    ),
)
