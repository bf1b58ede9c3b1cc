"""SIGKILL at each step of creating, describing, deleting and restoring a whole secret."""

import secrets
from typing import Any

import pytest

from tests.processes.consoles import Consoles
from tests.processes.outside import Aws
from tests.processes.test_kills import outcomes

pytestmark = pytest.mark.processes
MOMENTS = ("before", "after")


def ended(steady: Any, secret: str) -> list[tuple[str, str]]:
    """The acts on a secret once settled; nothing is left open, and the chain holds."""
    settled = steady.ask("settle")
    assert settled["status"] == 0, settled["text"]
    assert steady.ask("verify")["status"] == 0
    return [act for act in outcomes(steady, secret) if act[0] != "value.read"]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("call", ["DescribeSecret", "DescribeKey", "CreateSecret"])
def test_s61_a_creation_killed_at_any_call_is_settled_to_what_aws_has(
    call: str, moment: str, consoles: Consoles, dev: Aws
) -> None:
    secret = f"{dev.environment.prefix}{secrets.token_hex(6)}"
    consoles.kill_at(call, moment, "create", secret=secret)
    is_made = (call, moment) == ("CreateSecret", "after")
    found = ended(consoles.steady, secret)
    intended = [("secret.create", "done" if is_made else "not_applied")]
    assert found == (intended if call == "CreateSecret" else [])
    again = consoles.steady.ask("create", secret=secret)
    assert again["refused"] == ("SecretExists" if is_made else "")
    assert dev.value(secret) == '{"A": "new"}'
    assert len(dev.versions(secret)) == 1


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("call", ["UpdateSecret", "TagResource", "UntagResource"])
def test_s61_a_description_killed_at_any_call_is_settled_act_by_act(
    call: str, moment: str, consoles: Consoles, dev: Aws
) -> None:
    secret, _ = dev.make_secret()
    dev.client.update_secret(SecretId=secret, Description="before")
    dev.client.tag_resource(SecretId=secret, Tags=[{"Key": "Old", "Value": "1"}])
    consoles.kill_at(call, moment, "describe", secret=secret)
    order = ["UpdateSecret", "TagResource", "UntagResource"]
    number = order.index(call)
    actions = ["secret.describe", "secret.tag", "secret.untag"]
    last = "done" if moment == "after" else "not_applied"
    done = [(action, "done") for action in actions[:number]]
    assert ended(consoles.steady, secret) == [*done, (actions[number], last)]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    ("do", "call"),
    [
        ("delete", "DescribeSecret"),
        ("delete", "DeleteSecret"),
        ("cancel", "DescribeSecret"),
        ("cancel", "RestoreSecret"),
    ],
)
def test_s61_a_deletion_and_its_cancellation_killed_at_any_call(
    do: str, call: str, moment: str, consoles: Consoles, dev: Aws
) -> None:
    secret, _ = dev.make_secret()
    if do == "cancel":
        dev.client.delete_secret(SecretId=secret)
    consoles.kill_at(call, moment, do, secret=secret)
    action = {"delete": "secret.delete", "cancel": "secret.cancel_deletion"}[do]
    is_done = (call, moment) in (("DeleteSecret", "after"), ("RestoreSecret", "after"))
    found = ended(consoles.steady, secret)
    intended = [(action, "done" if is_done else "not_applied")]
    assert found == ([] if call == "DescribeSecret" else intended)
    is_deleted = "DeletedDate" in dev.client.describe_secret(SecretId=secret)
    assert is_deleted is ((do == "delete") is is_done)
