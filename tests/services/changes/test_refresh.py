"""Fresh instances: what AWS has, what is on record, and that nobody's change is lost."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.demo.account import assume, create_function
from deploy.demo.local_aws import LocalAws
from secrets_ui.aws.lambda_ import LambdaGateway
from secrets_ui.domain.changes.refresh import (
    MARKER,
    FunctionMoved,
    NotRefreshable,
    Refresh,
    mark_of,
)
from secrets_ui.domain.errors import AwsAccessDenied, InvalidChange, OutcomeUnknown
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes.refresh import look, start_fresh_instances, was_started
from secrets_ui.services.changes.settle import settle_audit
from testkit.aws_proxy import LOST, Answer, AwsProxy, refusal
from tests.processes.outside import Aws
from tests.services.saving import HANA, on_record

pytestmark = pytest.mark.django_db
CANARY = "s3cr3t-in-the-environment"
WITH_IT = {"TOKEN": CANARY, "MIYABI_ENVIRONMENT": "dev"}
READS = (
    "GetFunctionConfiguration",
    "ListAliases",
    "ListVersionsByFunction",
    "ListProvisionedConcurrencyConfigs",
)


@dataclass(frozen=True)
class Function:
    """The environment's function, seen from outside the console."""

    aws: Aws
    client: Any

    @property
    def name(self) -> str:
        return self.aws.environment.lambda_function

    @property
    def variables(self) -> dict[str, str]:
        found = self.client.get_function_configuration(FunctionName=self.name)
        return dict(found.get("Environment", {}).get("Variables", {}))

    def set(self, **variables: str) -> None:
        self.client.update_function_configuration(
            FunctionName=self.name, Environment={"Variables": variables}
        )

    def add(self, **variables: str) -> None:
        self.set(**self.variables, **variables)

    def publish(self, alias: str) -> None:
        version = self.client.publish_version(FunctionName=self.name)["Version"]
        self.client.create_alias(FunctionName=self.name, Name=alias, FunctionVersion=version)


def made(local_aws: LocalAws, aws: Aws) -> Function:
    """Anew for each test."""
    clients = assume(local_aws.endpoint, aws.environment)
    try:
        role = clients.iam.get_role(RoleName="f")["Role"]["Arn"]
        clients.lambda_.delete_function(FunctionName=aws.environment.lambda_function)
    except clients.iam.exceptions.NoSuchEntityException:
        role = clients.iam.create_role(RoleName="f", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    create_function(clients.lambda_, aws.environment, role)
    function = Function(aws, clients.lambda_)
    function.set(**WITH_IT)
    return function


@pytest.fixture
def function(local_aws: LocalAws, dev: Aws) -> Function:
    return made(local_aws, dev)


@pytest.fixture
def secret(dev: Aws) -> str:
    return dev.make_secret()[0]


def start(function: Function, secret: str, *, once: str = "", **typed: str) -> int:
    return start_fresh_instances(
        function.aws.environment, HANA, Refresh(secret, once=once, **typed)
    )


def intent_of(secret: str) -> AuditRecord:
    return AuditRecord.objects.get(secret=secret, phase="intent")


def settled() -> list[tuple[str | None, str]]:
    return [(found.outcome, found.why) for found in settle_audit(min_age=0)]


def test_the_marker_is_set_on_record_and_no_other_variable_is_touched_or_told(
    function: Function, secret: str
) -> None:
    sequence = start(function, secret)
    intent = intent_of(secret)
    assert function.variables == {**WITH_IT, MARKER: mark_of(intent.hash)}
    assert on_record(secret) == [("function.refresh", "done")]
    assert intent.sequence == sequence
    details = json.loads(intent.details)
    assert (details["function"], details["was"]) == ("miyabi-app", "")
    assert was_started(function.aws.environment, secret, str(sequence))
    assert not was_started(function.aws.environment, secret, str(sequence + 10**9))
    assert CANARY not in str(list(AuditRecord.objects.filter(secret=secret).values()))

    start(function, secret)
    again = AuditRecord.objects.filter(secret=secret, phase="intent").latest("sequence")
    assert json.loads(again.details)["was"] == mark_of(intent.hash)


@pytest.mark.parametrize(
    ("call", "nth"),
    [*[(call, 1) for call in READS], (READS[0], 2), ("UpdateFunctionConfiguration", 1)],
)
def test_s63_whenever_somebody_else_changes_the_function_their_change_is_not_lost(
    call: str, nth: int, proxy: AwsProxy, function: Function, secret: str
) -> None:
    proxy.before(call, lambda: function.add(THEIRS="1"), nth)
    if (call, nth) == (READS[0], 1):
        start(function, secret)  # it is looked at after their change
    else:
        with pytest.raises(FunctionMoved):
            start(function, secret)
        assert on_record(secret) == [("function.refresh", "conflict")]
        assert function.variables == {**WITH_IT, "THEIRS": "1"}
    assert {**WITH_IT, "THEIRS": "1"}.items() <= function.variables.items()


def test_s62_a_form_that_is_sent_twice_is_one_change(function: Function, secret: str) -> None:
    once = str(uuid.uuid4())
    sequence = start(function, secret, once=once)
    variables = function.variables
    assert start(function, secret, once=once) == sequence
    assert function.variables == variables


def lost(proxy: AwsProxy, *, done: bool) -> None:
    proxy.always("UpdateFunctionConfiguration", lambda: LOST, done=done)


def test_a_lost_answer_is_no_doubt_where_the_marker_is_there(
    proxy: AwsProxy, function: Function, secret: str
) -> None:
    """The attempt after it is refused, since the first one has moved the RevisionId."""
    proxy.after("UpdateFunctionConfiguration", lambda: LOST)
    start(function, secret)
    assert on_record(secret) == [("function.refresh", "done")]
    assert proxy.plan.calls.count("UpdateFunctionConfiguration") > 1


def test_a_call_that_may_still_arrive_stays_open(
    proxy: AwsProxy, function: Function, secret: str
) -> None:
    lost(proxy, done=False)
    with pytest.raises(OutcomeUnknown):
        start(function, secret)
    assert on_record(secret) == []
    assert [outcome for outcome, _ in settled()] == ["not_applied"]


class Died(BaseException):
    """The process ends here: nothing after it runs."""


@pytest.mark.parametrize(
    ("is_sent", "outcome"), [(False, "not_applied"), (True, "done")], ids=["before", "after"]
)
def test_s61_a_console_that_dies_around_the_change_is_settled_to_what_aws_has(
    is_sent: bool, outcome: str, function: Function, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = LambdaGateway.update_function_configuration

    def die(self: LambdaGateway, name: str, **more: Any) -> Any:
        if is_sent:
            change(self, name, **more)
        raise Died

    monkeypatch.setattr(LambdaGateway, change.__name__, die)
    with pytest.raises(Died):
        start(function, secret)
    assert on_record(secret) == []
    assert [found for found, _ in settled()] == [outcome]
    assert (MARKER in function.variables) is is_sent


@pytest.fixture
def open_intent(proxy: AwsProxy, function: Function, secret: str) -> AuditRecord:
    """One whose change AWS has carried out, and nobody knows it."""
    proxy.after("UpdateFunctionConfiguration", lambda: LOST)
    for nth in range(3, 12):  # the question what became of it, and its retries
        proxy.before(READS[0], lambda: LOST, nth)
    with pytest.raises(OutcomeUnknown):
        start(function, secret)
    proxy.reset()
    return intent_of(secret)


def taken_away(function: Function) -> None:
    """As Terraform does that knows nothing of the marker."""
    function.set(**WITH_IT)


def started_again(function: Function) -> None:
    start(function, function.aws.make_secret()[0])


@pytest.mark.parametrize(
    ("afterwards", "outcome"), [(taken_away, "unknown"), (started_again, "done")]
)
def test_what_others_did_since_is_no_proof_that_it_was_not_carried_out(
    afterwards: Callable[[Function], None],
    outcome: str,
    function: Function,
    open_intent: AuditRecord,
) -> None:
    afterwards(function)
    assert [found for found, _ in settled()] == [outcome]


def test_an_earlier_marker_that_is_still_there_proves_that_it_was_not_carried_out(
    proxy: AwsProxy, function: Function, secret: str
) -> None:
    start(function, secret)
    lost(proxy, done=False)
    with pytest.raises(OutcomeUnknown):
        start(function, secret)
    proxy.reset()
    function.add(THEIRS="1")
    assert [found for found, _ in settled()] == ["not_applied"]


def unreadable() -> Answer:
    body = {
        "FunctionArn": "arn:aws:lambda:us-west-2:111111111111:function:miyabi-app",
        "Role": "arn:aws:iam::111111111111:role/r",
        "RevisionId": "r-1",
        "Environment": {"Error": {"ErrorCode": "AccessDeniedException", "Message": "no"}},
    }
    return Answer(200, json.dumps(body).encode(), "request")


def busy(proxy: AwsProxy, function: Function) -> None:
    proxy.amend("GetFunctionConfiguration", LastUpdateStatus="InProgress")


def locked(proxy: AwsProxy, function: Function) -> None:
    proxy.always("GetFunctionConfiguration", unreadable, done=False)


def behind_an_alias(proxy: AwsProxy, function: Function) -> None:
    function.publish("live")


@pytest.mark.parametrize(
    ("prepare", "words"),
    [(busy, "another update"), (locked, "kms:Decrypt"), (behind_an_alias, "live")],
)
def test_what_would_spoil_something_or_reach_nobody_is_refused_on_record(
    prepare: Callable[[AwsProxy, Function], None],
    words: str,
    proxy: AwsProxy,
    function: Function,
    secret: str,
) -> None:
    prepare(proxy, function)
    assert words in look(function.aws.environment, HANA).why_not
    with pytest.raises(NotRefreshable, match=words):
        start(function, secret)
    assert on_record(secret, phase="event") == [("function.refresh", "refused")]
    assert "UpdateFunctionConfiguration" not in proxy.plan.calls
    assert function.variables == WITH_IT


@pytest.mark.parametrize("call", READS)
def test_what_is_not_known_is_not_taken_for_nothing(
    call: str, proxy: AwsProxy, function: Function, secret: str
) -> None:
    proxy.always(call, lambda: refusal("AccessDeniedException", 403), done=False)
    looked = look(function.aws.environment, HANA)
    assert looked.serving is None or call == READS[0]
    assert [why for _, why in looked.unknown] == [f"the console's role lacks lambda:{call}"]
    with pytest.raises(AwsAccessDenied):
        start(function, secret)
    assert "UpdateFunctionConfiguration" not in proxy.plan.calls
    assert not AuditRecord.objects.filter(secret=secret).exists()


@pytest.mark.parametrize("typed", [{"reason": "OPS-1"}, {"typed_name": "NAME"}])
def test_s66_prod_asks_for_a_reason_and_the_typed_name(
    typed: dict[str, str], local_aws: LocalAws, proxy: AwsProxy, prod: Aws
) -> None:
    function, secret = made(local_aws, prod), prod.make_secret()[0]
    with pytest.raises(InvalidChange):
        start(function, secret, **{k: secret if v == "NAME" else v for k, v in typed.items()})
    assert proxy.plan.calls == []
    start(function, secret, reason="OPS-1", typed_name=secret)
    assert MARKER in function.variables
