"""Evidence of the access path for many secrets of one environment, which share role, policies and
keys.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ...domain.access.actions import READ, READ_ACTIONS
from ...domain.access.context import simulation_context
from ...domain.access.encrypting_key import AWS_MANAGED, encrypting_key, is_aws_managed
from ...domain.access.evidence import (
    AccessEvidence,
    Evidence,
    Key,
    Known,
    NotAsked,
    count_failed,
    learn,
)
from ...domain.access.path import Answer, ask_decrypt, ask_read
from ...domain.environment import Environment
from ...domain.people.actor import Actor
from ...domain.secrets.secret import Secret, SecretVersion
from ...domain.session_scope import WATCH
from .. import configuration
from ..aws_access import begin, gateways
from .gather import gather_evidence

MOST_KEYS = 20  # distinct KMS keys that one pass asks about
_PER_SECRET = NotAsked("a look at this one secret")


@dataclass(frozen=True)
class KeyEvidence:
    key: Evidence[Key]
    policy: Evidence[str]
    grants: Evidence[Any]
    rotation: Evidence[bool]


_NO_KEY = KeyEvidence(*[NotAsked("the key that encrypts the current version")] * 4)


class SharedEvidence:
    """Gathered in full for one secret. For each other one, only what concerns it alone is asked."""

    def __init__(self, environment: Environment, actor: Actor, secret_name: str) -> None:
        self.environment, self.actor = environment, actor
        self.first = gather_evidence(environment, secret_name, actor)
        self.keys: dict[str, KeyEvidence] = {}
        if isinstance(self.first.key, Known):
            ours = KeyEvidence(
                self.first.key, self.first.key_policy, self.first.grants, self.first.rotation
            )
            arn = self.first.key.value.arn
            self.keys |= dict.fromkeys((arn, arn.rpartition("/")[2]), ours)
        self.aws = gateways(environment, actor, WATCH)

    def of_another(self, name: str) -> AccessEvidence:
        """The rest of a full gathering for another secret: four calls. Facts are left out."""
        secrets = self.aws.secrets_manager
        asked_secret = begin(partial(secrets.describe_secret, name))
        asked_versions = begin(partial(secrets.list_secret_version_ids, name))
        asked_policy = begin(partial(secrets.get_resource_policy, name))
        secret, versions = learn(asked_secret.result), learn(asked_versions.result)
        policy = learn(asked_policy.result)
        found: tuple[SecretVersion, ...] = versions.value if isinstance(versions, Known) else ()
        key = self.key_of(secret.value, found) if isinstance(secret, Known) else None
        return replace(
            self.first,
            secret_name=name,
            spec=configuration.spec_of(self.environment, name),
            secret=secret,
            versions=versions,
            resource_policy=policy,
            simulated=self._simulated(secret),
            value_was_read=False,
            calls=4,
            failed_calls=count_failed((secret, versions, policy)),
            facts=_PER_SECRET,
            **self._with_key(key),
        )

    def of_listed(self, secret: Secret, policy: Evidence[str]) -> AccessEvidence:
        """For the evaluator alone, without a call: versions are not asked for, so the key is the
        secret's own.
        """
        call = self.aws.secrets_manager.describe_call("ListSecrets", secret.name)
        return replace(
            self.first,
            secret_name=secret.name,
            spec=configuration.spec_of(self.environment, secret.name),
            secret=Known(secret, call),
            versions=_PER_SECRET,
            resource_policy=policy,
            simulated=_PER_SECRET,
            facts=_PER_SECRET,
            **self._with_key(self.keys.get(_name_of(secret.kms_key_id))),
        )

    def ask_about_keys(self, keys: Iterable[str]) -> list[str]:
        """Asks about each key once; those beyond MOST_KEYS are returned unasked."""
        new = sorted({_name_of(key) for key in keys} - self.keys.keys())
        for name in new[:MOST_KEYS]:
            self.keys[name] = self._ask_about(name)
        return new[MOST_KEYS:]

    def key_of(self, secret: Secret, versions: tuple[SecretVersion, ...]) -> KeyEvidence | None:
        name = _name_of(encrypting_key(secret, versions))
        self.ask_about_keys([name])
        return self.keys.get(name)

    def _ask_about(self, name: str) -> KeyEvidence:
        kms = self.aws.kms
        key = learn(partial(kms.describe_key, name))
        if not isinstance(key, Known) or key.value.manager == "AWS":
            return replace(_NO_KEY, key=key)
        arn = key.value.arn
        policy = begin(partial(kms.get_key_policy, arn))
        grants = begin(partial(kms.list_grants, arn))
        rotation = begin(partial(kms.get_key_rotation_status, arn))
        return KeyEvidence(key, learn(policy.result), learn(grants.result), learn(rotation.result))

    def _simulated(self, secret: Evidence[Secret]) -> Evidence[Any]:
        role = self.first.role
        if not isinstance(role, Known) or not isinstance(secret, Known):
            return NotAsked("the role and the secret")
        context, arns = simulation_context(self.environment), [secret.value.arn]
        simulate = self.aws.iam.simulate_principal_policy
        return learn(partial(simulate, role.value.arn, READ_ACTIONS, arns, context))

    def _with_key(self, key: KeyEvidence | None) -> dict[str, Any]:
        found = key or _NO_KEY
        return {
            "key": found.key,
            "key_policy": found.policy,
            "grants": found.grants,
            "rotation": found.rotation,
        }


def _name_of(key: str) -> str:
    return AWS_MANAGED if is_aws_managed(key) else key


def may_read(evidence: AccessEvidence) -> tuple[bool | None, str]:
    """The evaluator's answer to both hops; None with the reason where it has none."""
    answers: list[Answer] = [ask_read(evidence, READ), ask_decrypt(evidence)]
    if any(answer.truth is False for answer in answers):
        return False, ""
    for answer in answers:
        if not answer.is_allowed:
            missing = answer.evaluation.missing if answer.evaluation else ()
            return None, answer.why_not or "; ".join(answer.doubts) or " ".join(missing)
    return True, ""
