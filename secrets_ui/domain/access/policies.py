"""The policies in the evidence, by location, and the evidence with one of them replaced."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ..errors import AwsCall
from ..errors.nesting import load_json
from ..iam import (
    Layer,
    MalformedPolicy,
    NamedPolicy,
    PolicyKind,
    Statement,
    StatementResult,
    parse_policy,
)
from .aws_managed_key import has_aws_managed_key
from .evidence import AccessEvidence, Document, Evidence, Known
from .network import Network
from .way import find_way

NO_STATEMENT = json.dumps({"Version": "2012-10-17", "Statement": []})
"""The text of a policy of which nothing is left."""
_TYPED = AwsCall("typed")


@dataclass(frozen=True)
class AttachedPolicy:
    """A policy in the evidence.

    `location` is key, secret, endpoint, boundary, trust, `identity:NAME` or `console:NAME`.
    `layer` is None for a trust policy.
    """

    location: str
    kind: PolicyKind
    layer: Layer | None
    name: str
    text: str
    arn: str = ""

    @property
    def title(self) -> str:
        return _TITLES.get(self.location, f"policy {self.name}")

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The parsed statements; empty for a policy that cannot be parsed."""
        try:
            return parsed(self.name, self.text, self.kind).statements if self.text else ()
        except MalformedPolicy:
            return ()

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The statements as written, as copies that may be changed."""
        found = load_json(self.text)["Statement"] if self.text else []
        return found if isinstance(found, list) else [found]

    def with_statements(self, documents: list[Mapping[str, Any]]) -> str:
        """Return the text of the whole policy with other statements."""
        whole = load_json(self.text) if self.text else {"Version": "2012-10-17"}
        return json.dumps({**whole, "Statement": documents})


_TITLES = {
    "key": "the key policy",
    "secret": "the secret's policy",
    "endpoint": "the VPC endpoint policy",
    "boundary": "the permissions boundary",
    "trust": "the trust policy",
}


@lru_cache(maxsize=256)
def parsed(name: str, text: str, kind: PolicyKind) -> NamedPolicy:
    """Parse a policy, once for all the checks that need it. Raises MalformedPolicy."""
    return parse_policy(name, text, kind)


@lru_cache(maxsize=16)
def list_policies(evidence: AccessEvidence) -> tuple[AttachedPolicy, ...]:
    """Return all policies that could be read, this console's own last."""
    return tuple(_list_policies(evidence))


def _list_policies(evidence: AccessEvidence) -> Iterator[AttachedPolicy]:
    if isinstance(evidence.role, Known):
        role = evidence.role.value
        yield AttachedPolicy("trust", PolicyKind.TRUST, None, role.name, role.trust, role.arn)
    yield from _identity(evidence.documents, "identity")
    if isinstance(evidence.boundary, Known):
        yield _document("boundary", Layer.BOUNDARY, evidence.boundary.value)
    if isinstance(evidence.resource_policy, Known):
        yield AttachedPolicy(
            "secret",
            PolicyKind.RESOURCE,
            Layer.RESOURCE,
            evidence.secret_name,
            evidence.resource_policy.value,
        )
    if endpoint := find_way(evidence).endpoint:
        yield AttachedPolicy(
            "endpoint", PolicyKind.RESOURCE, Layer.ENDPOINT, endpoint.id, endpoint.policy
        )
    # Nobody can change the policy of a key that AWS manages.
    is_ours = not has_aws_managed_key(evidence)
    if is_ours and isinstance(evidence.key_policy, Known) and isinstance(evidence.key, Known):
        key = evidence.key.value
        yield AttachedPolicy(
            "key", PolicyKind.KEY, Layer.RESOURCE, key.key_id, evidence.key_policy.value, key.arn
        )
    yield from _identity(evidence.console.documents, "console")


def _identity(documents: Mapping[str, Evidence[Document]], of: str) -> Iterator[AttachedPolicy]:
    for name, found in documents.items():
        if isinstance(found, Known):
            yield _document(f"{of}:{name}", Layer.IDENTITY, found.value)


def _document(location: str, layer: Layer, document: Document) -> AttachedPolicy:
    return AttachedPolicy(
        location, PolicyKind.IDENTITY, layer, document.name, document.text, document.arn
    )


def policy_of(evidence: AccessEvidence, result: StatementResult) -> AttachedPolicy:
    """Return the policy that holds a statement of an evaluation. Raises LookupError."""
    for policy in list_policies(evidence):
        if (policy.layer, policy.name) == (result.layer, result.policy):
            found = [item for item in policy.statements if item.index == result.statement.index]
            if found and found[0].document == result.statement.document:
                return policy
    raise LookupError(result.policy)


def with_policy(evidence: AccessEvidence, location: str, text: str) -> AccessEvidence:
    """Return the evidence with `text` as the policy at `location`.

    Raises LookupError for a location that is not in the evidence.
    """
    found = {item.location: item for item in list_policies(evidence)}[location]
    typed: Known[Document] = Known(Document(found.name, text, found.arn), _TYPED)
    match location.partition(":"):
        case ("key", *_):
            return replace(evidence, key_policy=Known(text, _TYPED))
        case ("secret", *_):
            return replace(evidence, resource_policy=Known(text.strip(), _TYPED))
        case ("boundary", *_):
            return replace(evidence, boundary=typed)
        case ("endpoint", *_):
            return replace(evidence, network=_with_endpoint_policy(evidence.network, found, text))
        case ("trust", *_) if isinstance(evidence.role, Known):
            return replace(evidence, role=Known(replace(evidence.role.value, trust=text), _TYPED))
        case ("identity", _, name):
            return replace(evidence, documents={**evidence.documents, name: typed})
        case (_, _, name):
            documents = {**evidence.console.documents, name: typed}
            return replace(evidence, console=replace(evidence.console, documents=documents))


def _with_endpoint_policy(network: Network, found: AttachedPolicy, text: str) -> Network:
    endpoints = network.endpoints.value if isinstance(network.endpoints, Known) else ()
    changed = [replace(e, policy=text) if e.id == found.name else e for e in endpoints]
    return replace(network, endpoints=Known(tuple(changed), _TYPED))
