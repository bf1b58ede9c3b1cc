"""Gathers, side by side, everything that decides whether the Lambda can read a secret, and judges
nothing.

A value is read only where the facts of the current version are not known yet: once, on record.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from functools import partial
from typing import Any

from ...domain.access.actions import READ_ACTIONS
from ...domain.access.context import role_name_of, simulation_context
from ...domain.access.encrypting_key import AWS_MANAGED, encrypting_key, is_aws_managed
from ...domain.access.evidence import (
    AccessEvidence,
    CallerIdentity,
    Evidence,
    FunctionConfiguration,
    Key,
    Known,
    NotAsked,
    Role,
    Unreachable,
    evidence_of_error,
    learn,
)
from ...domain.access.expected_policies import expected_arns
from ...domain.access.network import Endpoint, VpcConfig, endpoint_service
from ...domain.environment import Environment
from ...domain.errors import AuditUnavailable, AwsError
from ...domain.people.actor import Actor
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.secret import Secret
from ...domain.session_scope import CHECK
from .. import configuration
from ..aws_access import begin, gateways
from ..secrets.version_facts import Wanted, known_facts, read_and_derive
from .gathered import PENDING, Gathered
from .organization import OrganizationQuestions, organization_of

Then = Callable[[Evidence[Any]], None]  # what follows from an answer


def _nothing(answer: Evidence[Any]) -> None:
    """Nothing depends on this answer."""


class Gathering:
    """One gathering: asks what can be asked at once, and what depends on an answer as soon as that
    is there.

    Calls run in the pool's threads. Answers are taken in, and new questions asked, in this thread
    alone, which is also the ORM's.
    """

    scope = CHECK

    def __init__(self, environment: Environment, secret_name: str, actor: Actor) -> None:
        """Raises InvalidSecretName."""
        self.environment, self.actor = environment, actor
        self.name = environment.secret_name(secret_name)
        self.spec = configuration.spec_of(environment, self.name)
        self.aws = gateways(environment, actor, self.scope.of(self.name))
        self.answers = Gathered()
        self.value_was_read = False
        self._waiting: dict[Future[Any], tuple[str, Then]] = {}
        self._started = time.monotonic()
        self._seconds = 0.0

    def run(self) -> Iterator[str]:
        """Yields the name of each answer as it arrives."""
        self._ask_first()
        while self._waiting:
            done, _ = wait(self._waiting, return_when=FIRST_COMPLETED)
            for future in done:
                name, then = self._waiting.pop(future)
                self.answers[name] = answer = learn(future.result)
                then(answer)
                yield name
            if "secret" in self.answers and "facts" not in self.answers:
                # The new questions are on their way by now.
                self.answers["facts"] = self._facts(self.answers["secret"])
                yield "facts"
        self._seconds = time.monotonic() - self._started

    def _ask(
        self, name: str, call: Callable[..., Known[Any]], *args: Any, then: Then = _nothing
    ) -> None:
        """Keeps the answer to `call(*args)` as `name`, and hands it to `then`."""
        self._waiting[begin(partial(call, *args))] = (name, then)

    def _ask_first(self) -> None:
        """The longest chain first: role → policies → their documents."""
        environment, role, aws = self.environment, self.environment.lambda_role, self.aws
        self._ask("attached", aws.iam.list_attached_role_policies, role, then=self._ask_documents)
        self._ask("role", aws.iam.get_role, role, then=self._ask_about_role)
        self._ask(
            "inline",
            aws.iam.list_role_policies,
            role,
            then=partial(self._ask_inline, "inline", role),
        )
        self._ask_about_name(then=self._ask_about_secret)
        function, ask = environment.lambda_function, aws.lambda_.get_function_configuration
        self._ask("function", ask, function, then=self._ask_about_vpc)
        self._ask("caller", aws.sts.get_caller_identity, then=self._ask_about_caller)
        self._ask_about_console(role_name_of(environment.assume_role))
        self._ask("denials", aws.cloudtrail.lookup_denials, "GetSecretValue")
        self._ask("batch-denials", aws.cloudtrail.lookup_denials, "BatchGetSecretValue")
        if environment.who_can_read:
            self._ask_about_organization()

    def _ask_about_name(self, then: Then) -> None:
        """What AWS tells by the secret's name and the key's alias; `then` takes the secret."""
        secrets, kms = self.aws.secrets_manager, self.aws.kms
        then_key, alias = self._ask_about_encryption, self.environment.kms_alias
        self._ask("secret", secrets.describe_secret, self.name, then=then)
        self._ask("versions", secrets.list_secret_version_ids, self.name, then=then_key)
        self._ask("resource_policy", secrets.get_resource_policy, self.name)
        self._ask("alias", kms.describe_key, alias, then=then_key)

    def _ask_about_organization(self) -> None:
        account = self.environment.account
        OrganizationQuestions(self._ask, self.aws.organizations, account).begin()

    def _ask_about_vpc(self, answer: Evidence[FunctionConfiguration]) -> None:
        """Of a function that is connected to one: four calls, in two rounds."""
        vpc = answer.value.vpc if isinstance(answer, Known) else None
        if vpc:
            ec2, then = self.aws.ec2, partial(self._ask_about_addresses, vpc)
            self._ask("endpoints", ec2.describe_vpc_endpoints, vpc.id, then=then)
            self._ask("route_tables", ec2.describe_route_tables, vpc.id)

    def _ask_about_addresses(self, vpc: VpcConfig, answer: Evidence[tuple[Endpoint, ...]]) -> None:
        """Of the function, and of the endpoints for Secrets Manager."""
        service = endpoint_service(self.environment.region)
        endpoints = answer.value if isinstance(answer, Known) else ()
        ends: list[VpcConfig | Endpoint] = [vpc]
        ends += [each for each in endpoints if each.service.endswith(service)]
        subnets = {subnet for end in ends for subnet in end.subnets}
        self._ask("subnets", self.aws.ec2.describe_subnets, subnets)
        groups = {group for end in ends for group in end.groups}
        self._ask("security_groups", self.aws.ec2.describe_security_groups, groups)

    def _ask_documents(self, answer: Evidence[tuple[str, ...]]) -> None:
        """Of the attached policies; and of those that should be attached and are not, to know
        whether they exist.
        """
        if isinstance(answer, Known):
            self._ask_policies("attached", answer.value)
            absent = [arn for arn in expected_arns(self.environment) if arn not in answer.value]
            self._ask_policies("unattached", tuple(absent))

    def _ask_policies(self, of: str, arns: tuple[str, ...]) -> None:
        for arn in arns:
            self._ask(f"{of}:{arn}", self.aws.iam.get_policy_document, arn)

    def _ask_inline(self, of: str, role: str, answer: Evidence[tuple[str, ...]]) -> None:
        for name in answer.value if isinstance(answer, Known) else ():
            self._ask(f"{of}:{name}", self.aws.iam.get_role_policy, role, name)

    def _ask_about_role(self, answer: Evidence[Role]) -> None:
        self._ask_boundary("boundary", answer)
        self._simulate()

    def _ask_boundary(self, name: str, role: Evidence[Role]) -> None:
        if isinstance(role, Known) and role.value.boundary:
            self._ask(name, self.aws.iam.get_policy_document, role.value.boundary)

    def _ask_about_secret(self, answer: Evidence[Secret]) -> None:
        self._simulate()
        self._ask_about_encryption(answer)

    def _simulate(self) -> None:
        """The second opinion needs both ARNs."""
        role, secret = self.answers.get("role"), self.answers.get("secret")
        if isinstance(role, Known) and isinstance(secret, Known):
            self._ask(
                "simulated",
                self.aws.iam.simulate_principal_policy,
                role.value.arn,
                READ_ACTIONS,
                [secret.value.arn],
                simulation_context(self.environment),
            )

    def _ask_about_encryption(self, answer: Evidence[Any]) -> None:
        """Once the secret, its versions and the alias have been answered, in whatever way."""
        secret, versions, alias = (
            self.answers.get(name) for name in ("secret", "versions", "alias")
        )
        if secret is None or versions is None or alias is None:
            return
        if isinstance(secret, Known):
            found = versions.value if isinstance(versions, Known) else ()
            self._ask_about_key(encrypting_key(secret.value, found))
        elif isinstance(alias, Known):
            # There is no such secret, or nobody may look: the key that should encrypt it can still
            # be judged.
            self.answers["key"] = alias
            self._ask_about_key_arn(alias)

    def _ask_about_key(self, key: str) -> None:
        if is_aws_managed(key):
            self._ask("key", self.aws.kms.describe_key, AWS_MANAGED)
        elif "alias/" in key:  # GetKeyPolicy takes no alias, so DescribeKey comes first
            self._ask("key", self.aws.kms.describe_key, key, then=self._ask_about_key_arn)
        else:
            self._ask("key", self.aws.kms.describe_key, key)
            self._ask_about_policies_of(key)

    def _ask_about_key_arn(self, answer: Evidence[Key]) -> None:
        if isinstance(answer, Known):
            self._ask_about_policies_of(answer.value.arn)

    def _ask_about_policies_of(self, key: str) -> None:
        self._ask("key_policy", self.aws.kms.get_key_policy, key)
        self._ask("grants", self.aws.kms.list_grants, key)
        self._ask("rotation", self.aws.kms.get_key_rotation_status, key)

    def _ask_about_caller(self, answer: Evidence[CallerIdentity]) -> None:
        """Where no role is named, AWS says in which one this console acts, if in any."""
        if isinstance(answer, Known) and not self.environment.assume_role:
            self._ask_about_console(role_name_of(answer.value.arn))

    def _ask_about_console(self, role: str) -> None:
        """This console's own role, to say whether it may write."""
        if not role:
            return
        iam, ask_boundary = self.aws.iam, partial(self._ask_boundary, "console-boundary")
        self._ask("console", iam.get_role, role, then=ask_boundary)
        self._ask(
            "console-attached",
            iam.list_attached_role_policies,
            role,
            then=self._ask_console_documents,
        )
        ask_documents = partial(self._ask_inline, "console", role)
        self._ask("console-inline", iam.list_role_policies, role, then=ask_documents)

    def _ask_console_documents(self, answer: Evidence[tuple[str, ...]]) -> None:
        self._ask_policies("console", answer.value if isinstance(answer, Known) else ())

    def _facts(self, answer: Evidence[Secret]) -> Evidence[VersionFacts]:
        """Of the current version: those that are known, or else derived now, on record."""
        if not isinstance(answer, Known) or answer.value.deleted or not answer.value.current:
            return NotAsked("a current version that can be read")
        wanted = Wanted(self.name, answer.value.arn, answer.value.current, self.spec)
        call = self.aws.secrets_manager.describe_call("GetSecretValue", self.name)
        if known := known_facts([wanted]):
            return Known(known[wanted.arn], call)
        try:
            facts = read_and_derive(self.environment, self.actor, [wanted])[wanted.arn]
        except AuditUnavailable:
            return Unreachable(call, "the read could not be put on record, so it was not made")
        self.value_was_read = True
        return evidence_of_error(facts) if isinstance(facts, AwsError) else Known(facts, call)

    def evidence(self) -> AccessEvidence:
        """What was learnt so far."""
        pending = [name for name, _ in self._waiting.values()]
        seconds = self._seconds or time.monotonic() - self._started
        found = self.answers.evidence(
            self.environment,
            self.name,
            self.spec,
            pending=pending,
            value_was_read=self.value_was_read,
            seconds=seconds,
        )
        answers = {**dict.fromkeys(pending, PENDING), **self.answers}
        return replace(found, organization=organization_of(answers, self.environment.account))


def gather_evidence(environment: Environment, secret_name: str, actor: Actor) -> AccessEvidence:
    """Everything at once. Raises InvalidSecretName; whatever AWS refuses is part of the answer."""
    gathering = Gathering(environment, secret_name, actor)
    for _ in gathering.run():
        pass
    return gathering.evidence()
