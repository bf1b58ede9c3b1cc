"""Known errors: from a text or code in a Lambda's log to the checks that explain it. A text is a hint, never the verdict: AWS names one
denying layer only, changes its words, and tools put words of their own around them. So the code counts first, words second."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .run import Run

MAX_CHARACTERS = 8_000  # of a pasted text that are looked at

_READ = ("get_secret_value_is_allowed", "describe_secret_is_allowed")
_NAMED = ("policies_name_the_secret_with_its_suffix", "policies_name_this_region")
_DECRYPT = (
    "decrypt_is_allowed", "policies_name_the_key_by_arn", "no_left_over_principals", "boundary_allows", "policies_are_attached",
    "key_is_the_expected_one", "alias_points_at_the_key", "key_is_usable",
)  # fmt: skip
_DENIED = ("AccessDeniedException", "AccessDenied")
_NOT_FOUND = ("ResourceNotFoundException",)


@dataclass(frozen=True)
class KnownError:
    """`words` must all be in the text, in any case; an entry with more of them is the more specific one. `codes` empty: the words do."""

    codes: tuple[str, ...]
    words: tuple[str, ...]
    checks: tuple[str, ...]
    note: str = ""


# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
# https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
KNOWN = (
    KnownError(_DENIED, ("because no identity-based policy allows",), ("policies_are_attached", *_NAMED, "no_version_stage_condition", *_READ)),
    KnownError(_DENIED, ("explicit deny in an identity-based policy",), (*_READ, "no_version_stage_condition")),
    KnownError(
        _DENIED, ("because no resource-based policy allows",),
        ("secret_policy_allows", "no_left_over_principals", "key_is_the_expected_one", "function_runs_as_role"),
        "In one account no resource policy is needed, so the caller is probably in another account.",
    ),
    KnownError(_DENIED, ("explicit deny in a resource-based policy",), ("secret_policy_allows", "no_version_stage_condition")),
    KnownError(_DENIED, ("permissions boundary",), ("boundary_allows", "no_version_stage_condition")),
    KnownError(
        _DENIED, ("service control policy",), ("simulator_agrees",),
        "A service control policy of the organisation: this console cannot see those. Ask whoever runs the organisation.",
    ),
    KnownError(
        _DENIED, ("resource control policy",), ("simulator_agrees",),
        "A resource control policy of the organisation: this console cannot see those. Ask whoever runs the organisation.",
    ),
    KnownError(_DENIED, ("vpc endpoint policy",), (), "The policy of the VPC endpoint through which the function calls: look there."),
    KnownError(_DENIED, ("session policy",), ("function_runs_as_role",), "Lambda passes no session policy, so the caller is probably another."),
    KnownError(_DENIED, ("access to kms is not allowed",), _DECRYPT),
    KnownError(_DENIED, ("ciphertext refers to a customer master key",), _DECRYPT),
    KnownError(_DENIED, ("kms:decrypt",), _DECRYPT),
    KnownError(_DENIED, ("kms:generatedatakey",), ("console_may_write", *_DECRYPT), "This is about writing: a reader needs kms:Decrypt alone."),
    KnownError(_DENIED, ("secretsmanager:putsecretvalue",), ("console_may_write",), "This is about writing."),
    KnownError(_DENIED, ("secretsmanager:describesecret",), ("describe_secret_is_allowed", "policies_are_attached", *_NAMED)),
    KnownError(_DENIED, (), ("policies_are_attached", *_NAMED, *_READ, "boundary_allows", "secret_policy_allows", *_DECRYPT)),
    KnownError(_NOT_FOUND, ("staging label",), ("secret_has_current_version",)),
    KnownError(_NOT_FOUND, ("versionid",), ("secret_has_current_version",), "It asked for a version that is gone, by its id."),
    KnownError(_NOT_FOUND, (), ("secret_exists", "secret_is_not_deleted"), "Look at the name and the Region first."),
    KnownError(("InvalidRequestException",), ("delet",), ("secret_is_not_deleted",)),
    KnownError(("InvalidRequestException",), (), ("secret_is_not_deleted", "secret_has_current_version")),
    KnownError(
        ("DecryptionFailure", "DecryptionFailureException", "KMS.DecryptException"), (), ("key_is_usable", *_DECRYPT, "versions_share_the_key"),
        "AWS does not say which error it gives for which state of a key, so every check of the key counts.",
    ),
    KnownError(
        ("EncryptionFailure", "EncryptionFailureException"), (), ("key_is_usable", "console_may_write"),
        "This is about writing, never about a read.",
    ),
    KnownError(("DisabledException", "KMSInvalidStateException", "KMSDisabledException"), (), ("key_is_usable",)),
    KnownError(("NotFoundException", "KMSNotFoundException"), ("alias",), ("alias_points_at_the_key",)),
    KnownError(("NotFoundException", "KMSNotFoundException"), (), ("key_is_usable", "alias_points_at_the_key")),
    KnownError(("NoSuchEntity", "NoSuchEntityException"), (), ("role_exists", "policies_are_attached")),
    KnownError(
        ("KMSAccessDeniedException",), ("environment variables",), ("role_exists", "function_runs_as_role", "no_left_over_principals"),
        "This is about the key of the function's environment variables, not about the secret; a role that was deleted and made again looks so.",
    ),
    KnownError(("KMSAccessDeniedException",), (), _DECRYPT),
    KnownError(
        ("EndpointConnectionError", "ConnectTimeoutError"), (), ("secret_exists", "function_runs_as_role"),
        "The call never reached AWS: a Region that does not exist, or a VPC without a NAT gateway or an endpoint for Secrets Manager.",
    ),
    KnownError(
        ("ReadTimeoutError", "ConnectionClosedError"), (), (),
        "AWS took the call and no answer came in time. This says nothing of the rights: try again, and give the function more time or memory.",
    ),
    KnownError(
        ("ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException"), (),
        ("function_runs_as_role", "role_exists"),
        "AWS did not accept the credentials of the caller: they ended, or its role was deleted, or something between changed the request.",
    ),
    KnownError(("InvalidParameterValueException",), ("cannot be assumed",), ("lambda_may_assume_role", "role_exists")),
    KnownError(
        ("ThrottlingException", "TooManyRequestsException"), (), (),
        "AWS asked to slow down. Nothing is wrong with the rights; read once and keep the value.",
    ),
    KnownError(("JSONDecodeError",), (), ("secret_holds_its_keys",), "The value was read, and is not JSON."),
    KnownError((), ("cannot be assumed by lambda",), ("lambda_may_assume_role", "role_exists")),
    KnownError((), ("marked for deletion",), ("secret_is_not_deleted",)),
    KnownError((), ("marked deleted",), ("secret_is_not_deleted",)),
    KnownError((), ("pending deletion",), ("key_is_usable", "secret_is_not_deleted")),
    KnownError((), ("can't find the specified secret",), ("secret_exists", "secret_has_current_version")),
    KnownError((), ("can't decrypt",), ("key_is_usable", *_DECRYPT)),
    KnownError((), ("access to kms",), _DECRYPT),
    KnownError((), ("not authorized to perform",), ("policies_are_attached", *_READ, "decrypt_is_allowed")),
)  # fmt: skip

_CODES = {code.casefold(): code for entry in KNOWN for code in entry.codes}
_WORD = re.compile(r"[A-Za-z][A-Za-z.]{3,60}", re.ASCII)
_PRINCIPAL = re.compile(
    r"User: (arn:aws[a-z-]{0,10}:(?:sts|iam)::[0-9]{12}:[^\s\"']{1,200})", re.ASCII
)
_ACTION = re.compile(r"perform: ([a-z0-9-]{2,40}:[A-Za-z]{2,80})", re.ASCII)
_RESOURCE = re.compile(r"on resource: ([^\s\"']{1,2048})", re.ASCII)
_SECRET = re.compile(
    r"arn:aws[a-z-]{0,10}:secretsmanager:([a-z0-9-]{5,25}):([0-9]{12}):secret:([^\s\"':,]{1,520})",
    re.ASCII,
)
_KEY = re.compile(
    r"arn:aws[a-z-]{0,10}:kms:([a-z0-9-]{5,25}):([0-9]{12}):(?:key|alias)/([^\s\"':,]{1,256})",
    re.ASCII,
)
_ENDPOINT = re.compile(
    r"https://[a-z-]{2,40}\.([a-z]{2,4}(?:-[a-z]{2,12}){1,2}-[0-9])\.amazonaws", re.ASCII
)
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}\Z", re.ASCII)


@dataclass(frozen=True)
class ErrorReading:
    """What a pasted text tells. Texts are "" where it does not say."""

    code: str = ""
    checks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    action: str = ""
    principal: str = ""
    role: str = ""
    account: str = ""
    region: str = ""
    secret: str = ""
    key_id: str = ""

    @property
    def is_known(self) -> bool:
        return bool(self.checks or self.notes)


def read_error(text: str) -> ErrorReading:
    """The code, the checks that explain it, most likely first, and what the text names. Time is bounded, whatever the text."""
    plain = " ".join(text[:MAX_CHARACTERS].replace("’", "'").split())
    folded, codes = plain.casefold(), _codes(plain)
    entry = _best(codes, folded)
    secret, key, principal = _SECRET.search(plain), _KEY.search(plain), _found(_PRINCIPAL, plain)
    bare = _bare_name(plain)
    notes = (entry.note,) if entry and entry.note else ()
    checks = entry.checks if entry else ()
    if (
        bare and checks
    ):  # AWS names a secret that it did not find by its bare name: authorisation comes before existence
        checks = tuple(dict.fromkeys(("secret_exists", *checks)))
        notes = (
            *notes,
            "AWS names the secret by its bare name, so it did not find it: look at the name and the Region first.",
        )
    place = secret or key
    return ErrorReading(
        code=codes[0] if codes else "", checks=checks, notes=notes, action=_found(_ACTION, plain), principal=principal,
        role=_role(principal), account=principal.split(":")[4] if principal else place[2] if place else "",
        region=place[1] if place else _found(_ENDPOINT, plain), secret=_SUFFIX.sub("", secret[3]) if secret else bare,
        key_id=key[3] if key and ":key/" in key[0] else "",
    )  # fmt: skip


def _codes(text: str) -> list[str]:
    """The known codes in a text, in its order; a module path before one, as Python prints, does not count."""
    words = (match[0].strip(".") for match in _WORD.finditer(text))
    found = (
        _CODES.get(word.casefold()) or _CODES.get(word.rpartition(".")[2].casefold())
        for word in words
    )
    return list(dict.fromkeys(code for code in found if code))


def _best(codes: Iterable[str], folded: str) -> KnownError | None:
    """By code if there is a known one. Among its entries one that names the action says more than one that names the layer, and then the
    one with the most words."""
    known = set(codes)
    fitting = [
        entry
        for entry in KNOWN
        if (known & set(entry.codes) or not entry.codes)
        and all(word in folded for word in entry.words)
    ]
    by_code = [entry for entry in fitting if entry.codes] or fitting
    return max(by_code, key=_specificity, default=None)


def _specificity(entry: KnownError) -> tuple[bool, int]:
    return any(":" in word for word in entry.words), sum(map(len, entry.words))


def _bare_name(text: str) -> str:
    """The resource, where it is the name of a secret and no ARN."""
    resource = _found(_RESOURCE, text)
    return (
        ""
        if resource.startswith("arn:") or "secretsmanager:" not in text
        else resource.rstrip(".,;")
    )


def _role(principal: str) -> str:
    parts = principal.split(":")[-1].split("/")
    return (
        parts[1]
        if len(parts) > 1 and parts[0] == "assumed-role"
        else parts[-1]
        if parts[0] == "role"
        else ""
    )


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


def contradictions(reading: ErrorReading, run: Run) -> tuple[str, ...]:
    """Where the evidence of a run and the error do not fit together, as sentences."""
    told = [
        f"The error is about {what} {theirs}; this page is about {ours}."
        for what, theirs, ours in (
            ("role", reading.role, run.role), ("account", reading.account, run.account), ("Region", reading.region, run.region),
            ("secret", reading.secret, run.secret),
        )
        if theirs and theirs != ours
    ]  # fmt: skip
    if reading.principal and not reading.role:
        told.append(
            f"The error is about {reading.principal}, which is no session of a role: that was not the Lambda."
        )
    statuses = {finding.status for finding in run.findings if finding.check in reading.checks}
    if statuses and not told and not statuses - {"pass", "skipped"} and run.answer == "yes":
        told.append(
            "Every check that would explain this error passes now: it was put right since, or IAM has yet to catch up with a change."
        )
    return tuple(told)
