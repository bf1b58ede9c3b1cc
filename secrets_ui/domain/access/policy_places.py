"""Every policy that takes part in the answer, by the place where it stands; and the same evidence with one of them exchanged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ..errors import AwsCall
from ..iam import (
    Layer,
    MalformedPolicy,
    NamedPolicy,
    PolicyKind,
    Statement,
    StatementResult,
    parse_policy,
)
from .evidence import AccessEvidence, Document, Evidence, Known

_TYPED = AwsCall("typed")


@dataclass(frozen=True)
class PolicyPlace:
    """`place` is its address: key, secret, boundary, trust, `identity:NAME` or `console:NAME`. `layer` is None for a trust policy."""

    place: str
    kind: PolicyKind
    layer: Layer | None
    name: str
    text: str
    arn: str = ""

    @property
    def title(self) -> str:
        return _TITLES.get(self.place, f"policy {self.name}")

    @property
    def statements(self) -> tuple[Statement, ...]:
        """None for a policy that cannot be read."""
        try:
            return parsed(self.name, self.text, self.kind).statements if self.text else ()
        except MalformedPolicy:
            return ()

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The statements as they are written, as copies that may be changed."""
        found = json.loads(self.text)["Statement"] if self.text else []
        return found if isinstance(found, list) else [found]

    def with_statements(self, documents: list[Mapping[str, Any]]) -> str:
        """The whole policy's text with other statements."""
        whole = json.loads(self.text) if self.text else {"Version": "2012-10-17"}
        return json.dumps({**whole, "Statement": documents})


_TITLES = {
    "key": "the key policy",
    "secret": "the secret's policy",
    "boundary": "the permissions boundary",
    "trust": "the trust policy",
}


@lru_cache(maxsize=256)
def parsed(name: str, text: str, kind: PolicyKind) -> NamedPolicy:
    """A policy parsed once: every check asks about the same few. Raises MalformedPolicy."""
    return parse_policy(name, text, kind)


@lru_cache(maxsize=16)
def places(evidence: AccessEvidence) -> tuple[PolicyPlace, ...]:
    """All policies that could be read, this console's own at the end."""
    return tuple(_places(evidence))


def _places(evidence: AccessEvidence) -> Iterator[PolicyPlace]:
    if isinstance(evidence.role, Known):
        role = evidence.role.value
        yield PolicyPlace("trust", PolicyKind.TRUST, None, role.name, role.trust, role.arn)
    yield from _identity(evidence.documents, "identity")
    if isinstance(evidence.boundary, Known):
        yield _document("boundary", Layer.BOUNDARY, evidence.boundary.value)
    if isinstance(evidence.resource_policy, Known):
        yield PolicyPlace(
            "secret",
            PolicyKind.RESOURCE,
            Layer.RESOURCE,
            evidence.secret_name,
            evidence.resource_policy.value,
        )
    if isinstance(evidence.key_policy, Known) and isinstance(evidence.key, Known):
        key = evidence.key.value
        yield PolicyPlace(
            "key", PolicyKind.KEY, Layer.RESOURCE, key.key_id, evidence.key_policy.value, key.arn
        )
    yield from _identity(evidence.console.documents, "console")


def _identity(documents: Mapping[str, Evidence[Document]], of: str) -> Iterator[PolicyPlace]:
    for name, found in documents.items():
        if isinstance(found, Known):
            yield _document(f"{of}:{name}", Layer.IDENTITY, found.value)


def _document(place: str, layer: Layer, document: Document) -> PolicyPlace:
    return PolicyPlace(
        place, PolicyKind.IDENTITY, layer, document.name, document.text, document.arn
    )


def place_of(evidence: AccessEvidence, result: StatementResult) -> PolicyPlace:
    """Where a statement of an evaluation stands. Raises LookupError."""
    for place in places(evidence):
        if (place.layer, place.name) == (result.layer, result.policy):
            found = [item for item in place.statements if item.index == result.statement.index]
            if found and found[0].document == result.statement.document:
                return place
    raise LookupError(result.policy)


def exchanged(evidence: AccessEvidence, place: str, text: str) -> AccessEvidence:
    """The same evidence with the policy at `place` reading `text`; LookupError for a place that does not take part."""
    found = {item.place: item for item in places(evidence)}[place]
    typed: Known[Document] = Known(Document(found.name, text, found.arn), _TYPED)
    match place.partition(":"):
        case ("key", *_):
            return replace(evidence, key_policy=Known(text, _TYPED))
        case ("secret", *_):
            return replace(evidence, resource_policy=Known(text.strip(), _TYPED))
        case ("boundary", *_):
            return replace(evidence, boundary=typed)
        case ("trust", *_) if isinstance(evidence.role, Known):
            return replace(evidence, role=Known(replace(evidence.role.value, trust=text), _TYPED))
        case ("identity", _, name):
            return replace(evidence, documents={**evidence.documents, name: typed})
        case (_, _, name):
            documents = {**evidence.console.documents, name: typed}
            return replace(evidence, console=replace(evidence.console, documents=documents))
