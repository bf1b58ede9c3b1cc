"""S94: whatever stalls, in STS, the network or the clocks, the record of a swap stays true."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ReadTimeoutError
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from secrets_ui.aws import sending
from secrets_ui.aws.caller import Caller
from secrets_ui.aws.secrets_manager import SecretsManagerGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.deadline import Deadline, is_over
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsError, OutcomeUnknown
from secrets_ui.domain.secrets.secret import was_made_current
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.services.changes.settle import SETTLE_AFTER
from secrets_ui.services.changes.swap import swap_current

NAME, BASE, NEW, OTHER = "miyabi/dev/api-keys", "b" * 32, "n" * 32, "o" * 32
START = datetime(2026, 1, 1, tzinfo=UTC)
# More than AWS lets a signature differ from its own clock, in Secrets Manager's case.
TOLERANCE = timedelta(minutes=15)


class Raw(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[bytes]:
        while chunk := self.read():
            yield chunk


@dataclass
class World:
    """AWS with its clock, a console whose wall clock is set now and then, and a network that takes
    its time. `stalls` says how long each step of the console takes, and by how much its wall clock
    jumps; `fates` what becomes of each sending of the swap, and how late it is if it lies about.
    """

    stalls: Iterator[tuple[int, int]]
    fates: Iterator[tuple[str, int]]
    passed: float = 0.0
    # Seconds by which the console's wall clock is ahead of AWS's.
    ahead: float = 0.0
    current: str = BASE
    previous: str = ""
    was_applied: bool = False
    # The wall clock of the intent, and what settling has recorded of it.
    began: datetime = START
    outcome: str = ""
    # What lies about in the network: when it arrives, and the date that it was signed with.
    under_way: list[tuple[float, datetime]] = field(default_factory=list)

    def aws_time(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def wall_clock(self) -> datetime:
        return START + timedelta(seconds=self.passed + self.ahead)

    def let_pass(self, seconds: float) -> None:
        end = self.passed + seconds
        for late in sorted(self.under_way):
            if late[0] <= end:
                self.under_way.remove(late)
                self.passed = max(self.passed, late[0])
                self.swap(late[1])
        self.passed = max(self.passed, end)
        if self.passed >= SETTLE_AFTER:
            self.outcome = self.outcome or self.settle()

    def settle(self) -> str:
        """As settle.py judges, at this moment; "" while that cannot be told."""
        labels = SimpleNamespace(current=self.current, version_with=lambda label: self.previous)
        moved = was_made_current(labels, BASE, NEW)
        if moved:
            return "done"
        is_certain = moved is False and is_over(self.began, self.aws_time())
        return "without effect" if is_certain else ""

    def stall(self) -> None:
        seconds, jump = next(self.stalls, (0, 0))
        self.let_pass(seconds)
        self.ahead += jump

    def swap(self, dated: datetime) -> int:
        """The status of AWS's answer."""
        if abs(dated - self.aws_time()) > TOLERANCE or self.current != BASE:
            return 400
        self.current, self.previous, self.was_applied = NEW, BASE, True
        return 200

    def others_write(self) -> None:
        self.current, self.previous = OTHER, self.current

    def others_restore(self) -> None:
        if self.current == OTHER and self.previous == BASE:
            self.current, self.previous = BASE, OTHER

    def answer(self, request: Any, **event: Any) -> AWSResponse:
        """In the place of the network: a handler of botocore's event before-send."""
        self.stall()
        if b"DescribeSecret" in request.headers["X-Amz-Target"]:
            return _response(request, 200, self.labels())
        dated = sending._date_of(request.headers)
        fate, late = next(self.fates, ("gone", 0))
        if fate == "late":
            self.under_way.append((self.passed + late, dated))
        elif fate == "answered":
            status = self.swap(dated)
            return _response(request, status, {"ARN": "arn", "__type": "InvalidParameterException"})
        elif fate == "throttled":
            return _response(request, 400, {"__type": "ThrottlingException"})
        elif fate == "lost":
            self.swap(dated)
        raise ReadTimeoutError(endpoint_url=request.url)

    def labels(self) -> dict[str, object]:
        versions = {self.current: ["AWSCURRENT"]}
        if self.previous:
            versions[self.previous] = ["AWSPREVIOUS"]
        return {"ARN": "arn", "Name": NAME, "VersionIdsToStages": versions}


def _response(request: Any, status: int, body: dict[str, object]) -> AWSResponse:
    headers = {"x-amzn-requestid": "an-id"}
    return AWSResponse(request.url, status, headers, Raw(json.dumps(body).encode()))


def act(world: World, gateway: SecretsManagerGateway) -> str:
    """A swap as a save makes it; its outcome, "" where it stays open."""
    world.began = world.wall_clock()
    deadline = Deadline.after(world.began, lambda: world.passed)
    try:
        swap_current(gateway, NAME, base=BASE, to=NEW, deadline=deadline)
    except OutcomeUnknown:
        return ""
    except (AwsError, VersionConflict):
        return "without effect"
    return "done"


@pytest.fixture(scope="module")
def sessions() -> AwsSessions:
    return AwsSessions("http://127.0.0.1:9")


seconds = st.sampled_from([0, 0, 0, 1, 5, 29, 31, 120, 700])
jumps = st.sampled_from([0, 0, 0, 0, -3600, -300, -20, 20, 300])
kinds = st.sampled_from(["late", "late", "lost", "answered", "throttled", "gone"])


@given(
    stalls=st.lists(st.tuples(seconds, jumps), max_size=8),
    fates=st.lists(st.tuples(kinds, st.integers(0, 1200)), max_size=3),
    ahead=st.sampled_from([0, 0, -280, 280, -3600]),
    pauses=st.lists(st.tuples(seconds, st.sampled_from(["", "write", "restore"])), max_size=8),
)
# The session ends between put and swap, and STS hangs.
@example(stalls=[(700, 0), (700, 0)], fates=[("lost", 0)], ahead=0, pauses=[])
# A signature of a wall clock that was set forward lives longer.
@example(stalls=[(5, 300)], fates=[("late", 1100)], ahead=0, pauses=[(1000, "")])
# A lost call arrives once the base is back.
@example(stalls=[], fates=[("late", 800)], ahead=0, pauses=[(1, "write"), (1, "restore"), (90, "")])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_s94_the_record_of_a_swap_is_true_whatever_stalls_and_whichever_clock_jumps(
    sessions: AwsSessions,
    environment: Environment,
    stalls: list[tuple[int, int]],
    fates: list[tuple[str, int]],
    ahead: int,
    pauses: list[tuple[int, str]],
) -> None:
    world = World(iter(stalls), iter(fates), ahead=ahead)

    def credentials() -> ReadOnlyCredentials:
        world.stall()  # in STS
        return ReadOnlyCredentials("key", "not-real", "token")

    gateway = SecretsManagerGateway(Caller(environment, None, credentials, sessions.client))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", world.wall_clock)
        patch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=world.let_pass))
        events = gateway._client.meta.events
        events.register_last("before-send", world.answer)
        try:
            outcome = act(world, gateway)
        finally:
            events.unregister("before-send", world.answer)
    for pause, others in [*pauses, (10**4, "")]:
        world.let_pass(pause)
        {"write": world.others_write, "restore": world.others_restore}.get(others, lambda: None)()
    event(outcome or world.outcome or "open")
    for told in filter(None, (outcome, world.outcome)):
        assert world.was_applied is (told == "done")
