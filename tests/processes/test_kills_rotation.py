"""SIGKILL at each step of a rotation: whoever comes back finds it where it is, and it ends."""

import json

import pytest

from deploy.demo.github import GitHub
from tests.processes.consoles import Consoles
from tests.processes.outside import Aws
from tests.processes.test_kills import ensure_agreement

pytestmark = pytest.mark.processes
KEY = "GITHUB_TOKEN"
MOMENTS = ("before", "after")


def test_s61_a_rotation_that_is_killed_at_each_step_comes_to_its_end(
    consoles: Consoles, dev: Aws, one_github: GitHub
) -> None:
    old, new, steady = one_github.make_token(), one_github.make_token(), consoles.steady
    secret = dev.environment.prefix + "api-keys"
    made = dev.client.create_secret(Name=secret, SecretString=json.dumps({KEY: old}))
    about = {"secret": secret, "key": KEY}

    def step() -> str:
        ensure_agreement(steady, dev, secret)
        return str(steady.ask("rotation_step", **about)[1])

    for moment in MOMENTS:
        consoles.kill_at("GetSecretValue", moment, "rotate", **about, what="begin")
        assert steady.ask("rotation_step", **about) == []
    number = steady.ask("rotate", **about, what="begin")["number"]
    assert step() == "get"

    wanted = {"secret": secret, "base": made["VersionId"], "values": {KEY: new}, "rotation": number}
    for call, moment in (("PutSecretValue", "after"), ("swap", "before")):
        consoles.kill_at(call, moment, "save", **wanted)
        assert steady.ask("rotation_step", **about) == [number, "save"]  # not settled yet
        assert step() == "get"
    consoles.kill_at("swap", "after", "save", **wanted)
    assert step() == "arrive"

    for moment in MOMENTS:
        consoles.kill_at("DescribeSecret", moment, "rotate", **about, what="arrived")
        assert step() == "arrive"
    assert steady.ask("rotate", **about, what="arrived", actor="kenji")["refused"] == ""

    one_github.tokens[old].is_revoked = True
    for moment in MOMENTS:
        consoles.kill_at("GetSecretValue", moment, "rotate", **about, what="try_old")
        assert step() == "revoke"
    assert steady.ask("rotate", **about, what="try_old", actor="kenji")["refused"] == ""
    assert steady.ask("rotation_step", **about) == [number, ""]
