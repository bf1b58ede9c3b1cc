"""The decisions along the path role → identity policies → secret → key, from evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..errors import AwsCall
from ..iam import Decision, Evaluation, Grant, Layer, MalformedPolicy, PolicyKind, Request, evaluate
from .actions import BATCH, DECRYPT
from .aws_managed_key import (
    DOCUMENTED,
    NAME,
    documented_policy,
    has_aws_managed_key,
    key_arn,
    keys_named,
)
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
from .evidence import AccessEvidence, Evidence, Known, Missing
from .expected_policies import via_service
from .organization import organization_context, resource_control, service_control
from .policies import parsed
from .reading import Parse, Reading, read_endpoint, read_role, why_unknown


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

    `service` is the one through which KMS is called, "" for a direct call. Of the AWS-managed key
    the policy is the one that AWS documents.
    """
    caller = caller or lambda_caller(evidence)
    if has_aws_managed_key(evidence):
        return _ask_managed_key(evidence, caller, action, service, parse)
    if not isinstance(evidence.key, Known):
        return Answer(
            None, why_not=why_unknown("the key that encrypts the current version", evidence.key)
        )
    key = evidence.key.value
    policy = _Resource(
        key.key_id, PolicyKind.KEY, evidence.key_policy, "the key policy", evidence.grants
    )
    return _ask_key(evidence, caller, action, service, parse, key.arn, policy)


def _ask_managed_key(
    evidence: AccessEvidence, caller: Caller, action: str, service: str, parse: Parse
) -> Answer:
    """A key whose id AWS did not tell may be any that a policy names: then each is tried."""
    secret = secret_arn(evidence)
    text = documented_policy(secret, via_service(evidence.environment))
    policy = _Resource(
        DOCUMENTED, PolicyKind.KEY, Known(text, AwsCall("")), "the key policy", has_rcps=False
    )
    ask = partial(_ask_key, evidence, caller, action, service, parse, policy=policy)
    answer = ask(key_arn(evidence.key, secret))
    if isinstance(evidence.key, Known) or answer.evaluation is None:
        return answer
    named = keys_named(secret, (r.statement for r in answer.evaluation.statements))
    if all(ask(arn).truth is answer.truth for arn in named):
        return answer
    what = f"the id of the key {NAME}, on which a policy depends,"
    return Answer(None, why_not=why_unknown(what, evidence.key))


def _ask_key(
    evidence: AccessEvidence,
    caller: Caller,
    action: str,
    service: str,
    parse: Parse,
    arn: str,
    policy: _Resource,
) -> Answer:
    context = (
        decrypt_context(evidence, caller, action)
        if service == "secretsmanager"
        else kms_context(evidence, caller, service)
    )
    unknown = unknown_kms_keys(evidence, caller, service)
    return _ask(evidence, caller, action, arn, context, unknown, policy, parse)


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


@dataclass(frozen=True)
class _Resource:
    """A resource policy and, for a key, its grants. `has_rcps`: whether RCPs limit its use."""

    name: str
    kind: PolicyKind
    found: Evidence[str]
    title: str
    grants: Evidence[tuple[Grant, ...]] | None = None
    has_rcps: bool = True


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
    reading = Reading(parse)
    identity, boundary = read_role(caller.evidence, reading)
    # A secret that does not exist has no policy either.
    if policy.kind is PolicyKind.KEY or not isinstance(policy.found, Missing):
        reading.missing(Layer.RESOURCE, policy.title, policy.found)
    text = policy.found.value if isinstance(policy.found, Known) else ""
    stated = reading.policy(Layer.RESOURCE, policy.name, text, policy.kind) if text else ()
    if policy.grants is not None:
        reading.missing(Layer.GRANT, "the key's grants", policy.grants)
    scps = [level.service for level in service_control(evidence, caller)]
    control = resource_control(evidence, caller, action, resource) if policy.has_rcps else ()
    rcps = [level.resource for level in control]
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
        service_control_policies=reading.levels(Layer.SCP, scps, PolicyKind.IDENTITY),
        resource_control_policies=reading.levels(Layer.RCP, rcps, PolicyKind.RESOURCE),
        endpoint_policy=read_endpoint(evidence, caller, action, reading),
        unknown_context_keys=unknown - absent - (context.keys() - caller.unknown),
        unreadable_layers=frozenset(reading.unreadable),
    )
    return Answer(
        evaluate(request), request, doubts=tuple(reading.doubts), malformed=reading.malformed
    )
