"""Facts of a version: what may be kept of its values. Derived once: a version never changes."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..errors import InvalidDocument
from .catalog import SecretSpec
from .document import Document, Member, parse_document
from .key_rules import CHECKED, check_key, is_placeholder
from .secret_value import SecretValue

Kind = Literal["object", "not_object", "not_json", "binary"]
# Hex characters: 64 bits are enough to tell values apart and too few to look one up.
FINGERPRINT_LENGTH = 16


@dataclass(frozen=True)
class KeyFacts:
    """One key of one version. The value is in it in no form but its keyed fingerprint.

    `type` is the JSON type. `problems` are those of key_rules as (level, code, text).
    """

    name: str
    fingerprint: str
    type: str = "string"
    placeholder: bool = False
    empty: bool = False
    problems: tuple[tuple[str, str, str], ...] = ()

    @property
    def short(self) -> str:
        """The fingerprint as people see it."""
        return f"{self.fingerprint[:4]}·{self.fingerprint[4:8]}"

    @property
    def is_set(self) -> bool:
        """Whether it is a value that somebody gave it: what is yet to be set is neither due nor
        tried, and nobody knows it."""
        return not self.placeholder and not self.empty

    @property
    def unloadable(self) -> str:
        """Why the Lambda cannot load the key, to be read after its name."""
        return next((text for _, code, text in self.problems if code in ("unloadable", "nul")), "")

    @property
    def error(self) -> str:
        return next((text for level, _, text in self.problems if level == "error"), "")


@dataclass(frozen=True)
class VersionFacts:
    """The facts of one version.

    `problem` says why the document is not an object, with line and column and without its text.
    `digest` is that of the catalogue's rules under which the facts were derived.
    """

    version_id: str
    kind: Kind
    keys: tuple[KeyFacts, ...] = ()
    problem: str = ""
    digest: str = ""

    def key(self, name: str) -> KeyFacts | None:
        return next((key for key in self.keys if key.name == name), None)

    def is_set(self, name: str) -> bool:
        key = self.key(name)
        return key is not None and key.is_set

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> VersionFacts:
        keys = tuple(
            KeyFacts(**{**key, "problems": tuple(tuple(p) for p in key["problems"])})
            for key in data["keys"]
        )
        return cls(data["version_id"], data["kind"], keys, data["problem"], data["digest"])


def fingerprint(value: str, key: bytes) -> str:
    """HMAC-SHA-256 of the value, cut to 64 bits.

    The key is outside the database, so that a stolen database cannot be searched for guessed
    values. Equal values have equal fingerprints everywhere, so that environments can be compared.
    """
    digest = hmac.digest(key, value.encode("utf-8", "surrogatepass"), "sha256")
    return digest.hex()[:FINGERPRINT_LENGTH]


def derive_facts(
    version_id: str, value: SecretValue | None, spec: SecretSpec, key: bytes
) -> VersionFacts:
    """Facts of a version's value; `None` for a binary one."""
    if value is None:
        return VersionFacts(version_id, "binary", digest=spec.digest)
    try:
        document = parse_document(value.reveal())
    except InvalidDocument as error:
        kind: Kind = "not_object" if error.is_json else "not_json"
        return VersionFacts(version_id, kind, problem=error.message, digest=spec.digest)
    return VersionFacts(version_id, "object", _keys(document, spec, key), digest=spec.digest)


def _keys(document: Document, spec: SecretSpec, key: bytes) -> tuple[KeyFacts, ...]:
    return tuple(key_facts(member.key, *text_of(member), spec, key) for member in document.members)


def key_facts(name: str, text: str, json_type: str, spec: SecretSpec, key: bytes) -> KeyFacts:
    """Facts of one value, stored or typed."""
    rules = spec.rules_of(name)
    problems = check_key(name, json_type, text, spec, rules)
    codes = {problem.code for problem in problems}
    return KeyFacts(
        name=name,
        fingerprint=fingerprint(text, key),
        type=json_type,
        # Of a value that was checked it is known by now: an import has hundreds.
        placeholder="placeholder" in codes if json_type in CHECKED else is_placeholder(text, rules),
        empty=text == "" and json_type == "string",
        # That a key is not in the catalogue is a state of its own.
        problems=tuple((p.level, p.code, p.text) for p in problems if p.code != "unexpected"),
    )


_TYPES = {'"': "string", "{": "object", "[": "list", "t": "boolean", "f": "boolean", "n": "null"}


def text_of(member: Member) -> tuple[str, str]:
    """A string counts as its text; anything else as it is written."""
    kind = _TYPES.get(member.text[:1], "number")
    return (member.value, kind) if kind == "string" else (member.text, kind)
