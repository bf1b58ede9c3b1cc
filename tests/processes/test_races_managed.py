"""Races of real processes for a whole secret: a hundred for its name, fifty as it is deleted."""

import random
import secrets
from collections import Counter

import pytest

from tests.processes.consoles import Console, Worker
from tests.processes.outside import Aws
from tests.processes.test_races import JITTER, RACES, begin

pytestmark = pytest.mark.processes


def test_s63_of_two_who_create_a_secret_at_once_one_is_refused_and_the_other_s_is_whole(
    pair: tuple[Console, Console], script: Worker, dev: Aws
) -> None:
    """The rival is another console, or a script outside."""
    tally: Counter[str] = Counter()
    for race in range(RACES):
        secret = f"{dev.environment.prefix}{secrets.token_hex(6)}"
        rival = script if race % 2 else pair[1]
        pair[0].tell("create", secret=secret, actor="hana", pause=random.uniform(0, JITTER))
        pause = random.uniform(0, JITTER)
        if rival is script:
            script.send(how="create", secret=secret, key="A", value="theirs", pause=pause)
        else:
            pair[1].tell("create", secret=secret, pause=pause)
        mine, theirs = pair[0].hear()["said"], rival.hear()["said"]
        winner, loser = (theirs, mine) if mine["refused"] else (mine, theirs)
        assert not winner["refused"]
        # Refused by a look before, or by AWS itself.
        assert loser["refused"] in ("SecretExists", "AwsRefused", "ResourceExistsException")
        assert dev.labels(secret) == {winner["version"]: ["AWSCURRENT"]}
        value = "theirs" if rival is script and winner is theirs else "new"
        assert dev.values(secret) == {"A": value}
        tally["mine" if winner is mine else "theirs"] += 1
        tally[loser["refused"]] += 1
    assert min(tally["mine"], tally["theirs"], tally["AwsRefused"]) >= RACES // 20, tally
    assert pair[0].ask("verify")["status"] == 0


def test_s63_a_change_at_once_with_a_deletion_is_whole_or_refused_and_comes_back(
    pair: tuple[Console, Console], script: Worker, dev: Aws
) -> None:
    """The change is made in another console, or by a script outside."""
    tally: Counter[str] = Counter()
    secret, _ = dev.make_secret("{}")
    expected: dict[str, str] = {}
    for race in range(RACES // 2):
        key = str(race)
        rival = script if race % 2 else pair[1]
        pair[0].tell("delete", secret=secret, once=key, pause=random.uniform(0, 2 * JITTER))
        if rival is script:
            pause = random.uniform(0, JITTER)
            script.send(how="plain", secret=secret, key=key, value="theirs", pause=pause)
        else:
            begin(pair[1], secret, dev.current(secret), key, "theirs")
        deleted, changed = pair[0].hear()["said"], rival.hear()["said"]
        assert deleted["refused"] == "", deleted
        assert "DeletedDate" in dev.client.describe_secret(SecretId=secret)
        dev.client.restore_secret(SecretId=secret)
        if not changed["refused"]:
            expected[key] = "theirs"
        assert dev.values(secret) == expected
        tally[changed["refused"]] += 1
    assert min(tally[""], RACES // 2 - tally[""]) >= RACES // 40, tally
    assert pair[0].ask("verify")["status"] == 0
