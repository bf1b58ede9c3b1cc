"""A secret's description and tags: what a person wants of them, and the steps that lead there."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ..secrets.secret import Secret

Part = Literal["description", "tags", "tags taken off"]
# What a description or a set of tags is to be, or was, by name; None: not there.
Texts = Mapping[str, str | None]
_RESERVED = "aws:"


@dataclass(frozen=True)
class Description:
    """`seen` is the digest of what the page showed, so that nobody's later change is lost."""

    secret: str
    text: str
    tags: Mapping[str, str]
    seen: str
    reason: str = ""
    typed_name: str = ""


@dataclass(frozen=True)
class Step:
    """One call to AWS, and one act on record: AWS then shows of each whether it was done."""

    part: Part
    to: Texts
    was: Texts


def own_tags(secret: Secret) -> dict[str, str]:
    """Those that people may change; AWS keeps the others for itself."""
    return {key: text for key, text in secret.tags.items() if not is_reserved(key)}


def is_reserved(tag: str) -> bool:
    return tag.lower().startswith(_RESERVED)


def digest_of(secret: Secret) -> str:
    """Names this description with these tags."""
    text = json.dumps([secret.description, own_tags(secret)], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def steps(secret: Secret, wanted: Description) -> Iterator[Step]:
    """None where everything is as it is wanted."""
    if wanted.text != secret.description:
        to, was = {"description": wanted.text}, {"description": secret.description}
        yield Step("description", to, was)
    tags = own_tags(secret)
    new = {key: text for key, text in wanted.tags.items() if tags.get(key) != text}
    if new:
        yield Step("tags", new, {key: tags.get(key) for key in new})
    if gone := [key for key in tags if key not in wanted.tags]:
        yield Step("tags taken off", dict.fromkeys(gone), {key: tags[key] for key in gone})


def is_done(secret: Secret, part: Part, to: Texts, was: Texts) -> bool | None:
    """Whether AWS shows what a step leads to, or still what was; None where it is neither, so that
    somebody else has been there since."""
    is_text = part == "description"
    now: Texts = {"description": secret.description} if is_text else secret.tags
    found = {key: now.get(key) for key in to}
    if found == dict(to):
        return True
    return False if found == dict(was) else None
