"""Gathers, side by side, everything that decides whether the Lambda can read a secret, and judges nothing. A value is read only where
nobody has looked at the current version yet: once, on record, for the facts of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from typing import Any, TypeVar

from ...aws.cloudtrail import CloudTrailGateway
from ...aws.iam import IamGateway
from ...aws.kms import KmsGateway
from ...aws.lambda_ import LambdaGateway
from ...aws.secrets_manager import SecretsManagerGateway
from ...aws.sts import StsGateway
from ...domain.access.actions import READ_ACTIONS
from ...domain.access.context import role_name_of, simulation_context
from ...domain.access.encrypting_key import AWS_MANAGED, encrypting_key, is_aws_managed
from ...domain.access.evidence import (
    AccessEvidence,
    Evidence,
    Known,
    NotAsked,
    Role,
    Unreachable,
    unlearnt,
)
from ...domain.access.expected_policies import expected_arns
from ...domain.environment import Environment
from ...domain.errors import AuditUnavailable, AwsError
from ...domain.people.actor import Actor
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.secret import Secret
from ...domain.session_scope import CHECK
from .. import configuration
from ..aws_access import begin, sessions
from ..secrets.version_facts import Wanted, known_facts, look
from .gathered import Gathered

T = TypeVar("T")


class Gathering:
    """One gathering: asks what can be asked at once, and what hangs on an answer as soon as that is there.

    Calls run in the pool's threads; answers are taken in and new questions asked in this thread alone, which is also the ORM's.
    """

    def __init__(self, environment: Environment, secret_name: str, actor: Actor) -> None:
        """Raises InvalidSecretName."""
        self.environment, self.name, self.actor = (
            environment,
            environment.secret_name(secret_name),
            actor,
        )

        def client(service: str) -> Any:
            return sessions().client(environment, service, actor.session_name, CHECK.of(self.name))

        self.spec = configuration.spec_of(environment, self.name)
        self.secrets = SecretsManagerGateway(client("secretsmanager"), environment)
        self.iam, self.kms = (
            IamGateway(client("iam"), environment),
            KmsGateway(client("kms"), environment),
        )
        self.lambda_, self.sts = (
            LambdaGateway(client("lambda"), environment),
            StsGateway(client("sts"), environment),
        )
        self.trail = CloudTrailGateway(client("cloudtrail"), environment)
        self.answers = Gathered()
        self.value_was_read = False  # whether a value was read
        self._waiting: dict[Future[Any], tuple[str, Callable[[Any], None]]] = {}
        self._started = time.monotonic()
        self._seconds = 0.0

    def run(self) -> Iterator[str]:
        """Yields the name of each answer as it arrives."""
        self._ask_first()
        while self._waiting:
            done, _ = wait(self._waiting, return_when=FIRST_COMPLETED)
            for future in done:
                name, then = self._waiting.pop(future)
                self.answers[name] = answer = _evidence(future)
                then(answer)
                yield name
            if "secret" in self.answers and "facts" not in self.answers:
                self.answers["facts"] = self._facts(
                    self.answers["secret"]
                )  # the new questions are on their way by now
                yield "facts"
        self._seconds = time.monotonic() - self._started

    def _ask(
        self, name: str, call: Callable[[], Any], then: Callable[[Any], None] = lambda answer: None
    ) -> None:
        self._waiting[begin(call)] = (name, then)

    def _ask_first(self) -> None:
        """The longest chain first: role → policies → their documents."""
        role, name = self.environment.lambda_role, self.name
        self._ask(
            "attached", lambda: self.iam.list_attached_role_policies(role), self._ask_documents
        )
        self._ask("role", lambda: self.iam.get_role(role), self._ask_about_role)
        self._ask(
            "inline",
            lambda: self.iam.list_role_policies(role),
            lambda answer: self._ask_inline("inline", role, answer),
        )
        self._ask(
            "secret",
            lambda: _known(
                self.secrets, "DescribeSecret", name, self.secrets.describe_secret(name)
            ),
            self._ask_about_secret,
        )
        self._ask(
            "versions",
            lambda: _known(
                self.secrets,
                "ListSecretVersionIds",
                name,
                self.secrets.list_secret_version_ids(name),
            ),
            lambda answer: self._ask_about_encryption(),
        )
        self._ask(
            "resource_policy",
            lambda: _known(
                self.secrets, "GetResourcePolicy", name, self.secrets.get_resource_policy(name)
            ),
        )
        self._ask(
            "alias",
            lambda: self.kms.describe_key(self.environment.kms_alias),
            lambda answer: self._ask_about_encryption(),
        )
        self._ask(
            "function",
            lambda: self.lambda_.get_function_configuration(self.environment.lambda_function),
        )
        self._ask("caller", self.sts.get_caller_identity, self._ask_about_caller)
        self._ask_about_console(role_name_of(self.environment.assume_role))
        self._ask("denials", lambda: self.trail.lookup_denials("GetSecretValue"))

    def _ask_documents(self, answer: Evidence[tuple[str, ...]]) -> None:
        """Of the attached policies; and of those that should be attached and are not, to know whether they exist."""
        if isinstance(answer, Known):
            self._ask_policies("attached", answer.value)
            absent = [arn for arn in expected_arns(self.environment) if arn not in answer.value]
            self._ask_policies("unattached", tuple(absent))

    def _ask_policies(self, of: str, arns: tuple[str, ...]) -> None:
        for arn in arns:
            self._ask(f"{of}:{arn}", lambda arn=arn: self.iam.get_policy_document(arn))  # type: ignore[misc]

    def _ask_inline(self, of: str, role: str, answer: Evidence[tuple[str, ...]]) -> None:
        for name in answer.value if isinstance(answer, Known) else ():
            self._ask(f"{of}:{name}", lambda name=name: self.iam.get_role_policy(role, name))  # type: ignore[misc]

    def _ask_about_role(self, answer: Evidence[Role]) -> None:
        if isinstance(answer, Known) and answer.value.boundary:
            self._ask("boundary", lambda: self.iam.get_policy_document(answer.value.boundary))
        self._simulate()

    def _ask_about_secret(self, answer: Evidence[Secret]) -> None:
        self._simulate()
        self._ask_about_encryption()

    def _simulate(self) -> None:
        """The second opinion needs both ARNs."""
        role, secret = self.answers.get("role"), self.answers.get("secret")
        if isinstance(role, Known) and isinstance(secret, Known):
            context = simulation_context(self.environment)
            self._ask(
                "simulated",
                lambda: self.iam.simulate_principal_policy(
                    role.value.arn, READ_ACTIONS, [secret.value.arn], context
                ),
            )

    def _ask_about_encryption(self) -> None:
        """Once the secret, its versions and the alias have been answered, in whatever way."""
        secret, versions, alias = (
            self.answers.get(name) for name in ("secret", "versions", "alias")
        )
        if secret is None or versions is None or alias is None:
            return
        if isinstance(secret, Known):
            self._ask_about_key(
                encrypting_key(secret.value, versions.value if isinstance(versions, Known) else ())
            )
        elif isinstance(
            alias, Known
        ):  # there is no such secret, or nobody may look: the key that should encrypt it can still be judged
            self.answers["key"] = alias
            self._ask_about_key_arn(alias.value.arn)

    def _ask_about_key(self, key: str) -> None:
        if is_aws_managed(key):
            self._ask("key", lambda: self.kms.describe_key(AWS_MANAGED))
        elif "alias/" in key:  # GetKeyPolicy takes no alias, so DescribeKey comes first
            self._ask("key", lambda: self.kms.describe_key(key), self._ask_about_described_key)
        else:
            self._ask("key", lambda: self.kms.describe_key(key))
            self._ask_about_key_arn(key)

    def _ask_about_described_key(self, answer: Evidence[Any]) -> None:
        if isinstance(answer, Known):
            self._ask_about_key_arn(answer.value.arn)

    def _ask_about_key_arn(self, key: str) -> None:
        self._ask("key_policy", lambda: self.kms.get_key_policy(key))
        self._ask("grants", lambda: self.kms.list_grants(key))
        self._ask("rotation", lambda: self.kms.get_key_rotation_status(key))

    def _ask_about_caller(self, answer: Evidence[Any]) -> None:
        """Where no role is named, AWS says in which one this console acts, if in any."""
        if isinstance(answer, Known) and not self.environment.assume_role:
            self._ask_about_console(role_name_of(answer.value.arn))

    def _ask_about_console(self, role: str) -> None:
        """This console's own role, to say whether it may write."""
        if role:
            self._ask("console", lambda: self.iam.get_role(role), self._ask_about_console_boundary)
            self._ask(
                "console-attached",
                lambda: self.iam.list_attached_role_policies(role),
                self._ask_console_documents,
            )
            self._ask(
                "console-inline",
                lambda: self.iam.list_role_policies(role),
                lambda names: self._ask_inline("console", role, names),
            )

    def _ask_about_console_boundary(self, answer: Evidence[Role]) -> None:
        if isinstance(answer, Known) and answer.value.boundary:
            self._ask(
                "console-boundary", lambda: self.iam.get_policy_document(answer.value.boundary)
            )

    def _ask_console_documents(self, answer: Evidence[tuple[str, ...]]) -> None:
        self._ask_policies("console", answer.value if isinstance(answer, Known) else ())

    def _facts(self, answer: Evidence[Secret]) -> Evidence[VersionFacts]:
        """Of the current version: those that are known, or else derived now, on record."""
        if not isinstance(answer, Known) or answer.value.deleted or not answer.value.current:
            return NotAsked("a current version that can be read")
        wanted = Wanted(self.name, answer.value.arn, answer.value.current, self.spec)
        call = self.secrets.about("GetSecretValue", self.name)
        if known := known_facts([wanted]):
            return Known(known[wanted.arn], call)
        try:
            facts = look(self.environment, self.actor, [wanted])[wanted.arn]
        except AuditUnavailable:
            return Unreachable(call, "the read could not be put on record, so it was not made")
        self.value_was_read = True
        return unlearnt(facts) if isinstance(facts, AwsError) else Known(facts, call)

    def evidence(self) -> AccessEvidence:
        """What was learnt so far."""
        pending = [name for name, _ in self._waiting.values()]
        seconds = self._seconds or time.monotonic() - self._started
        return self.answers.evidence(
            self.environment,
            self.name,
            self.spec,
            pending=pending,
            value_was_read=self.value_was_read,
            seconds=seconds,
        )


def _evidence(future: Future[Any]) -> Evidence[Any]:
    try:
        answer: Known[Any] = future.result()
        return answer
    except AwsError as error:
        return unlearnt(error)


_SHOWN_BY = {
    "ListSecretVersionIds": "list-secret-version-ids --include-deprecated",
    "GetResourcePolicy": "get-resource-policy",
}


def _known(gateway: SecretsManagerGateway, operation: str, name: str, value: T) -> Known[T]:
    call = gateway.about(operation, name)
    shown_by = _SHOWN_BY.get(operation, "describe-secret")
    return Known(value, replace(call, cli=call.cli.replace("describe-secret", shown_by, 1)))


def gather_evidence(environment: Environment, secret_name: str, actor: Actor) -> AccessEvidence:
    """Everything at once. Raises InvalidSecretName; whatever AWS refuses is part of the answer."""
    gathering = Gathering(environment, secret_name, actor)
    for _ in gathering.run():
        pass
    return gathering.evidence()
