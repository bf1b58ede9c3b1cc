"""Known errors: which checks explain an error code or text in a Lambda's log, most likely first."""

from __future__ import annotations

from dataclasses import dataclass

_READ = ("get_secret_value_is_allowed", "describe_secret_is_allowed")
_NAMED = ("policies_name_the_secret_with_its_suffix", "policies_name_this_region")
_DECRYPT = (
    "decrypt_is_allowed",
    "policies_name_the_key_by_arn",
    "no_left_over_principals",
    "boundary_allows",
    "policies_are_attached",
    "key_is_the_expected_one",
    "alias_points_at_the_key",
    "key_is_usable",
)
_DENIED = ("AccessDeniedException", "AccessDenied")
_NOT_FOUND = ("ResourceNotFoundException",)


@dataclass(frozen=True)
class KnownError:
    """An error and the checks that explain it.

    All of `words` must be in the text, in any case; an entry with more of them is more specific.
    Without `codes`, the words alone identify the error.
    """

    codes: tuple[str, ...]
    words: tuple[str, ...]
    checks: tuple[str, ...]
    note: str = ""


# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
# https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
KNOWN = (
    KnownError(
        _DENIED,
        ("because no identity-based policy allows",),
        ("policies_are_attached", *_NAMED, "no_version_stage_condition", *_READ),
    ),
    KnownError(
        _DENIED,
        ("explicit deny in an identity-based policy",),
        (*_READ, "no_version_stage_condition"),
    ),
    KnownError(
        _DENIED,
        ("because no resource-based policy allows",),
        (
            "secret_policy_allows",
            "no_left_over_principals",
            "key_is_the_expected_one",
            "function_runs_as_role",
        ),
        (
            "In one account no resource policy is needed, so the caller is probably in another "
            "account."
        ),
    ),
    KnownError(
        _DENIED,
        ("explicit deny in a resource-based policy",),
        ("secret_policy_allows", "no_version_stage_condition"),
    ),
    KnownError(
        _DENIED, ("permissions boundary",), ("boundary_allows", "no_version_stage_condition")
    ),
    KnownError(
        _DENIED,
        ("service control policy",),
        ("simulator_agrees",),
        (
            "A service control policy of the organisation: this console cannot see those. "
            "Ask whoever runs the organisation."
        ),
    ),
    KnownError(
        _DENIED,
        ("resource control policy",),
        ("simulator_agrees",),
        (
            "A resource control policy of the organisation: this console cannot see those. "
            "Ask whoever runs the organisation."
        ),
    ),
    KnownError(
        _DENIED,
        ("vpc endpoint policy",),
        (),
        "The policy of the VPC endpoint through which the function calls: look there.",
    ),
    KnownError(
        _DENIED,
        ("session policy",),
        ("function_runs_as_role",),
        "Lambda passes no session policy, so the caller is probably another.",
    ),
    KnownError(_DENIED, ("access to kms is not allowed",), _DECRYPT),
    KnownError(_DENIED, ("ciphertext refers to a customer master key",), _DECRYPT),
    KnownError(_DENIED, ("kms:decrypt",), _DECRYPT),
    KnownError(
        _DENIED,
        ("kms:generatedatakey",),
        ("console_may_write", *_DECRYPT),
        "This is about writing: a reader needs kms:Decrypt alone.",
    ),
    KnownError(
        _DENIED,
        ("secretsmanager:putsecretvalue",),
        ("console_may_write",),
        "This is about writing.",
    ),
    KnownError(
        _DENIED,
        ("secretsmanager:describesecret",),
        ("describe_secret_is_allowed", "policies_are_attached", *_NAMED),
    ),
    KnownError(
        _DENIED,
        (),
        (
            "policies_are_attached",
            *_NAMED,
            *_READ,
            "boundary_allows",
            "secret_policy_allows",
            *_DECRYPT,
        ),
    ),
    KnownError(_NOT_FOUND, ("staging label",), ("secret_has_current_version",)),
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
        ("key_is_usable", *_DECRYPT, "versions_share_the_key"),
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
        ("KMSAccessDeniedException",),
        ("environment variables",),
        ("role_exists", "function_runs_as_role", "no_left_over_principals"),
        (
            "This is about the key of the function's environment variables, not about the "
            "secret; a role that was deleted and made again looks so."
        ),
    ),
    KnownError(("KMSAccessDeniedException",), (), _DECRYPT),
    KnownError(
        ("EndpointConnectionError", "ConnectTimeoutError"),
        (),
        ("secret_exists", "function_runs_as_role"),
        (
            "The call never reached AWS: a Region that does not exist, or a VPC without a NAT "
            "gateway or an endpoint for Secrets Manager."
        ),
    ),
    KnownError(
        ("ReadTimeoutError", "ConnectionClosedError"),
        (),
        (),
        (
            "AWS took the call and no answer came in time. This says nothing of the rights: "
            "try again, and give the function more time or memory."
        ),
    ),
    KnownError(
        ("ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException"),
        (),
        ("function_runs_as_role", "role_exists"),
        (
            "AWS did not accept the credentials of the caller: "
            "they ended, or its role was deleted, or something between changed the request."
        ),
    ),
    KnownError(
        ("InvalidParameterValueException",),
        ("cannot be assumed",),
        ("lambda_may_assume_role", "role_exists"),
    ),
    KnownError(
        ("ThrottlingException", "TooManyRequestsException"),
        (),
        (),
        "AWS asked to slow down. Nothing is wrong with the rights; read once and keep the value.",
    ),
    KnownError(
        ("JSONDecodeError",), (), ("secret_holds_its_keys",), "The value was read, and is not JSON."
    ),
    KnownError((), ("cannot be assumed by lambda",), ("lambda_may_assume_role", "role_exists")),
    KnownError((), ("marked for deletion",), ("secret_is_not_deleted",)),
    KnownError((), ("marked deleted",), ("secret_is_not_deleted",)),
    KnownError((), ("pending deletion",), ("key_is_usable", "secret_is_not_deleted")),
    KnownError(
        (), ("can't find the specified secret",), ("secret_exists", "secret_has_current_version")
    ),
    KnownError((), ("can't decrypt",), ("key_is_usable", *_DECRYPT)),
    KnownError((), ("access to kms",), _DECRYPT),
    KnownError(
        (), ("not authorized to perform",), ("policies_are_attached", *_READ, "decrypt_is_allowed")
    ),
)
