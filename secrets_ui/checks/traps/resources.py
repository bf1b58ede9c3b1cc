"""Traps in a Resource: an ARN without the characters that end it, of another Region, or of an alias."""

from __future__ import annotations

import re

from ...domain.access.context import secret_arn
from ...domain.access.evidence import AccessEvidence, Known
from ...domain.iam import Effect, Request, evaluate, parse_policy
from .trap import DECRYPT, DESCRIBE, READ, Trapped

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]", re.ASCII)
_SUFFIX = re.compile(r"[A-Za-z0-9]{6}", re.ASCII)


def note_resources(trapped: Trapped) -> None:
    """Of Allow statements: a Deny that matches nothing stands in nobody's way."""
    if (
        trapped.meant is None
        or not trapped.is_about_the_reader
        or trapped.statement.effect is Effect.DENY
    ):
        return
    if element := trapped.element("Resource"):
        values = trapped.meant[element]
        mended = [
            _mend(trapped, value) for value in (values if isinstance(values, list) else [values])
        ]
        trapped.meant[element] = mended if isinstance(values, list) else mended[0]


def _mend(trapped: Trapped, value: str) -> str:
    if not value.startswith("arn:"):
        return value
    if trapped.is_about(READ, DESCRIBE):
        value = _secret(trapped, value)
    return _key(trapped, value) if trapped.is_about(DECRYPT) else value


def _secret(trapped: Trapped, value: str) -> str:
    """The value as it should read if it was meant for the secret; itself otherwise."""
    here = _in_this_region(trapped.evidence, value)
    meant = _with_suffix(trapped, here)
    if not _covers(meant, secret_arn(trapped.evidence)):
        return value
    if here != value:
        if trapped.asked.layer_allows(trapped.place.layer, READ):
            return value  # another Region's copy, named beside the right one
        _note_region(trapped, value, trapped.is_refused(READ))
    if meant != here:
        _note_suffix(trapped, here)
    return meant


def _with_suffix(trapped: Trapped, value: str) -> str:
    """Six random characters end a secret's ARN. Those of an earlier secret of the same name count as wrong only where nothing else
    allows, since a longer name may end so too."""
    ours = f":secret:{trapped.evidence.secret_name}"
    if value.endswith(ours) and value.count(":") == 6:
        return f"{value}-??????"
    head, found, suffix = value.partition(f"{ours}-")
    is_old = (
        bool(found) and _SUFFIX.fullmatch(suffix) and isinstance(trapped.evidence.secret, Known)
    )
    return f"{head}{found}??????" if is_old and trapped.is_refused(READ) else value


def _note_suffix(trapped: Trapped, value: str) -> None:
    name = trapped.evidence.secret_name
    if value.endswith(f":secret:{name}"):
        text = f"names {name} without the six characters that end its ARN, so it matches no secret"
    else:
        text = f"names an earlier secret called {name}, whose ARN ended in other characters"
    trapped.note(
        "policies_name_the_secret_with_its_suffix", "Resource", text, trapped.is_refused(READ)
    )


def _key(trapped: Trapped, value: str) -> str:
    if not isinstance(trapped.evidence.key, Known):
        return value
    arn = trapped.evidence.key.value.arn
    if ":alias/" in value:
        text = "names the key by an alias; for kms:Decrypt a Resource is compared with the key's ARN alone, so it matches no key"
        trapped.note("policies_name_the_key_by_arn", "Resource", text, trapped.is_refused(DECRYPT))
        return arn
    here = _in_this_region(trapped.evidence, value)
    if (
        here != value
        and _covers(here, arn)
        and not trapped.asked.layer_allows(trapped.place.layer, DECRYPT)
    ):
        _note_region(trapped, value, trapped.is_refused(DECRYPT))
        return here
    return value


def _in_this_region(evidence: AccessEvidence, value: str) -> str:
    fields = value.split(":")
    if len(fields) < 6 or not _REGION.fullmatch(fields[3]):
        return value
    return ":".join([*fields[:3], evidence.environment.region, *fields[4:]])


def _note_region(trapped: Trapped, value: str, blocks: bool) -> None:
    text = f"names {value.split(':')[3]} in the ARN of what lies in {trapped.evidence.environment.region}"
    trapped.note("policies_name_this_region", "Resource", text, blocks)


def _covers(pattern: str, arn: str) -> bool:
    """Whether a Resource of a policy covers an ARN, by the evaluator's own rules."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": pattern}
    policy = parse_policy("pattern", {"Version": "2012-10-17", "Statement": statement})
    request = Request(
        "arn:aws:iam::000000000000:role/anybody",
        "any:Action",
        arn,
        "000000000000",
        identity_policies=(policy,),
    )
    return evaluate(request).is_allowed
