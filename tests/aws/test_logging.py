"""S06: what botocore and urllib3 would log of a value reaches no handler at any level."""

import base64
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.demo.local_aws import LocalAws
from secrets_ui.aws.secrets_manager import SecretsManagerGateway
from secrets_ui.aws.session import keep_botocore_quiet
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsError
from secrets_ui.domain.secrets.secret_value import SecretValue
from tests.aws.calls import IN_TIME, NAME, VERSION
from tests.aws.fake_aws import Answer, FakeAws

NOISY = ("botocore", "boto3", "urllib3", "s3transfer")


class Everything(logging.Handler):
    """Keeps all that a handler could ever get of a record."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += f"{record.name} {record.getMessage()} {record.__dict__!r}\n"


def noisy_loggers() -> list[logging.Logger]:
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in NOISY]
    return [logging.getLogger(name) for name in (*NOISY, *names)]


@pytest.fixture
def heard(gateway: SecretsManagerGateway) -> Iterator[Everything]:
    """Root and all loggers of botocore and urllib3 at DEBUG, set after all clients are made."""
    gateway.list_secrets()
    handler, loggers = Everything(), [logging.getLogger(), *noisy_loggers()]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    for name in ("", "botocore", "urllib3"):
        logging.getLogger(name or None).addHandler(handler)
    yield handler
    for name in ("", "botocore", "urllib3"):
        logging.getLogger(name or None).removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def forms(value: str) -> list[str]:
    return [value, base64.b64encode(value.encode()).decode()[:-4]]


def test_s06_a_put_and_a_get_leave_nothing_in_any_handler(
    heard: Everything, gateway: SecretsManagerGateway, make_secret: Callable[..., str], canary: str
) -> None:
    name = make_secret()
    gateway.put_secret_value(
        name,
        SecretValue(json.dumps({"KEY": canary})),
        token="t" * 64,
        label="label",
        deadline=IN_TIME,
    )
    stored = gateway.get_secret_value(name, "t" * 64).value
    logging.getLogger("miyabi.test").debug("the handler listens")

    assert stored.value == SecretValue(json.dumps({"KEY": canary}))
    assert "the handler listens" in heard.text
    assert not [form for form in forms(canary) if form in heard.text]


def test_s06_s07_failing_calls_leave_nothing_in_any_handler(
    heard: Everything, gateway: SecretsManagerGateway, environment: Environment, canary: str
) -> None:
    for value in (SecretValue(canary), SecretValue(canary.encode())):  # no such secret; not a text
        with pytest.raises(AwsError):
            gateway.put_secret_value(
                environment.prefix + "nothing",
                value,
                token="t" * 64,
                label="label",
                deadline=IN_TIME,
            )

    assert not [form for form in forms(canary) if form in heard.text]


# A process of its own: here no earlier test has made a logger or a client.
SCRIPT = """
import logging, os, sys
from datetime import UTC, datetime
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(name)s %(message)s")
below = ("botocore.endpoint", "botocore.parsers", "urllib3.connectionpool")
for name in ("botocore", "urllib3", *below):
    logging.getLogger(name).setLevel(logging.DEBUG)
from secrets_ui.aws.secrets_manager import SecretsManagerGateway
from secrets_ui.aws.session import AwsSessions
from secrets_ui.domain.deadline import Deadline
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.secrets.secret_value import SecretValue
place = Environment("dev", "us-west-2", os.environ["ACCOUNT"], "miyabi/dev/", os.environ["ROLE"])
gateway = SecretsManagerGateway(AwsSessions(os.environ["ENDPOINT"]).caller(place, "hana"))
value = SecretValue(sys.stdin.read())
new = {"token": "u" * 64, "label": "label", "deadline": Deadline.after(datetime.now(UTC))}
gateway.put_secret_value(os.environ["SECRET"], value, **new)
stored = gateway.get_secret_value(os.environ["SECRET"], "u" * 64).value
for name in list(logging.root.manager.loggerDict):
    logging.getLogger(name).setLevel(logging.DEBUG)
gateway.get_secret_value(os.environ["SECRET"], "u" * 64)
logging.getLogger("miyabi.test").debug("read %d bytes", stored.value.size)
assert "django" not in sys.modules
"""


@pytest.mark.processes
def test_s06_a_new_process_at_debug_from_its_first_line_prints_nothing(
    local_aws: LocalAws, environment: Environment, make_secret: Callable[..., str], canary: str
) -> None:
    names = {
        "ACCOUNT": environment.account,
        "ROLE": environment.assume_role,
        "ENDPOINT": local_aws.endpoint,
        "SECRET": make_secret(),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | names,
        cwd=Path(__file__).resolve().parents[2],
        input=canary,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert f"miyabi.test read {len(canary)} bytes" in done.stdout
    assert not [form for form in forms(canary) if form in done.stdout]


def test_s06_without_the_quieting_botocore_would_log_the_value(
    gateway: SecretsManagerGateway, canary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the tests above could not fail."""
    gateway.list_secrets()
    handler, endpoint = Everything(), logging.getLogger("botocore.endpoint")
    monkeypatch.setattr(endpoint, "filters", [])
    endpoint.setLevel(logging.DEBUG)
    endpoint.addHandler(handler)
    with pytest.raises(AwsError):
        gateway.put_secret_value(
            "miyabi/dev/nothing",
            SecretValue(canary),
            token="t" * 64,
            label="label",
            deadline=IN_TIME,
        )
    endpoint.removeHandler(handler)
    keep_botocore_quiet()

    assert canary in handler.text


def test_s100_a_header_that_repeats_the_value_is_in_no_warning(
    fake_aws: FakeAws, fake_gateway: SecretsManagerGateway, canary: str
) -> None:
    """urllib3 warns of headers that it cannot read, with their text."""
    handler = Everything()
    logging.getLogger("urllib3").addHandler(handler)
    fake_aws.answer = lambda request: Answer(200, request_id="an-id\r\nno header but " + canary[:9])
    try:
        with pytest.raises(AwsError):
            fake_gateway.put_secret_value(
                NAME, SecretValue(canary), token=VERSION, label="label", deadline=IN_TIME
            )
    finally:
        logging.getLogger("urllib3").removeHandler(handler)
    assert "Failed to parse headers" in handler.text
    assert "no header" not in handler.text
