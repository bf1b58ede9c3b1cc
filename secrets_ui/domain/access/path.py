"""The decisions along the path role → identity policies → secret → key, from evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import AwsCall
from ..iam import (
    Decision,
    Evaluation,
    Grant,
    Layer,
    MalformedPolicy,
    NamedPolicy,
    PolicyKind,
    Request,
    evaluate,
)
from .actions import BATCH, DECRYPT
from .context import (
    Caller,
    account_of,
    batch_context,
    decrypt_context,
    iam_context,
    kms_context,
    lambda_caller,
    read_context,
    secret_arn,
    unknown_iam_keys,
    unknown_keys,
    unknown_kms_keys,
)
from .encrypting_key import encrypting_key, is_aws_managed
from .evidence import (
    AccessEvidence,
    Denied,
    Document,
    Evidence,
    Known,
    Missing,
    NotAsked,
    RoleEvidence,
    Unlearnt,
)
from .organization import organization_context, resource_control, service_control
from .policies import parsed

Parse = Callable[[str, str, PolicyKind], NamedPolicy]
"""Takes a policy's name and text. Raises MalformedPolicy."""


@dataclass(frozen=True)
class Answer:
    """The evaluator's decision, or why there is none.

    `doubts` names the layers that could not be read, a `malformed` policy among them.
    """

    evaluation: Evaluation | None
    request: Request | None = None
    why_not: str = ""
    doubts: tuple[str, ...] = ()
    malformed: MalformedPolicy | None = None

    @property
    def is_allowed(self) -> bool:
        return self.evaluation is not None and self.evaluation.is_allowed

    @property
    def truth(self) -> bool | None:
        """Whether it is allowed; None where that cannot be told."""
        if self.evaluation is None or self.evaluation.decision is Decision.UNDETERMINED:
            return None
        return self.evaluation.is_allowed

    @property
    def missing(self) -> tuple[str, ...]:
        """Why it cannot be told, one phrase or sentence each."""
        if self.evaluation is None:
            return (self.why_not,)
        return self.doubts or self.evaluation.missing


def has_aws_managed_key(evidence: AccessEvidence) -> bool:
    """Whether AWS manages the key. Then readers in the secret's account need no right in KMS."""
    if not isinstance(evidence.secret, Known):
        return False
    versions = evidence.versions.value if isinstance(evidence.versions, Known) else ()
    is_managed = isinstance(evidence.key, Known) and evidence.key.value.manager == "AWS"
    return is_managed or is_aws_managed(encrypting_key(evidence.secret.value, versions))


def ask_read(
    evidence: AccessEvidence, action: str, caller: Caller | None = None, parse: Parse = parsed
) -> Answer:
    """Decide whether the Lambda (or `caller`) may call `action` on the secret, with all layers."""
    caller = caller or lambda_caller(evidence)
    policy = _Resource(
        evidence.secret_name,
        PolicyKind.RESOURCE,
        evidence.resource_policy,
        "the secret's own policy",
    )
    context, unknown = read_context(evidence, caller), unknown_keys(evidence, caller)
    return _ask(evidence, caller, action, secret_arn(evidence), context, unknown, policy, parse)


def ask_decrypt(
    evidence: AccessEvidence,
    action: str = DECRYPT,
    caller: Caller | None = None,
    service: str = "secretsmanager",
    parse: Parse = parsed,
) -> Answer:
    """Decide whether the Lambda (or `caller`) may use the key, with all layers.

    `service` is the one through which KMS is called, "" for a direct call.
    """
    if not isinstance(evidence.key, Known):
        return Answer(
            None, why_not=why_unknown("the key that encrypts the current version", evidence.key)
        )
    caller, key = caller or lambda_caller(evidence), evidence.key.value
    context = (
        decrypt_context(evidence, caller, action)
        if service == "secretsmanager"
        else kms_context(evidence, caller, service)
    )
    policy = _Resource(
        key.key_id, PolicyKind.KEY, evidence.key_policy, "the key policy", evidence.grants
    )
    unknown = unknown_kms_keys(evidence, caller, service)
    return _ask(evidence, caller, action, key.arn, context, unknown, policy, parse)


def ask_batch(evidence: AccessEvidence) -> Answer:
    """Decide whether the Lambda may read several secrets with one call: AWS ties that to no secret,
    so that no secret's policy counts, and asks READ for each besides.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
    """
    caller = lambda_caller(evidence)
    context = batch_context(evidence, caller)
    unknown = unknown_keys(evidence, caller) | {"aws:ResourceAccount"}
    return _ask(evidence, caller, BATCH, "*", context, unknown, _NO_POLICY, parsed)


def ask_iam(evidence: AccessEvidence, action: str, caller: Caller, parse: Parse) -> Answer:
    """Decide whether `caller` may call an action of IAM on its own role or user."""
    context, unknown = iam_context(evidence, caller), unknown_iam_keys(evidence, caller)
    return _ask(evidence, caller, action, caller.role_arn, context, unknown, _NO_POLICY, parse)


class _Reading:
    """Collects policies. A layer that cannot be read counts as unreadable, never as empty."""

    def __init__(self, parse: Parse) -> None:
        self.parse = parse
        self.doubts: list[str] = []
        self.unreadable: set[Layer] = set()
        self.malformed: MalformedPolicy | None = None

    def missing(self, layer: Layer, what: str, found: Unlearnt | Known[Any]) -> None:
        if not isinstance(found, Known):
            self.unreadable.add(layer)
            self.doubts.append(why_unknown(what, found))

    def policy(
        self, layer: Layer, name: str, text: str, kind: PolicyKind
    ) -> tuple[NamedPolicy, ...]:
        try:
            return (self.parse(name, text, kind),)
        except MalformedPolicy as error:
            self.malformed = self.malformed or error
            self.unreadable.add(layer)
            self.doubts.append(error.message.rstrip("."))
            return ()

    def documents(
        self, layer: Layer, found: Iterable[Evidence[Document]]
    ) -> tuple[NamedPolicy, ...]:
        known = (item.value for item in found if isinstance(item, Known))
        return tuple(
            policy
            for d in known
            for policy in self.policy(layer, d.name, d.text, PolicyKind.IDENTITY)
        )

    def levels(
        self, layer: Layer, levels: Iterable[tuple[Document, ...]], kind: PolicyKind
    ) -> tuple[tuple[NamedPolicy, ...], ...]:
        """None where nothing is attached anywhere: such policies are then not enabled. A level with
        a policy that cannot be parsed is left out, since that may allow what the others do not.
        """
        found = []
        for level in levels:
            parsed = [p for d in level for p in self.policy(layer, d.name, d.text, kind)]
            if len(parsed) == len(level):
                found.append(tuple(parsed))
        return tuple(found) if any(found) else ()


@dataclass(frozen=True)
class _Resource:
    """A resource policy and, for a key, its grants."""

    name: str
    kind: PolicyKind
    found: Evidence[str]
    title: str
    grants: Evidence[tuple[Grant, ...]] | None = None


_NO_POLICY = _Resource("", PolicyKind.RESOURCE, Known("", AwsCall("")), "")


def _ask(
    evidence: AccessEvidence,
    caller: Caller,
    action: str,
    resource: str,
    context: Mapping[str, Any],
    unknown: frozenset[str],
    policy: _Resource,
    parse: Parse,
) -> Answer:
    reading = _Reading(parse)
    identity, boundary = _read_role(caller.evidence, reading)
    # A secret that does not exist has no policy either.
    if policy.kind is PolicyKind.KEY or not isinstance(policy.found, Missing):
        reading.missing(Layer.RESOURCE, policy.title, policy.found)
    text = policy.found.value if isinstance(policy.found, Known) else ""
    stated = reading.policy(Layer.RESOURCE, policy.name, text, policy.kind) if text else ()
    if policy.grants is not None:
        reading.missing(Layer.GRANT, "the key's grants", policy.grants)
    services = service_control(evidence, caller)
    resources = resource_control(evidence, caller, action, resource)
    given, absent = organization_context(evidence, caller, resource)
    context = {**context, **given}
    request = Request(
        principal=caller.arn,
        action=action,
        resource=resource,
        resource_account=account_of(resource) or evidence.environment.account,
        context=context,
        identity_policies=identity,
        permission_boundaries=boundary,
        resource_policy=stated[0] if stated else None,
        grants=policy.grants.value if isinstance(policy.grants, Known) else (),
        service_control_policies=reading.levels(
            Layer.SCP, [level.service for level in services], PolicyKind.IDENTITY
        ),
        resource_control_policies=reading.levels(
            Layer.RCP, [level.resource for level in resources], PolicyKind.RESOURCE
        ),
        unknown_context_keys=unknown - absent - (context.keys() - caller.unknown),
        unreadable_layers=frozenset(reading.unreadable),
    )
    return Answer(
        evaluate(request), request, doubts=tuple(reading.doubts), malformed=reading.malformed
    )


def _read_role(
    role: RoleEvidence, reading: _Reading
) -> tuple[tuple[NamedPolicy, ...], tuple[NamedPolicy, ...]]:
    reading.missing(Layer.IDENTITY, "the attached policies", role.attached)
    reading.missing(Layer.IDENTITY, "the inline policies", role.inline)
    for name, found in role.documents.items():
        reading.missing(Layer.IDENTITY, f"policy {name}", found)
    identity = reading.documents(Layer.IDENTITY, role.documents.values())
    if role.boundary is None:
        return identity, ()
    reading.missing(Layer.BOUNDARY, "the permissions boundary", role.boundary)
    return identity, reading.documents(Layer.BOUNDARY, [role.boundary])


def why_unknown(what: str, found: Unlearnt | Known[Any]) -> str:
    """Return a phrase that says why something is not known."""
    if isinstance(found, Denied):
        return f"{what} could not be read, because this console lacks {found.permission}"
    if isinstance(found, Missing):
        return f"{what} is not there"
    if isinstance(found, NotAsked):
        return f"{what} could not be asked for without {found.because}"
    return f"{what} could not be read: {getattr(found, 'why', '').rstrip('.')}"
