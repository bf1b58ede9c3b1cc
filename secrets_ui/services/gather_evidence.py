"""Gathers, side by side, everything that decides whether the Lambda can read a secret. Judges nothing, reads no value."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import UTC, datetime
from typing import Any, TypeVar

from ..aws.cloudtrail import CloudTrailGateway
from ..aws.iam import IamGateway
from ..aws.kms import KmsGateway
from ..aws.lambda_ import LambdaGateway
from ..aws.secrets_manager import SecretsManagerGateway
from ..aws.sts import StsGateway
from ..domain.access_path import READ_ACTIONS, role_name_of, simulation_context
from ..domain.actor import Actor
from ..domain.environment import Environment
from ..domain.errors import AwsError
from ..domain.evidence import AccessEvidence, Evidence, Known, NotAsked, Role, unlearnt
from ..domain.facts import VersionFacts
from ..domain.secret import AWSCURRENT, Secret, SecretVersion
from . import estate
from .aws_access import begin, sessions
from .version_facts import Wanted, known_facts

T = TypeVar("T")
_BOUNDARY = "boundary"


class Gathering:
    """One gathering: asks what can be asked at once, and what hangs on an answer as soon as that is there.

    Calls run in the pool's threads; answers are taken in and new questions asked in this thread alone.
    """

    def __init__(self, environment: Environment, secret_name: str, actor: Actor) -> None:
        self.environment, self.name = environment, environment.secret_name(secret_name)

        def client(service: str) -> Any:
            return sessions().client(environment, service, actor.name)

        self.secrets = SecretsManagerGateway(client("secretsmanager"), environment)
        self.iam, self.kms = IamGateway(client("iam"), environment), KmsGateway(client("kms"), environment)
        self.lambda_, self.sts = LambdaGateway(client("lambda"), environment), StsGateway(client("sts"), environment)
        self.trail = CloudTrailGateway(client("cloudtrail"), environment)
        self.answers: dict[str, Evidence[Any]] = {}
        self._waiting: dict[Future[Any], tuple[str, Callable[[Any], None] | None]] = {}
        self._started = time.monotonic()

    def run(self) -> Iterator[str]:
        """Yields the name of each answer as it arrives."""
        self._ask_first()
        while self._waiting:
            done, _ = wait(self._waiting, return_when=FIRST_COMPLETED)
            for future in done:
                name, then = self._waiting.pop(future)
                self.answers[name] = answer = _evidence(future)
                if then and isinstance(answer, Known):
                    then(answer.value)
                yield name
        self._seconds = time.monotonic() - self._started

    def _ask(self, name: str, call: Callable[[], Any], then: Callable[[Any], None] | None = None) -> None:
        self._waiting[begin(call)] = (name, then)

    def _ask_first(self) -> None:
        """The longest chain first: role → policies → their documents."""
        role = self.environment.lambda_role
        self._ask("attached", lambda: self.iam.list_attached_role_policies(role), lambda arns: self._ask_documents("attached", arns))
        self._ask("role", lambda: self.iam.get_role(role), self._ask_about_role)
        self._ask("inline", lambda: self.iam.list_role_policies(role), lambda names: self._ask_inline("inline", role, names))
        self._ask("versions", lambda: _known(self.secrets, "ListSecretVersionIds", self.name, self.secrets.list_secret_version_ids(self.name)), lambda _: self._ask_about_encryption())
        self._ask("secret", lambda: _known(self.secrets, "DescribeSecret", self.name, self.secrets.describe_secret(self.name)), self._ask_about_secret)
        self._ask("resource_policy", lambda: _known(self.secrets, "GetResourcePolicy", self.name, self.secrets.get_resource_policy(self.name)))
        self._ask("alias", lambda: self.kms.describe_key(self.environment.kms_alias))
        self._ask("function", lambda: self.lambda_.get_function_configuration(self.environment.lambda_function))
        self._ask("caller", self.sts.get_caller_identity, lambda caller: self._ask_about_console(caller.arn))
        self._ask("denials", lambda: self.trail.lookup_denials("GetSecretValue"))

    def _ask_documents(self, of: str, arns: tuple[str, ...]) -> None:
        for arn in arns:
            self._ask(f"{of}:{arn}", lambda arn=arn: self.iam.get_policy_document(arn))  # type: ignore[misc]

    def _ask_inline(self, of: str, role: str, names: tuple[str, ...]) -> None:
        for name in names:
            self._ask(f"{of}:{name}", lambda name=name: self.iam.get_role_policy(role, name))  # type: ignore[misc]

    def _ask_about_role(self, role: Role) -> None:
        if role.boundary:
            self._ask(_BOUNDARY, lambda: self.iam.get_policy_document(role.boundary))
        self._simulate()

    def _ask_about_secret(self, secret: Secret) -> None:
        self._simulate()
        self._ask_about_encryption()

    def _simulate(self) -> None:
        """The second opinion needs both ARNs."""
        role, secret = self.answers.get("role"), self.answers.get("secret")
        if isinstance(role, Known) and isinstance(secret, Known):
            context = simulation_context(self.environment)
            self._ask("simulated", lambda: self.iam.simulate_principal_policy(role.value.arn, READ_ACTIONS, [secret.value.arn], context))

    def _ask_about_encryption(self) -> None:
        """The key that encrypted the current version, not where the alias points today. A list of versions that does not say leaves the
        secret's own key, under which AWS encrypts the current version again whenever that key is changed."""
        secret, versions = self.answers.get("secret"), self.answers.get("versions")
        if isinstance(secret, Known) and isinstance(versions, Known) and secret.value.current:
            current = next((version for version in versions.value if AWSCURRENT in version.labels), SecretVersion(""))
            self._ask_about_key(next(iter(current.kms_key_ids), secret.value.kms_key_id))

    def _ask_about_key(self, key: str) -> None:
        if _is_aws_managed(key):
            self._ask("key", lambda: self.kms.describe_key("alias/aws/secretsmanager"))
        elif "alias/" in key:  # GetKeyPolicy takes no alias, so DescribeKey comes first
            self._ask("key", lambda: self.kms.describe_key(key), lambda found: self._ask_about_key_arn(found.arn))
        else:
            self._ask("key", lambda: self.kms.describe_key(key))
            self._ask_about_key_arn(key)

    def _ask_about_key_arn(self, key: str) -> None:
        self._ask("key_policy", lambda: self.kms.get_key_policy(key))
        self._ask("grants", lambda: self.kms.list_grants(key))
        self._ask("rotation", lambda: self.kms.get_key_rotation_status(key))

    def _ask_about_console(self, arn: str) -> None:
        """This console's own role, to say whether it may write."""
        role = role_name_of(arn)
        if role:
            self._ask("console:role", lambda: self.iam.get_role(role))
            self._ask("console:attached", lambda: self.iam.list_attached_role_policies(role), lambda arns: self._ask_documents("console", arns))
            self._ask("console:inline", lambda: self.iam.list_role_policies(role), lambda names: self._ask_inline("console", role, names))

    def evidence(self) -> AccessEvidence:
        """What was learnt; what was never asked says on which answer it hung."""
        answers = self.answers
        facts = self._facts(answers["secret"])
        without_version = NotAsked("the secret's current version and its key")
        return AccessEvidence(
            environment=self.environment, secret_name=self.name, read_at=datetime.now(UTC), facts=facts,
            **{name: answers[name] for name in _FIRST},
            documents=_members(answers, ("attached:", "inline:")),
            boundary=self._boundary(),
            key=answers.get("key", without_version), key_policy=answers.get("key_policy", without_version),
            grants=answers.get("grants", without_version), rotation=answers.get("rotation", without_version),
            simulated=answers.get("simulated", NotAsked("the role and the secret")),
            calls=len(answers) + sum(isinstance(a, Known) and a.call.operation == "iam:GetPolicyVersion" for a in answers.values()),
            seconds=self._seconds,
            console_role=_members(answers, ("console:",)),
        )  # fmt: skip

    def _boundary(self) -> Evidence[Any] | None:
        role = self.answers["role"]
        if not isinstance(role, Known):
            return NotAsked("the role")
        return self.answers.get(_BOUNDARY)

    def _facts(self, answer: Evidence[Secret]) -> VersionFacts | None:
        """Facts that are known already; this never reads a value."""
        if not isinstance(answer, Known) or not answer.value.current:
            return None
        secret = answer.value
        wanted = Wanted(secret.name, secret.arn, secret.current, estate.spec_of(self.environment, secret.name))
        return known_facts([wanted]).get(secret.arn)


_FIRST = ("caller", "function", "role", "attached", "inline", "secret", "resource_policy", "versions", "alias", "denials")


def _evidence(future: Future[Any]) -> Evidence[Any]:
    try:
        answer: Known[Any] = future.result()
        return answer
    except AwsError as error:
        return unlearnt(error)


def _known(gateway: SecretsManagerGateway, operation: str, name: str, value: T) -> Known[T]:
    return Known(value, gateway.about(operation, name))


def _members(answers: dict[str, Evidence[Any]], prefixes: tuple[str, ...]) -> dict[str, Evidence[Any]]:
    return {name.partition(":")[2]: answer for name, answer in answers.items() if name.startswith(prefixes)}


def _is_aws_managed(key: str) -> bool:
    """DescribeSecret leaves the AWS-managed key out; ListSecretVersionIds calls it DefaultEncryptionKey.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_SecretVersionsListEntry.html"""
    return key in ("", "DefaultEncryptionKey") or key.endswith("alias/aws/secretsmanager")


def gather_evidence(environment: Environment, secret_name: str, actor: Actor) -> AccessEvidence:
    """Everything at once. Raises InvalidSecretName; whatever AWS refuses is part of the answer."""
    gathering = Gathering(environment, secret_name, actor)
    for _ in gathering.run():
        pass
    return gathering.evidence()


