"""Traps in a Resource: an ARN without its suffix, of another Region, or of an alias."""

import re

from ...domain.access.actions import DECRYPT, DESCRIBE, READ
from ...domain.access.context import secret_arn
from ...domain.access.evidence import AccessEvidence, Known
from ...domain.iam import Effect, Request, evaluate, parse_policy
from .trap import StatementReview

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]", re.ASCII)
_SUFFIX = re.compile(r"[A-Za-z0-9]{6}", re.ASCII)
# A pattern of the suffix with too few or too many characters. Eight or more may be meant for a
# longer name.
_MISCOUNTED = re.compile(r"(?!.{6}\Z)[A-Za-z0-9?]{0,7}", re.ASCII)
_PARTLY = re.compile(r"[A-Za-z0-9?]{6,}", re.ASCII)


def note_resources(review: StatementReview) -> None:
    """Note traps in Allow statements. A Deny that matches nothing does no harm."""
    if (
        review.corrected is None
        or not review.is_about_the_reader
        or review.statement.effect is Effect.DENY
    ):
        return
    if element := review.element("Resource"):
        values = review.corrected[element]
        corrected = [
            _correct(review, value) for value in (values if isinstance(values, list) else [values])
        ]
        review.corrected[element] = corrected if isinstance(values, list) else corrected[0]


def _correct(review: StatementReview, value: str) -> str:
    if not value.startswith("arn:"):
        return value
    if review.is_about(READ, DESCRIBE):
        value = _secret(review, value)
    return _key(review, value) if review.is_about(DECRYPT) else value


def _secret(review: StatementReview, value: str) -> str:
    """Return the value as it should read if it was meant for the secret, else unchanged."""
    here = _in_this_region(review.evidence, value)
    corrected = _with_suffix(review, here)
    if not _covers(corrected, secret_arn(review.evidence)):
        return value
    if here != value:
        if review.answers.layer_allows(review.policy.layer, READ):
            # Another Region's copy, named beside the right one.
            return value
        _note_region(review, value, review.is_refused(READ))
    if corrected != here:
        _note_suffix(review, here)
    return corrected


def _with_suffix(review: StatementReview, value: str) -> str:
    """Add the wildcard for the six random characters that end a secret's ARN.

    The suffix of an earlier secret of the same name is replaced only if nothing else allows the
    read, since a longer name may end in the same way.
    """
    ours = f":secret:{review.evidence.secret_name}"
    if value.endswith(ours) and value.count(":") == 6:
        return f"{value}-??????"
    head, found, suffix = value.partition(f"{ours}-")
    corrected = f"{head}{found}??????"
    if not found or _covers(value, secret_arn(review.evidence)):
        return value
    if not suffix.strip("?") and _MISCOUNTED.fullmatch(suffix):
        return corrected
    is_known = isinstance(review.evidence.secret, Known)
    is_old = is_known and (
        _SUFFIX.fullmatch(suffix) or _MISCOUNTED.fullmatch(suffix) or _PARTLY.fullmatch(suffix)
    )
    return corrected if is_old and review.is_refused(READ) else value


def _note_suffix(review: StatementReview, value: str) -> None:
    name = review.evidence.secret_name
    suffix = value.rpartition(f":secret:{name}-")[2]
    if value.endswith(f":secret:{name}"):
        text = f"names {name} without the six characters that end its ARN, so it matches no secret"
    elif len(suffix) != 6 or "?" in suffix:
        text = (
            f"names {name} with {len(suffix)} characters after its hyphen, of which its ARN has six"
            if len(suffix) != 6
            else f"names {name} with other characters at the end than its ARN has"
        )
    else:
        text = f"names an earlier secret called {name}, whose ARN ended in other characters"
    review.note(
        "policies_name_the_secret_with_its_suffix", "Resource", text, review.is_refused(READ)
    )


def _key(review: StatementReview, value: str) -> str:
    if not isinstance(review.evidence.key, Known):
        return value
    arn = review.evidence.key.value.arn
    if ":alias/" in value:
        text = (
            "names the key by an alias; for kms:Decrypt a Resource is compared with the key's "
            "ARN alone, so it matches no key"
        )
        review.note("policies_name_the_key_by_arn", "Resource", text, review.is_refused(DECRYPT))
        return arn
    here = _in_this_region(review.evidence, value)
    if (
        here != value
        and _covers(here, arn)
        and not review.answers.layer_allows(review.policy.layer, DECRYPT)
    ):
        _note_region(review, value, review.is_refused(DECRYPT))
        return here
    return value


def _in_this_region(evidence: AccessEvidence, value: str) -> str:
    fields = value.split(":")
    if len(fields) < 6 or not _REGION.fullmatch(fields[3]):
        return value
    return ":".join([*fields[:3], evidence.environment.region, *fields[4:]])


def _note_region(review: StatementReview, value: str, blocks: bool) -> None:
    text = (
        f"names {value.split(':')[3]} in the ARN of what lies in "
        f"{review.evidence.environment.region}"
    )
    review.note("policies_name_this_region", "Resource", text, blocks)


def _covers(pattern: str, arn: str) -> bool:
    """Whether a Resource covers an ARN, by the evaluator's own rules."""
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
