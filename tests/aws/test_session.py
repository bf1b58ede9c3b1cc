"""session: whose name a call carries, where it goes, and how many clients are kept."""

import json
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import pytest
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ConnectTimeoutError, NoCredentialsError

from deploy.demo.signed_client import SignedClient
from secrets_ui.aws import caller, session
from secrets_ui.aws.secrets_manager import SecretsManagerGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsUnreachable
from secrets_ui.domain.session_scope import OPEN, OutOfScope, Scope, session_policy
from tests.aws.fake_aws import Answer, FakeAws, key_of
from tests.conftest import fresh_environments

DESCRIBED = '{"ARN": "arn", "Name": "miyabi/dev/api-keys", "CreatedDate": 1767225600.25}'


@pytest.fixture(autouse=True)
def described(fake_aws: FakeAws) -> None:
    fake_aws.answer = lambda request: Answer(200, DESCRIBED)


@pytest.fixture
def sessions(fake_aws: FakeAws) -> AwsSessions:
    return AwsSessions(fake_aws.endpoint)


def describe(sessions: AwsSessions, environment: Environment, person: str) -> Any:
    return SecretsManagerGateway(sessions.caller(environment, person)).describe_secret("name").value


def secrets_manager(
    sessions: AwsSessions, environment: Environment, scope: Scope | None = None
) -> Any:
    """boto3's client with hana's signature, held to `scope`."""
    return SignedClient(sessions.caller(environment, "hana", scope), "secretsmanager")


def without_role(environment: Environment) -> Environment:
    return Environment(
        environment.name, environment.region, environment.account, environment.prefix
    )


def test_s48_each_environment_s_calls_are_signed_by_its_own_assumed_role_in_the_person_s_name(
    fake_aws: FakeAws, sessions: AwsSessions
) -> None:
    for environment in fresh_environments().values():
        for person in ("hana", "ken@example.org"):
            fake_aws.requests.clear()
            describe(sessions, environment, person)
            assumed, call = fake_aws.requests

            assert (assumed.operation, call.operation) == ("AssumeRole", "DescribeSecret")
            assert (assumed.form["RoleArn"], assumed.form["RoleSessionName"]) == (
                environment.assume_role,
                person,
            )
            assert assumed.signer == "testing"  # the console's own credentials
            assert call.signer == key_of(environment.account)


def test_s48_two_people_never_share_a_client(
    sessions: AwsSessions, environment: Environment
) -> None:
    hana, ken = (sessions.caller(environment, person) for person in ("hana", "ken"))
    assert hana is not ken
    assert hana.credentials is not ken.credentials


def test_s48_an_environment_of_the_same_name_elsewhere_has_clients_of_its_own(
    fake_aws: FakeAws, sessions: AwsSessions
) -> None:
    for environment in (fresh_environments()["dev"], fresh_environments()["dev"]):
        describe(sessions, environment, "hana")
        assert fake_aws.requests[-1].signer == key_of(environment.account)


def test_without_a_role_the_console_signs_itself_and_people_share_a_client(
    fake_aws: FakeAws, sessions: AwsSessions, environment: Environment
) -> None:
    plain = without_role(environment)
    describe(sessions, plain, "hana")

    assert [(request.operation, request.signer) for request in fake_aws.requests] == [
        ("DescribeSecret", "testing")
    ]
    hana, ken = (sessions.caller(plain, person) for person in ("hana", "ken"))
    assert hana.client("secretsmanager") is ken.client("secretsmanager")


def test_a_client_is_made_without_a_call_and_the_role_is_assumed_once(
    fake_aws: FakeAws, sessions: AwsSessions, environment: Environment
) -> None:
    sessions.caller(environment, "hana").client("secretsmanager")
    assert fake_aws.requests == []

    for _ in range(3):
        describe(sessions, environment, "hana")
    assert len(fake_aws.of("AssumeRole")) == 1


def test_services_of_one_person_share_the_assumed_role(
    fake_aws: FakeAws, sessions: AwsSessions, environment: Environment
) -> None:
    describe(sessions, environment, "hana")
    fake_aws.answer = lambda request: Answer(200, '{"KeyMetadata": {"KeyId": "k"}}')
    kms = SignedClient(sessions.caller(environment, "hana"), "kms")
    kms.describe_key(KeyId="k")

    assert len(fake_aws.of("AssumeRole")) == 1
    assert fake_aws.requests[-1].signer == key_of(environment.account)


ONE = OPEN.of("miyabi/dev/config")


def test_s48_a_session_is_narrowed_to_the_one_secret_and_the_actions_of_its_request(
    fake_aws: FakeAws, sessions: AwsSessions, environment: Environment
) -> None:
    client = secrets_manager(sessions, environment, ONE)
    client.describe_secret(SecretId="miyabi/dev/config")
    (assumed,) = fake_aws.of("AssumeRole")

    assert assumed.form["SourceIdentity"] == "hana"
    assert assumed.form["DurationSeconds"] == "900"
    assert json.loads(assumed.form["Policy"]) == json.loads(session_policy(environment, ONE))


def test_s48_what_a_request_did_not_announce_is_not_even_sent(
    fake_aws: FakeAws, sessions: AwsSessions, environment: Environment
) -> None:
    client = secrets_manager(sessions, environment, ONE)
    kms = SignedClient(sessions.caller(environment, "hana", ONE), "kms")
    for call in (
        lambda: client.get_secret_value(SecretId="miyabi/dev/config"),
        lambda: client.describe_secret(SecretId="miyabi/dev/api-keys"),
        lambda: client.list_secrets(),
        lambda: kms.describe_key(KeyId="k"),
        lambda: kms.get_paginator("list_grants").paginate(KeyId="k"),
    ):
        with pytest.raises(OutOfScope):
            call()
    assert fake_aws.requests == []


def test_s48_the_scope_is_held_where_the_environment_has_no_role(
    fake_aws: FakeAws, sessions: AwsSessions, environment: Environment
) -> None:
    client = secrets_manager(sessions, without_role(environment), ONE)
    with pytest.raises(OutOfScope):
        client.describe_secret(SecretId="miyabi/dev/api-keys")
    assert fake_aws.requests == []


def test_s48_each_scope_of_a_person_has_a_session_of_its_own_and_keeps_it(
    fake_aws: FakeAws, sessions: AwsSessions, environment: Environment
) -> None:
    for _ in range(2):
        for scope in (OPEN.of("miyabi/dev/config"), OPEN.of("miyabi/dev/api-keys"), None):
            name = scope.secret if scope else "miyabi/dev/config"
            secrets_manager(sessions, environment, scope).describe_secret(SecretId=name)
    policies = [request.form.get("Policy", "") for request in fake_aws.of("AssumeRole")]
    assert len(policies) == len(set(policies)) == 3


@pytest.mark.parametrize(
    ("switch", "left"), [("source_identity", "Policy"), ("session_policy", "SourceIdentity")]
)
def test_s48_what_a_trust_policy_cannot_allow_is_switched_off_alone(
    fake_aws: FakeAws, sessions: AwsSessions, environment: Environment, switch: str, left: str
) -> None:
    place = replace(environment, **{switch: False})
    client = secrets_manager(sessions, place, ONE)
    client.describe_secret(SecretId="miyabi/dev/config")
    form = fake_aws.of("AssumeRole")[0].form

    assert {"Policy", "SourceIdentity"} & set(form) == {left}
    with pytest.raises(OutOfScope):  # held here all the same
        client.get_secret_value(SecretId="miyabi/dev/config")


def test_s48_a_session_is_renewed_before_its_end_and_serves_until_then(
    fake_aws: FakeAws,
    sessions: AwsSessions,
    environment: Environment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    describe(sessions, environment, "hana")
    end = datetime(2099, 1, 1, tzinfo=UTC).timestamp()  # as the fake STS says
    for now, assumed in ((end - 121, 1), (end - 119, 2)):
        monkeypatch.setattr(caller.time, "time", lambda now=now: now)
        describe(sessions, environment, "hana")
        assert len(fake_aws.of("AssumeRole")) == assumed


def test_s95_those_who_wait_for_a_role_share_its_failure_and_the_next_one_tries_anew() -> None:
    """Were each to try in turn, an STS that hangs would hold the last one for minutes."""
    everybody_asks, tries = threading.Barrier(8), count(1)

    class Lock:
        """That of AssumedRole, which tells when everybody has passed it."""

        def __init__(self) -> None:
            self._lock, self.passed = threading.Lock(), threading.Semaphore(0)

        def __enter__(self) -> None:
            self._lock.acquire()

        def __exit__(self, *exc_info: object) -> None:
            self._lock.release()
            self.passed.release()

    def assume() -> tuple[ReadOnlyCredentials, float]:
        if next(tries) > 1:
            return ReadOnlyCredentials("key", "not-real", "token"), math.inf
        for _ in range(8):
            assert lock.passed.acquire(timeout=20)
        raise ConnectTimeoutError(endpoint_url="sts")

    role, lock = caller.AssumedRole(assume), Lock()
    role._lock = lock  # type: ignore[assignment]

    def ask() -> object:
        everybody_asks.wait(20)
        try:
            return role()
        except ConnectTimeoutError as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(), range(8)))
    assert {type(answer) for answer in answers} == {ConnectTimeoutError}
    assert (role().access_key, next(tries)) == ("key", 3)


def test_s48_a_shared_client_signs_nothing_without_a_caller(
    fake_aws: FakeAws, sessions: AwsSessions, environment: Environment
) -> None:
    describe(sessions, environment, "hana")
    fake_aws.requests.clear()
    shared: Any = sessions.client("secretsmanager", environment.region)
    with pytest.raises(NoCredentialsError):
        shared.describe_secret(SecretId="name")
    assert fake_aws.requests == []


def test_s48_a_caller_signs_in_its_own_thread_alone(
    fake_aws: FakeAws, sessions: AwsSessions, environment: Environment
) -> None:
    caller = sessions.caller(environment, "hana")
    client = caller.client("secretsmanager")
    with caller.signing(), ThreadPoolExecutor(1) as pool:
        elsewhere = pool.submit(client.describe_secret, SecretId="name")
        with pytest.raises(NoCredentialsError):
            elsewhere.result()
    assert fake_aws.requests == []


def test_s48_between_two_pages_nobody_signs(
    fake_aws: FakeAws, sessions: AwsSessions, environment: Environment
) -> None:
    fake_aws.answer = lambda request: Answer(200, '{"SecretList": [], "NextToken": "more"}')
    caller = sessions.caller(environment, "hana")
    pages = SecretsManagerGateway(caller).secret_pages()
    next(pages)
    with pytest.raises(NoCredentialsError):
        caller.client("secretsmanager").describe_secret(SecretId="name")
    next(pages)
    assert [request.operation for request in fake_aws.requests[1:]] == ["ListSecrets"] * 2


@pytest.mark.parametrize(
    "name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL_STS"]
)
def test_s84_the_machine_s_settings_cannot_send_calls_elsewhere(
    name: str, monkeypatch: pytest.MonkeyPatch, environment: Environment
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    sessions = AwsSessions()

    assert (
        sessions.caller(environment, "hana").client("secretsmanager").meta.endpoint_url
        == "https://secretsmanager.us-west-2.amazonaws.com"
    )
    assert (
        sessions.caller(environment, "hana").client("sts").meta.endpoint_url
        == "https://sts.us-west-2.amazonaws.com"
    )


def test_s84_sts_is_asked_in_the_same_place_as_the_rest(
    fake_aws: FakeAws, sessions: AwsSessions, environment: Environment
) -> None:
    describe(sessions, environment, "hana")
    assert len(fake_aws.of("AssumeRole")) == 1


def test_times_are_read_as_utc(sessions: AwsSessions, environment: Environment) -> None:
    assert describe(sessions, environment, "hana").created == datetime(
        2026, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "written",
    ["2026-01-01T00:00:00Z", "2026-01-01T09:00:00+09:00", 1767225600, 1767225600.0, "1767225600"],
)
def test_every_way_of_writing_a_time_comes_out_in_utc(written: object) -> None:
    moment = session._timestamp(written)
    assert (moment, moment.tzinfo) == (datetime(2026, 1, 1, tzinfo=UTC), UTC)


def test_retries_and_time_outs_are_those_of_the_console(
    sessions: AwsSessions, environment: Environment
) -> None:
    config: Any = sessions.caller(environment, "hana").client("secretsmanager").meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": session.MAX_ATTEMPTS}
    assert (config.connect_timeout, config.read_timeout) == (
        session.CONNECT_TIMEOUT,
        session.READ_TIMEOUT,
    )


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """All calls side by side, each in a thread of its own."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_threads_that_ask_at_once_get_the_same_client(
    sessions: AwsSessions, environment: Environment
) -> None:
    callers = at_once([lambda: sessions.caller(environment, "hana") for _ in range(16)])
    clients = at_once([partial(one.client, "secretsmanager") for one in callers])
    assert len({id(one) for one in callers}) == len({id(client) for client in clients}) == 1


@pytest.mark.slow
def test_one_client_serves_many_threads(
    fake_aws: FakeAws, sessions: AwsSessions, environment: Environment
) -> None:
    report = at_once([lambda: describe(sessions, environment, "hana").name for _ in range(16)])

    assert set(report) == {"miyabi/dev/api-keys"}
    assert len(fake_aws.of("AssumeRole")) == 1


def test_roles_of_many_environments_and_people_are_assumed_side_by_side(
    fake_aws: FakeAws, sessions: AwsSessions
) -> None:
    places = [*fresh_environments().values()]
    calls = [
        lambda place=place, person=person: describe(sessions, place, f"person-{person}")
        for place in places
        for person in range(5)
    ]

    assert len(at_once(calls)) == 15
    assert {request.signer for request in fake_aws.of("DescribeSecret")} == {
        key_of(place.account) for place in places
    }
    assert len(fake_aws.of("AssumeRole")) == 15


def test_only_the_latest_clients_are_kept(
    monkeypatch: pytest.MonkeyPatch, sessions: AwsSessions, environment: Environment
) -> None:
    monkeypatch.setattr(session, "KEPT_CALLERS", 3)
    first = {person: sessions.caller(environment, person) for person in ("a1", "a2", "a3")}
    sessions.caller(environment, "a1")  # used again, so a2 is the oldest
    sessions.caller(environment, "a4")
    again = {person: sessions.caller(environment, person) for person in ("a1", "a3")}

    assert again == {person: first[person] for person in ("a1", "a3")}
    assert sessions.caller(environment, "a2") is not first["a2"]
    assert len(sessions._callers) == 3


def test_a_client_in_use_outlives_its_place_among_the_kept(
    monkeypatch: pytest.MonkeyPatch, sessions: AwsSessions, environment: Environment
) -> None:
    monkeypatch.setattr(session, "KEPT_CALLERS", 1)
    gateway = SecretsManagerGateway(sessions.caller(environment, "hana"))
    sessions.caller(environment, "ken")

    assert gateway.describe_secret("name").value.name == "miyabi/dev/api-keys"


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@pytest.mark.parametrize("has_role", [True, False])
def test_missing_credentials_are_told_and_noticed_once_they_are_there(
    no_credentials: None,
    has_role: bool,
    fake_aws: FakeAws,
    sessions: AwsSessions,
    environment: Environment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = environment if has_role else without_role(environment)
    with pytest.raises(AwsUnreachable, match=r"^The console has no AWS credentials\.$"):
        describe(sessions, place, "hana")
    assert fake_aws.requests == []

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "late")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "late")
    assert describe(sessions, place, "hana").name == "miyabi/dev/api-keys"
