"""Starts fresh instances of the function that reads an environment's secrets, on record."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from ...aws.lambda_ import LambdaGateway
from ...domain.access.evidence import Evidence, FunctionConfiguration, Known, learn, why_unavailable
from ...domain.audit.actions import Action
from ...domain.changes.refresh import Alias, NotRefreshable, Provisioned, Refresh, Serving, mark_of
from ...domain.environment import Environment
from ...domain.people.actor import Actor
from ...domain.secrets.secret import Secret
from ...domain.session_scope import DESCRIBE, LOOK_AT_FUNCTION, REFRESH
from ...models import AuditRecord
from .. import audit
from ..aws_access import gateways, learn_all
from .once import Plan, Prepared, act_once
from .recording import record_done
from .rules import ensure_rules_kept
from .sending import send_and_ask

NOT_READABLE = (
    "The secret is scheduled for deletion: fresh instances could not read it, and would fail where "
    "the old ones still work."
)


@dataclass(frozen=True)
class Looked:
    """What AWS says of the function and of what its callers get. The last three are None where they
    were not asked for."""

    function: Evidence[FunctionConfiguration]
    aliases: Evidence[tuple[Alias, ...]] | None = None
    versions: Evidence[tuple[str, ...]] | None = None
    provisioned: Evidence[tuple[Provisioned, ...]] | None = None

    @property
    def serving(self) -> Serving | None:
        """None where something of it is not known."""
        match self.aliases, self.versions, self.provisioned:
            case Known(aliases), Known(versions), Known(provisioned):
                return Serving(aliases, versions, provisioned)
        return None

    @property
    def unknown(self) -> list[tuple[str, str]]:
        """What was asked for and is not known, and why not."""
        parts = {
            "The function": self.function,
            "Its aliases": self.aliases,
            "Its versions": self.versions,
            "Its provisioned concurrency": self.provisioned,
        }
        whys = {what: why_unavailable(found) for what, found in parts.items() if found}
        return [(what, why) for what, why in whys.items() if why]

    @property
    def why_not(self) -> str:
        """Why fresh instances cannot be started, as far as AWS says; "" where they can."""
        if not isinstance(self.function, Known) or not self.serving:
            return "It is not known what serves."
        return _why_not(self.function.value, self.serving)


def describe(environment: Environment, actor: Actor, name: str) -> Secret:
    """The secret that fresh instances are to read. Raises InvalidSecretName, SecretNotFound and
    other AwsErrors."""
    name = environment.secret_name(name)
    return (
        gateways(environment, actor, DESCRIBE.of(name)).secrets_manager.describe_secret(name).value
    )


def look(environment: Environment, actor: Actor) -> Looked:
    """Four calls side by side, one where `refresh` is off: the role has no right to the rest."""
    gateway = gateways(environment, actor, LOOK_AT_FUNCTION).lambda_
    name = environment.lambda_function
    if not environment.refresh:
        return Looked(learn(partial(gateway.get_function_configuration, name)))
    found: list[Any] = learn_all(partial(ask, name) for ask in _questions(gateway))
    return Looked(*found)


def start_fresh_instances(environment: Environment, actor: Actor, wanted: Refresh) -> int:
    """Returns the sequence of the intent. Six calls to Lambda; what serves is looked at anew.

    Raises SecretNotFound, NotRefreshable, FunctionMoved, InvalidChange, TooMany,
    AuditUnavailable, OutcomeUnknown, AwsErrors.
    """
    name = environment.secret_name(wanted.secret)
    ensure_rules_kept(environment, wanted)
    prepare = partial(_prepare, environment, actor, wanted.secret)
    plan = Plan(Action.REFRESH, f"{Action.REFRESH} {name}", prepare, NotRefreshable)
    return act_once(environment, actor, wanted, plan)


def was_started(environment: Environment, secret: str, sequence: str) -> bool:
    """Whether this intent announced fresh instances, and AWS took it."""
    if not (sequence.isdecimal() and sequence.isascii()):
        return False
    done = AuditRecord.objects.done().filter(
        environment=environment.name, secret=secret, action=Action.REFRESH, intent=sequence
    )
    return done.exists()


def _questions(gateway: LambdaGateway) -> tuple[Any, ...]:
    """In the order of `Looked`."""
    return (
        gateway.get_function_configuration,
        gateway.list_aliases,
        gateway.list_versions_by_function,
        gateway.list_provisioned_concurrency_configs,
    )


def _prepare(environment: Environment, actor: Actor, secret: str) -> Prepared:
    """Raises NotRefreshable and AwsErrors."""
    gateway, name = gateways(environment, actor, REFRESH).lambda_, environment.lambda_function
    if describe(environment, actor, secret).deleted:
        raise NotRefreshable(NOT_READABLE)
    function = _ensure_refreshable(gateway, name)
    details = {"function": name, "revision": function.revision, "was": function.mark}
    return Prepared(details, partial(_set_marker, gateway, name, function.revision))


def _ensure_refreshable(gateway: LambdaGateway, name: str) -> FunctionConfiguration:
    """The configuration of $LATEST. Raises NotRefreshable and AwsErrors."""
    function, *serving = [ask(name).value for ask in _questions(gateway)]
    if why := _why_not(function, Serving(*serving)):
        raise NotRefreshable(why)
    return function  # type: ignore[no-any-return]


def _why_not(function: FunctionConfiguration, serving: Serving) -> str:
    if function.unreadable:
        return (
            f"AWS cannot decrypt the function's variables ({function.unreadable}), and a change of "
            "one would lose all others. Allow kms:Decrypt on their key to the console's role."
        )
    if function.last_update == "InProgress" or function.state == "Pending":
        return "AWS is still carrying out another update of the function. Try again in a minute."
    if not serving.is_reached:
        names = ", ".join(alias.name for alias in serving.beyond)
        return f"Callers get published versions ({names}); a change of $LATEST does not reach them."
    return ""


def _set_marker(gateway: LambdaGateway, name: str, revision: str, act: audit.Act) -> None:
    mark = mark_of(act.hash)
    update = partial(
        gateway.update_function_configuration,
        name,
        mark=mark,
        revision=revision,
        deadline=act.deadline,
    )
    answer = send_and_ask(
        update, lambda: gateway.get_function_configuration(name).value.mark == mark
    )
    record_done(act, "the change", answer=answer)
