"""Known refusals: AccessDenied by the layer of policies that refuses, and by the action refused.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from .known_error import KnownError, Names

READ = ("get_secret_value_is_allowed", "describe_secret_is_allowed")
NAMED = (
    "policies_name_real_actions",
    "policies_name_the_secret_with_its_suffix",
    "policies_name_this_region",
)
DECRYPT = (
    "decrypt_is_allowed",
    "policies_name_the_key_by_arn",
    "no_left_over_principals",
    "boundary_allows",
    "policies_are_attached",
    "key_is_the_expected_one",
    "alias_points_at_the_key",
    "key_is_usable",
)
DENIED = ("AccessDeniedException", "AccessDenied")
_WRITING = "This is about writing."


_ORGANIZATION = (
    "A {} control policy of the organization ({}): whoever runs the organization can change it. "
    "Where this console may see those, a check names the statement."
)
_CONTROL = ("control_policies_allow", "simulator_agrees")


def _layer(words: str, checks: tuple[str, ...], note: str = "") -> KnownError:
    """`words` without the ending, for "policy" and "policies"."""
    return KnownError(DENIED, (words,), checks, note, Names.LAYER)


_LAYERS = (
    _layer("service control polic", _CONTROL, _ORGANIZATION.format("service", "SCP")),
    _layer("resource control polic", _CONTROL, _ORGANIZATION.format("resource", "RCP")),
    _layer(
        "endpoint polic",
        ("endpoint_policy_allows",),
        "The policy of the VPC endpoint (vpce-…) through which the function calls.",
    ),
    _layer(
        "session polic",
        ("function_runs_as_role",),
        "A session policy narrows the caller. Lambda passes none, so the caller is probably "
        "another.",
    ),
    _layer("permissions boundar", ("boundary_allows", "no_version_stage_condition")),
    _layer("permission boundar", ("boundary_allows", "no_version_stage_condition")),
)
_IDENTITY = (
    KnownError(
        DENIED,
        ("because no identity-based policy allows",),
        ("policies_are_attached", *NAMED, "no_version_stage_condition", *READ),
    ),
    KnownError(
        DENIED,
        ("explicit deny in an identity-based policy",),
        (*READ, "no_version_stage_condition"),
    ),
)
_RESOURCE = (
    KnownError(
        DENIED,
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
        DENIED,
        ("explicit deny in a resource-based policy",),
        ("secret_policy_allows", "no_version_stage_condition"),
    ),
)
_KMS = (
    KnownError(DENIED, ("access to kms is not allowed",), DECRYPT, names=Names.ACTION),
    KnownError(DENIED, ("ciphertext refers to a customer master key",), DECRYPT),
    KnownError(DENIED, ("kms:decrypt",), DECRYPT, names=Names.ACTION),
    KnownError(
        DENIED,
        ("kms:generatedatakey",),
        ("console_may_write", *DECRYPT),
        "This is about writing: a reader needs kms:Decrypt alone.",
        Names.ACTION,
    ),
)
_WRITES = tuple(
    KnownError(DENIED, (f"secretsmanager:{name}",), ("console_may_write",), _WRITING, Names.ACTION)
    for name in (
        *("putsecretvalue", "updatesecret", "updatesecretversionstage", "createsecret"),
        *("deletesecret", "restoresecret", "rotatesecret", "tagresource"),
    )
)
_OTHER_ACTIONS = (
    KnownError(
        DENIED,
        ("secretsmanager:describesecret",),
        ("describe_secret_is_allowed", "policies_are_attached", *NAMED),
        names=Names.ACTION,
    ),
    KnownError(
        DENIED,
        ("secretsmanager:batchgetsecretvalue",),
        ("batch_get_secret_value_is_allowed",),
        (
            "BatchGetSecretValue needs a right of its own on the Resource *, beside GetSecretValue "
            "for each secret. The role needs neither batch nor list to read a secret by its name: "
            "add that statement, or call GetSecretValue."
        ),
        Names.ACTION,
    ),
    KnownError(
        DENIED,
        ("secretsmanager:listsecrets",),
        (),
        (
            "ListSecrets needs a right of its own on the Resource *. BatchGetSecretValue needs it "
            "where it is given filters; to read a secret by its name it is not needed."
        ),
        Names.ACTION,
    ),
    KnownError(
        DENIED,
        ("sts:assumerole",),
        ("console_reaches_aws",),
        (
            "Somebody wanted to assume a role and may not. Lambda's own session is not made so: "
            "this is about the console, or about code that changes its role."
        ),
        Names.ACTION,
    ),
)
_ANY = (
    KnownError(
        DENIED,
        (),
        (
            "policies_are_attached",
            *NAMED,
            *READ,
            "boundary_allows",
            "secret_policy_allows",
            *DECRYPT,
        ),
    ),
)
DENIALS = (*_IDENTITY, *_RESOURCE, *_LAYERS, *_KMS, *_WRITES, *_OTHER_ACTIONS, *_ANY)
