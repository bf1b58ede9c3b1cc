"""Lets through those of the console's AWS calls that its role's policy allows.

The project's own evaluator decides.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from secrets_ui.aws.caller import Caller
from secrets_ui.domain.iam import NamedPolicy, PolicyKind, Request, evaluate, parse_policy
from tests.conftest import with_its_own_clients
from tests.terraform.iam_needs import NEEDS, Place

Document = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """One question to the evaluator."""

    action: str
    resource: str
    through_secrets_manager: bool


@dataclass
class Guard:
    """`document` is the console's policy; the key policy is read from AWS.

    `asked` and `refused` are what came up, each once.
    """

    place: Place
    document: Document
    asked: set[Asked] = field(default_factory=set)
    refused: set[Asked] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def stand_before(self, client: BaseClient, service: str) -> None:
        handler = self._handler(service)
        client.meta.events.register("provide-client-params", handler, unique_id=f"guard-{service}")

    def _handler(self, service: str) -> Any:
        def check(params: Document, model: Any, **more: Any) -> None:
            for question in self.questions(f"{service}:{model.name}", params):
                with self._lock:
                    if question not in self.asked and not self.allows(question):
                        self.refused.add(question)
                    self.asked.add(question)
                if question in self.refused:
                    raise ClientError(
                        {"Error": {"Code": "AccessDeniedException", "Message": question.action}},
                        model.name,
                    )

        return check

    def questions(self, call: str, params: Document) -> list[Asked]:
        """Raises KeyError for a call that NEEDS does not know."""
        found = [
            Asked(need.action, need.resource(self.place, params), need.through_secrets_manager)
            for need in NEEDS[call]
        ]
        return [question for question in found if question.resource]

    def allows(self, question: Asked, context: Mapping[str, str] = MappingProxyType({})) -> bool:
        """`context` is what the call itself says, beside who makes it."""
        request = self._request(question, self._policy)
        whole = replace(
            request,
            context={**request.context, **context},
            resource_policy=self._key_policy(question.resource),
        )
        return evaluate(whole).is_allowed

    @cached_property
    def _policy(self) -> NamedPolicy:
        return parsed(self.document)

    def _request(self, question: Asked, policy: NamedPolicy) -> Request:
        place = self.place.environment
        role = place.assume_role
        return Request(
            principal=f"arn:aws:sts::{place.account}:assumed-role/{role.rpartition('/')[2]}/hana",
            action=question.action,
            resource=question.resource,
            resource_account=place.account,  # the console asks for nothing of another account's
            context=self._context(question),
            identity_policies=(policy,),
        )

    def _context(self, question: Asked) -> dict[str, str]:
        place = self.place.environment
        context = {
            "aws:PrincipalArn": place.assume_role,
            "aws:PrincipalAccount": place.account,
            "aws:SecureTransport": "true",
        }
        if question.action.startswith("kms:"):
            context["kms:CallerAccount"] = place.account
        if question.through_secrets_manager:
            context["kms:ViaService"] = f"secretsmanager.{place.region}.amazonaws.com"
        return context

    def _key_policy(self, resource: str) -> NamedPolicy | None:
        if ":key/" not in resource:
            return None
        text = self.place.clients.kms.get_key_policy(KeyId=resource, PolicyName="default")["Policy"]
        return parse_policy("key", text, PolicyKind.KEY)

    def unused(self) -> list[str]:
        """Every action and resource of the policy's statements that no call needed."""
        return [name for name, part in parts(self.document) if not self._applies(parsed(part))]

    def _applies(self, part: NamedPolicy) -> bool:
        """Whether the one statement is about anything that was asked."""
        answers = (evaluate(self._request(question, part)) for question in self.asked)
        return any(result.matches for answer in answers for result in answer.statements)


def parsed(document: Document) -> NamedPolicy:
    return parse_policy("miyabi-console-access", json.dumps(document), PolicyKind.IDENTITY)


def parts(document: Document) -> Iterator[tuple[str, Document]]:
    """Policies of one part each, by name: a statement with one of its actions or resources."""
    for statement in document["Statement"]:
        for element in ("Action", "Resource"):
            items = (
                statement[element] if isinstance(statement[element], list) else [statement[element]]
            )
            for item in items:
                alone = {**document, "Statement": [{**statement, element: item}]}
                yield f"{statement['Sid']}: {item}", alone


@contextmanager
def guarded(monkeypatch: pytest.MonkeyPatch, *guards: Guard) -> Iterator[None]:
    """Within it, every client that the console asks for has its environment's guard before it."""
    by_environment = {guard.place.environment.name: guard for guard in guards}
    find = Caller.client

    def client(self: Caller, service: str) -> Any:
        found = find(self, service)
        by_environment[self.environment.name].stand_before(found, service)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Caller, "client", client)
        with_its_own_clients(patched)
        yield
