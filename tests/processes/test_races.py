"""A hundred races of real processes for the same secret, and no change lost.

What "not lost" means: after a race, each change is in the current version, or was refused to its
author's face. With a script that puts a whole document without comparing, AWS itself lets that
script drop what it has not read. The console cannot prevent it, so what is shown there is: the
console never drops the script's change, and what the script drops of the console's is only ever a
version that the script replaced without reading it, still kept under AWSPREVIOUS.
"""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.processes.consoles import Console, Worker
from tests.processes.outside import Aws

pytestmark = pytest.mark.processes
RACES = 100
# A secret is raced for so often. Each race adds a key to it, and a save looks at every key.
STRETCH = 10
JITTER = 0.02  # seconds by which a side may begin later; a save takes about twice as long


@dataclass
class Head:
    """Seconds by which one side begins later than the other, or earlier, below zero.

    Who lost begins earlier in the next race, so that they stay close. Each loss in a row counts
    twice as much as the one before: on a busy machine the sides are far apart.
    """

    seconds: float = 0.0
    step: float = 0.005
    has_lost: bool = False

    def follow(self, lost: bool) -> None:
        self.step = min(2 * self.step, 0.16) if lost is self.has_lost else 0.005
        self.has_lost = lost
        self.seconds += -self.step if lost else self.step

    def pauses(self) -> tuple[float, float]:
        """Of the one side and of the other."""
        mine, theirs = (max(0.0, head) for head in (self.seconds, -self.seconds))
        return mine + random.uniform(0, JITTER), theirs + random.uniform(0, JITTER)


def begin(
    console: Console,
    secret: str,
    base: str,
    key: str,
    value: str,
    actor: str = "hana",
    pause: float | None = None,
) -> None:
    console.tell(
        "save",
        secret=secret,
        base=base,
        values={key: value},
        actor=actor,
        pause=random.uniform(0, JITTER) if pause is None else pause,
    )


def save_on_top(console: Console, dev: Aws, secret: str, key: str, value: str) -> None:
    """What the refused author does next: look at what is there now, and save again."""
    assert (
        console.ask("save", secret=secret, base=dev.current(secret), values={key: value})["refused"]
        == ""
    )


def test_s63_of_two_people_who_save_at_once_one_is_refused_and_nothing_is_lost(
    pair: tuple[Console, Console], dev: Aws
) -> None:
    raced: list[str] = []
    for race in range(RACES):
        if race % STRETCH == 0:
            raced.append(dev.make_secret("{}")[0])
            expected = dict[str, str]()
        secret = raced[-1]
        base = dev.current(secret)
        # Both change the same key, or one each.
        one, other = ("", "") if race % 2 else (" one", " other")
        keys = (f"{race}{one}", f"{race}{other}")
        for console, key, actor in zip(pair, keys, ("hana", "kenji"), strict=True):
            begin(console, secret, base, key, actor, actor)
        result = [console.hear()["said"] for console in pair]

        assert sorted(answer["refused"] for answer in result) == ["", "VersionConflict"], result
        winner = result.index(next(answer for answer in result if not answer["refused"]))
        assert dev.labels(secret) == {
            result[winner]["version"]: ["AWSCURRENT"],
            base: ["AWSPREVIOUS"],
        }
        expected[keys[winner]] = ("hana", "kenji")[winner]
        assert dev.values(secret) == expected
        if not race % 2:
            save_on_top(pair[1 - winner], dev, secret, keys[1 - winner], "again")
            expected[keys[1 - winner]] = "again"
            assert dev.values(secret) == expected
    ensure_recorded(pair[0], dev, raced)


def ensure_recorded(console: Console, dev: Aws, raced: list[str]) -> None:
    """Every version that AWS has was made current, or lost its race, by the audit log.

    A fair part of the races was decided by AWS's own comparison, not by an early read.
    """
    tally: Counter[str] = Counter()
    for secret in raced:
        rows = console.ask("records", secret=secret)
        saves = [row for row in rows if row["action"] == "secret.save"]
        intents = {str(row["sequence"]): row["hash"] for row in saves if row["phase"] == "intent"}
        ends = {
            intents[row["intent"]]: row["outcome"] for row in saves if row["phase"] == "outcome"
        }
        assert set(ends) == set(intents.values())
        # The first, made outside.
        assert set(dev.versions(secret)) - set(ends) <= {dev.versions(secret)[0]}
        tally.update(ends.values())
    assert set(tally) == {"done", "conflict"}
    assert tally["conflict"] >= RACES // 10
    assert console.ask("verify")["status"] == 0


@dataclass
class Match:
    """Races of a console and a script for a secret; `head` is the console's."""

    console: Console
    script: Worker
    dev: Aws
    how: str
    secret: str = ""
    head: Head = field(default_factory=Head)

    def race(self, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the console told its author, and what the script read and made."""
        mine, theirs = self.head.pauses()
        base, key = self.dev.current(self.secret), f"{number} console"
        begin(self.console, self.secret, base, key, "console", pause=mine)
        self.script.send(
            how=self.how, secret=self.secret, key=f"{number} script", value="script", pause=theirs
        )
        result, wrote = self.console.hear()["said"], self.script.hear()["said"]
        self.head.follow(bool(result["refused"]))
        return result, wrote


def test_s63_of_a_restore_and_a_save_at_once_one_is_refused_and_nothing_is_lost(
    pair: tuple[Console, Console], dev: Aws
) -> None:
    secret, earlier = dev.make_secret('{"A": "earlier"}')
    dev.put(secret, '{"A": "later"}')
    for race in range(RACES):
        base = dev.current(secret)
        before = dev.value(secret)
        if before == dev.value(secret, earlier):
            base = dev.put(secret, json.dumps({"A": f"later {race}"}))
        begin(pair[0], secret, base, "B", str(race))
        about = {"secret": secret, "base": base, "values": {}, "actor": "kenji"}
        pair[1].tell("save", **about, restores=earlier, pause=random.uniform(0, JITTER))
        saved, restored = (console.hear()["said"] for console in pair)
        assert sorted([saved["refused"], restored["refused"]]) == ["", "VersionConflict"]
        now = dev.values(secret)
        assert now == ({"A": "earlier"} if not restored["refused"] else now | {"B": str(race)})
        assert len(dev.labels(secret)) == 2


@pytest.mark.parametrize("rival", ["console", "script"])
def test_s63_of_a_copy_and_another_change_at_once_nothing_is_lost(
    rival: str, pair: tuple[Console, Console], script: Worker, dev: Aws, staging: Aws
) -> None:
    """The other change is a save of the console, or that of a careful script outside of it."""
    tally, head = Counter[str](), Head()
    for race in range(RACES):
        if race % STRETCH == 0:
            secret, expected = dev.make_secret("{}")[0], dict[str, str]()
            copied_keys = {f"{race + more} copied": "copied" for more in range(STRETCH)}
            source, version = staging.make_secret(json.dumps(copied_keys))
        base = dev.current(secret)
        copied, other = f"{race} copied", f"{race} other"
        origin = {"environment": "staging", "secret": source, "version": version, "key": copied}
        mine, theirs = head.pauses()
        about = {"secret": secret, "base": base, "values": {}, "actor": "kenji"}
        pair[1].tell("save", **about, copies=origin, pause=mine)
        if rival == "console":
            begin(pair[0], secret, base, other, "other", pause=theirs)
            changed = pair[0].hear()["said"]["refused"] == ""
        else:
            script.send(how="careful", secret=secret, key=other, value="other", pause=theirs)
            script.hear()
            changed = True
        answer = pair[1].hear()["said"]
        assert answer["refused"] in ("", "VersionConflict"), answer
        head.follow(bool(answer["refused"]))
        assert changed or not answer["refused"]
        expected |= {other: "other"} if changed else {}
        expected |= {} if answer["refused"] else {copied: "copied"}
        assert dev.values(secret) == expected
        tally["lost" if answer["refused"] else "copied"] += 1
    assert min(tally["copied"], tally["lost"]) >= RACES // 10, tally


@pytest.mark.parametrize("job", ["approve", "begin_emergency"])
def test_s63_of_an_approval_and_another_change_at_once_one_is_refused_and_nothing_is_lost(
    job: str, pair: tuple[Console, Console], start_script: Callable[[Aws], Worker], staging: Aws
) -> None:
    """By turns against another decision in the console, and against a careful script outside.

    An emergency makes a proposal current by the same way as an approval: a few of them do.
    """
    races = RACES if job == "approve" else RACES // 5
    script = start_script(staging)
    tally, head = Counter[str](), Head()
    for race in range(races):
        if race % STRETCH == 0:
            secret, expected = staging.make_secret("{}")[0], dict[str, str]()
        proposals = [
            propose(pair[0], staging, secret, f"{race} {who}") for who in WHO[: 2 - race % 2]
        ]
        decision = {"sequence": proposals[0], "environment": "staging"}
        mine_later, pause = head.pauses()
        pair[0].tell(job, **decision, pause=mine_later)
        if race % 2:
            script.send(how="careful", secret=secret, key=f"{race} theirs", value="1", pause=pause)
            script.hear()
            refused = [pair[0].hear()["said"]["refused"], ""]
        else:
            other = {"sequence": proposals[1], "environment": "staging", "actor": "yuki"}
            pair[1].tell("approve", **other, pause=pause)
            refused = [console.hear()["said"]["refused"] for console in pair]
            assert "" in refused
        expected |= {f"{race} {who}": "1" for who, why in zip(WHO, refused, strict=True) if not why}
        assert set(refused) <= {"", "VersionConflict"}
        assert staging.values(secret) == expected
        tally["lost" if refused[0] else "won"] += 1
        head.follow(bool(refused[0]))
        for sequence, why in zip(proposals, refused, strict=False):
            if why:  # as labels are few, those that lost are taken off
                pair[0].ask("reject", sequence=sequence, environment="staging", actor="mina")
    assert min(tally["lost"], tally["won"]) >= races // 20, tally
    assert pair[0].ask("verify")["status"] == 0


WHO = ("mine", "theirs")


def propose(console: Console, aws: Aws, secret: str, key: str) -> int:
    about = {"secret": secret, "base": aws.current(secret), "environment": "staging"}
    saved = console.ask("save", **about, values={key: "1"})
    assert saved["refused"] == "", saved
    return int(saved["sequence"])


@pytest.mark.parametrize("writer", ["console", "script"])
def test_s63_a_pin_put_on_or_off_during_a_change_is_neither_lost_nor_in_its_way(
    writer: str, pair: tuple[Console, Console], script: Worker, dev: Aws
) -> None:
    """The pin is of the version that the change starts from, or comes off it."""
    ends: list[str] = []
    for race in range(RACES):
        if race % STRETCH == 0:
            secret, pinned, expected = dev.make_secret("{}")[0], "", dict[str, str]()
        base, key = dev.current(secret), str(race)
        off = bool(pinned) and race % 2 == 1
        version = pinned if off else base
        about = {"secret": secret, "version": version, "off": off, "moves_from": pinned}
        pair[1].tell("pin", **about, name="good", pause=random.uniform(0, JITTER))
        if writer == "console":
            begin(pair[0], secret, base, key, "saved")
            said = pair[0].hear()["said"]
            assert said["refused"] == "", said
        else:
            pause = random.uniform(0, JITTER)
            script.send(how="careful", secret=secret, key=key, value="saved", pause=pause)
            script.hear()
        assert pair[1].hear()["said"]["refused"] == ""
        pinned, expected = "" if off else base, expected | {key: "saved"}
        labels = dev.labels(secret)
        at = [version for version, names in labels.items() if "MIYABI-PIN-good" in names]
        assert at == ([pinned] if pinned else [])
        assert dev.values(secret) == expected
        if race % STRETCH == STRETCH - 1:
            ends += [
                row["outcome"]
                for row in pair[0].ask("records", secret=secret)
                if row["phase"] == "outcome" and row["action"].startswith("version")
            ]
    assert ends == ["done"] * RACES


def test_s63_with_a_careful_script_outside_the_console_nothing_is_lost(
    pair: tuple[Console, Console], script: Worker, dev: Aws
) -> None:
    match = Match(pair[0], script, dev, "careful")
    tally: Counter[str] = Counter()
    for race in range(RACES):
        if race % STRETCH == 0:
            match.secret, expected = dev.make_secret("{}")[0], dict[str, str]()
        result, wrote = match.race(race)
        expected[f"{race} script"] = "script"
        if not result["refused"]:
            expected[f"{race} console"] = "console"
        assert result["refused"] in ("", "VersionConflict")
        assert dev.values(match.secret) == expected
        tally[
            "console refused"
            if result["refused"]
            else "script looked again"
            if wrote["attempts"] > 1
            else "in turn"
        ] += 1
    assert tally["console refused"] >= RACES // 10, tally
    assert tally["script looked again"] >= 1, tally


def test_s63_a_plain_script_s_change_is_never_dropped_by_the_console(
    pair: tuple[Console, Console], script: Worker, dev: Aws
) -> None:
    match = Match(pair[0], script, dev, "plain")
    tally: Counter[str] = Counter()
    for race in range(RACES):
        if race % STRETCH == 0:
            match.secret = dev.make_secret("{}")[0]
        base = dev.current(match.secret)
        result, wrote = match.race(race)
        now, labels = dev.values(match.secret), dev.labels(match.secret)

        assert now[f"{race} script"] == "script"
        if result["refused"]:
            assert result["refused"] == "VersionConflict"
            assert labels == {wrote["made"]: ["AWSCURRENT"], base: ["AWSPREVIOUS"]}
            tally["console refused"] += 1
        elif f"{race} console" in now:
            assert wrote["read"] == result["version"]
            tally["in turn"] += 1
        else:  # the script's own loss: it replaced what it had not read
            assert wrote["read"] == base
            assert labels == {wrote["made"]: ["AWSCURRENT"], result["version"]: ["AWSPREVIOUS"]}
            assert dev.values(match.secret, result["version"])[f"{race} console"] == "console"
            tally["dropped by the script"] += 1
    assert tally["console refused"] >= RACES // 10, tally
    assert tally["in turn"] + tally["dropped by the script"] >= RACES // 10, tally
