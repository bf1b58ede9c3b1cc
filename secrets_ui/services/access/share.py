"""Evidence of the access path for many secrets: role, policies and keys are asked for once an environment, and shared by its secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ...aws.iam import IamGateway
from ...aws.kms import KmsGateway
from ...domain.access.actions import READ, READ_ACTIONS
from ...domain.access.context import simulation_context
from ...domain.access.encrypting_key import AWS_MANAGED, encrypting_key, is_aws_managed
from ...domain.access.evidence import AccessEvidence, Evidence, Key, Known, NotAsked, unlearnt
from ...domain.access.path import Answer, ask_decrypt, ask_read, has_aws_managed_key
from ...domain.environment import Environment
from ...domain.errors import AwsCall, AwsError
from ...domain.iam import Decision
from ...domain.people.actor import Actor
from ...domain.secrets.secret import Secret, SecretVersion
from ...domain.session_scope import WATCH
from .. import configuration
from ..aws_access import gather, secrets_manager, sessions
from .gather import gather_evidence

MOST_KEYS = 20  # distinct KMS keys that one pass asks about
_PER_SECRET = NotAsked("a look at this one secret")


@dataclass(frozen=True)
class KeyEvidence:
    key: Evidence[Key]
    policy: Evidence[str]
    grants: Evidence[Any]
    rotation: Evidence[bool]


class SharedEvidence:
    """Gathered in full for one secret; for the others, what is about them alone is asked or handed in."""

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
        self.iam = IamGateway(
            sessions().client(environment, "iam", actor.session_name, WATCH), environment
        )
        self.kms = KmsGateway(
            sessions().client(environment, "kms", actor.session_name, WATCH), environment
        )
        self.secrets = secrets_manager(environment, actor, WATCH)

    def of_another(self, name: str) -> AccessEvidence:
        """The rest of a full gathering for another secret: four calls. Facts are the caller's to add."""
        asked: list[Callable[[], Any]] = [
            partial(self.secrets.describe_secret, name),
            partial(self.secrets.list_secret_version_ids, name),
            partial(self.secrets.get_resource_policy, name),
        ]
        answers = gather(asked)
        secret, versions, policy = (
            self._evidence(name, op, a) for op, a in zip(_OPERATIONS, answers, strict=True)
        )
        found: tuple[SecretVersion, ...] = versions.value if isinstance(versions, Known) else ()
        key = self.key_of(secret.value, found) if isinstance(secret, Known) else None
        return replace(
            self.first, secret_name=name, spec=configuration.spec_of(self.environment, name), secret=secret, versions=versions,
            resource_policy=policy, simulated=self._simulated(secret), value_was_read=False, calls=4, facts=_PER_SECRET, **self._with_key(key),
        )  # fmt: skip

    def of_listed(self, secret: Secret, policy: Evidence[str]) -> AccessEvidence:
        """For the evaluator alone, without a call: versions are not asked for, so the key is the secret's own."""
        key = self.keys.get(_name_of(secret.kms_key_id))
        return replace(
            self.first, secret_name=secret.name, spec=configuration.spec_of(self.environment, secret.name),
            secret=Known(secret, self.secrets.about("ListSecrets", secret.name)), versions=_PER_SECRET, resource_policy=policy,
            simulated=_PER_SECRET, facts=_PER_SECRET, **self._with_key(key),
        )  # fmt: skip

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
        key = _kept(partial(self.kms.describe_key, name))
        if not isinstance(key, Known) or key.value.manager == "AWS":
            none = NotAsked("the key that encrypts the current version")
            return KeyEvidence(key, none, none, none)
        arn = key.value.arn
        asked: list[Callable[[], Any]] = [
            partial(self.kms.get_key_policy, arn),
            partial(self.kms.list_grants, arn),
            partial(self.kms.get_key_rotation_status, arn),
        ]
        policy, grants, rotation = (
            unlearnt(a) if isinstance(a, AwsError) else a for a in gather(asked)
        )
        return KeyEvidence(key, policy, grants, rotation)

    def _simulated(self, secret: Evidence[Secret]) -> Evidence[Any]:
        role = self.first.role
        if not isinstance(role, Known) or not isinstance(secret, Known):
            return NotAsked("the role and the secret")
        context = simulation_context(self.environment)
        return _kept(
            partial(
                self.iam.simulate_principal_policy,
                role.value.arn,
                READ_ACTIONS,
                [secret.value.arn],
                context,
            )
        )

    def _with_key(self, key: KeyEvidence | None) -> dict[str, Any]:
        none = NotAsked("the key that encrypts the current version")
        found = key or KeyEvidence(none, none, none, none)
        return {
            "key": found.key,
            "key_policy": found.policy,
            "grants": found.grants,
            "rotation": found.rotation,
        }

    def _evidence(self, name: str, operation: str, answer: Any) -> Evidence[Any]:
        return (
            unlearnt(answer)
            if isinstance(answer, AwsError)
            else Known(answer, self.secrets.about(operation, name))
        )


_OPERATIONS = ("DescribeSecret", "ListSecretVersionIds", "GetResourcePolicy")


def _kept(call: Any) -> Evidence[Any]:
    try:
        answer: Known[Any] = call()
        return answer
    except AwsError as error:
        return unlearnt(error)


def _name_of(key: str) -> str:
    return AWS_MANAGED if is_aws_managed(key) else key


def may_read(evidence: AccessEvidence) -> tuple[bool | None, str]:
    """The evaluator's answer to both hops; None with the reason where it has none."""
    answers: list[Answer] = [ask_read(evidence, READ)]
    if not has_aws_managed_key(evidence):
        answers.append(ask_decrypt(evidence))
    for answer in answers:
        if answer.evaluation is not None and answer.evaluation.decision in (
            Decision.EXPLICITLY_DENIED,
            Decision.IMPLICITLY_DENIED,
        ):
            return False, ""
    for answer in answers:
        if not answer.is_allowed:
            missing = answer.evaluation.missing if answer.evaluation else ()
            return None, answer.why_not or "; ".join(answer.doubts) or " ".join(missing)
    return True, ""


def call_of(operation: str, environment: Environment) -> AwsCall:
    return AwsCall(operation, environment.prefix, environment.region)
