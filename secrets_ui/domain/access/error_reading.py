"""Reads an error text of a Lambda's log: its code, what it names, and the checks that explain it.

A text is a hint, never the verdict: AWS names only one denying layer and changes its words, and
tools add words of their own. So the code counts first, words second.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .finding import Finding
from .known_denials import DENIED
from .known_error import KnownError, Names
from .known_errors import KNOWN
from .loader_errors import LOADER_ERRORS
from .run import Run

MAX_CHARACTERS = 8_000
"""How much of a pasted text is read."""

_LOADER_NAMES = {code for entry in LOADER_ERRORS for code in entry.codes}
_CODES = {code.casefold(): code for entry in (*KNOWN, *LOADER_ERRORS) for code in entry.codes}
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
    r"\b[a-z][a-z-]{1,39}\.([a-z]{2,4}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2})\.(?:vpce\.)?amazonaws",
    re.ASCII,
)
# The policy that AWS's newer texts name at their end.
_POLICY = re.compile(
    r"explicit deny in an? [A-Za-z -]{5,40}: (arn:aws[a-z-]{0,10}:[^\s\"']{1,500})", re.ASCII
)
_PLAIN_QUOTES = str.maketrans("‘’“”", "''\"\"")
_REFUSED = "not authorized to perform"
"""What every text of a refusal says, with a code or without."""
_DENIED_BY_RESOURCE = "explicit deny in a resource-based policy"
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}\Z", re.ASCII)


@dataclass(frozen=True)
class ErrorReading:
    """What a pasted text says. Members are "" if it does not say."""

    code: str = ""
    checks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    action: str = ""
    principal: str = ""
    role: str = ""
    account: str = ""
    region: str = ""
    policy: str = ""
    secret: str = ""
    key_id: str = ""

    @property
    def is_known(self) -> bool:
        return bool(self.checks or self.notes)


def read_error(text: str) -> ErrorReading:
    """Return the code, the checks that explain it and what the text names. Time is bounded."""
    plain = " ".join(text[:MAX_CHARACTERS].translate(_PLAIN_QUOTES).split())
    folded, codes = plain.casefold(), _codes(plain)
    entry = _best(codes, folded, KNOWN) or _best(codes, folded, LOADER_ERRORS)
    secret, key, principal = _SECRET.search(plain), _KEY.search(plain), _found(_PRINCIPAL, plain)
    bare, policy = _bare_name(plain), _found(_POLICY, plain).rstrip(".,;")
    checks, notes = _explanation(entry, bare, policy, folded)
    arn = secret or key
    return ErrorReading(
        code=codes[0] if codes else "",
        checks=checks,
        notes=notes,
        action=_found(_ACTION, plain),
        principal=principal,
        role=_role(principal),
        account=principal.split(":")[4] if principal else arn[2] if arn else "",
        policy=policy,
        region=arn[1] if arn else _found(_ENDPOINT, plain),
        secret=_SUFFIX.sub("", secret[3]) if secret else bare,
        key_id=key[3] if key and ":key/" in key[0] else "",
    )


def _explanation(
    entry: KnownError | None, bare: str, policy: str, folded: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the checks and the notes."""
    if entry is None:
        return (), ()
    checks, notes = entry.checks, [entry.note] if entry.note else []
    if bare and _DENIED_BY_RESOURCE in folded:
        notes.append(f"The policy of {bare} itself refuses, so the secret exists here.")
    # AWS checks permissions before existence, and names a secret that it did not find by its name.
    elif bare:
        is_of_layer = entry.names is Names.LAYER
        found = (*checks, "secret_exists") if is_of_layer else ("secret_exists", *checks)
        checks = tuple(dict.fromkeys(found))
        notes.append(
            "AWS names the secret by its bare name, so it did not find it: "
            "look at the name and the Region first."
        )
    if policy:
        notes.append(f"AWS names the policy that refuses: {policy}.")
    return checks, tuple(notes)


def _codes(text: str) -> list[str]:
    """Return the known codes in order of appearance, AWS's before the loader's names of them.

    Python's module path before one is ignored.
    """
    words = (match[0].strip(".") for match in _WORD.finditer(text))
    found = (
        _CODES.get(word.casefold()) or _CODES.get(word.rpartition(".")[2].casefold())
        for word in words
    )
    codes = dict.fromkeys(code for code in found if code)
    return sorted(codes, key=_LOADER_NAMES.__contains__)


def _best(codes: Iterable[str], folded: str, entries: tuple[KnownError, ...]) -> KnownError | None:
    """Choose by code if there is a known one, unless words without a code tell more of the cause.

    Of those that fit, the one that tells most of the cause; then the one with the most words.
    """
    known = {*codes, *(DENIED if _REFUSED in folded else ())}
    fitting = [
        entry
        for entry in entries
        if (known & set(entry.codes) or not entry.codes)
        and all(word in folded for word in entry.words)
    ]
    return max(fitting, key=_specificity, default=None)


def _specificity(entry: KnownError) -> tuple[int, bool, int]:
    return entry.names, bool(entry.codes), sum(map(len, entry.words))


def _bare_name(text: str) -> str:
    """Return the resource if it is the name of a secret and not an ARN."""
    resource = _found(_RESOURCE, text)
    if resource.startswith(("arn:", "*")) or "secretsmanager:" not in text:
        return ""
    return resource.rstrip(".,;")


def _role(principal: str) -> str:
    parts = principal.split(":")[-1].split("/")
    if len(parts) > 1 and parts[0] == "assumed-role":
        return parts[1]
    return parts[-1] if parts[0] == "role" else ""


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


def contradictions(reading: ErrorReading, run: Run) -> tuple[str, ...]:
    """Return where the evidence of a run and the error disagree, as sentences."""
    differences = [
        f"The error is about {what} {theirs}; this page is about {ours}."
        for what, theirs, ours in (
            ("role", reading.role, run.role),
            ("account", reading.account, run.account),
            ("Region", reading.region, run.region),
            ("secret", reading.secret, run.secret),
        )
        if theirs and theirs != ours
    ]
    if reading.principal and not reading.role:
        differences.append(
            f"The error is about {reading.principal}, which is no session of a role: "
            "that was not the Lambda."
        )
    statuses = {finding.status for finding in run.findings if finding.check in reading.checks}
    are_well = "pass" in statuses and not statuses - {"pass", "skipped"}
    if are_well and not differences and run.answer == "yes":
        differences.append(
            "Every check that would explain this error passes now: "
            "it was put right since, or IAM has yet to catch up with a change."
        )
    return tuple(differences)


def sum_up(reading: ErrorReading, run: Run, titles: Mapping[str, str]) -> str:
    """Return what the checks of the error say now, and what else fails, in one sentence.

    `titles` are those of the checks, by name. "" for a text that nobody knows.
    """
    if not reading.is_known:
        return ""
    about = [finding for finding in run.findings if finding.check in reading.checks]
    failing, ours = _failing(run.findings, titles), _failing(about, titles)
    unknown = [_quoted(titles, f.check) for f in about if f.status == "unknown"]
    tried = [f for f in about if f.status in ("pass", "warn")]
    if ours:
        others = [short for short in failing if short not in ours]
        rest = f"; failing besides: {', '.join(others)}" if others else ""
        return f"Of what this error speaks of, failing now: {', '.join(ours)}{rest}."
    rest = f"; failing now: {', '.join(failing)}" if failing else ", and no other check fails"
    if unknown:
        return f"Part of what this error speaks of is not known now: {', '.join(unknown)}{rest}."
    if tried:
        return f"All that this error speaks of passes now{rest}."
    if about:
        return f"What this error speaks of could not be checked now{rest}."
    return f"No check sees what this error speaks of{rest}."


def _failing(findings: Iterable[Finding], titles: Mapping[str, str]) -> list[str]:
    """Return what fails, each by its short text, or else by the title of its check."""
    found = [finding for finding in findings if finding.status == "fail"]
    return [finding.short or _quoted(titles, finding.check) for finding in found]


def _quoted(titles: Mapping[str, str], check: str) -> str:
    return f"“{titles[check]}”"
