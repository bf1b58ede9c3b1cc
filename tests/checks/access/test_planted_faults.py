"""Planted faults, alone and in pairs: the checks name each one, and nothing else."""

from pathlib import Path
from typing import Any

import pytest

from deploy.demo.account import Account
from secrets_ui.domain.access.run import Run
from secrets_ui.domain.people.actor import Actor
from secrets_ui.services.access.check import check_access, judge
from secrets_ui.services.access.gather import gather_evidence
from testkit.copying_aws import CopyingAws
from tests.checks.composing import Alone, compose
from tests.checks.faults import FAULTS, Fault
from tests.checks.paste import paste
from tests.conftest import MakeEstate, as_toml, forget_configuration, fresh_environments

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
every_fault = pytest.mark.parametrize("fault", FAULTS, ids=str)


def check(account: Account, hana: Actor) -> Run:
    return check_access(account.environment, f"{account.environment.prefix}api-keys", hana)


def named(run: Run) -> dict[str, str]:
    """What a run finds, but for the second opinions, which the local AWS cannot give."""
    return {
        f.check: f.status
        for f in run.findings
        if f.status in ("fail", "warn", "unknown") and f.weight != "second opinion"
    }


def test_a_clean_estate_has_no_finding(make_estate: MakeEstate, hana: Actor) -> None:
    run = check(make_estate(only=("dev",))["dev"], hana)
    assert (named(run), run.answer, run.exit_status) == ({}, "yes", 0)
    assert {finding.status for finding in run.findings} == {"pass", "unknown"}


@every_fault
def test_a_fault_is_named_and_nothing_else_and_its_remedy_heals_it(
    make_estate: MakeEstate, hana: Actor, fault: Fault
) -> None:
    account = make_estate(only=("dev",))["dev"]
    fault.plant(account)
    run = check(account, hana)
    assert named(run) == fault.finds
    assert run.answer == _answer(run)
    assert all(run.finding(name).remedy or run.finding(name).missing for name in fault.finds)
    assert not [f.remedy.tried for f in run.findings if f.remedy and "also opens" in f.remedy.tried]
    if fault.heals:
        _paste_remedies(account, hana, run)


def _paste_remedies(account: Account, hana: Actor, run: Run) -> None:
    """One after the other, each as it is printed when its turn comes: one command may heal two
    findings.
    """
    while left := named(run):
        remedy = run.finding(next(iter(left))).remedy
        assert remedy
        assert remedy.cli
        paste(remedy.cli, account.clients)
        run = check(account, hana)
        assert set(named(run)) < set(left)
    assert run.answer == "yes"


@pytest.fixture(scope="module")
def shared(local_aws: CopyingAws) -> Account:
    """One account for all pairs: each fault knows the way back."""
    environments = {"dev": fresh_environments()["dev"]}
    return local_aws.build_estate(environments)["dev"]


@pytest.fixture
def console(shared: Account, local_aws: CopyingAws, settings: Any, tmp_path: Path) -> Account:
    path = tmp_path / "environments.toml"
    path.write_text(as_toml({"dev": shared.environment}), encoding="utf-8")
    settings.ENVIRONMENTS_FILE, settings.LOCAL_AWS_ENDPOINT = path, local_aws.endpoint
    forget_configuration()
    return shared


PAIRED = [fault for fault in FAULTS if fault.in_pairs]


@pytest.fixture(scope="module")
def gathered() -> dict[str, Alone]:
    """The evidence of each fault alone, by its name, as far as a test has gathered it."""
    return {}


@pytest.mark.parametrize("first", PAIRED[:-1], ids=str)
def test_of_two_faults_both_are_named_and_nothing_else(
    console: Account, hana: Actor, gathered: dict[str, Alone], first: Fault
) -> None:
    """One partner is planted for real. For the others the evidence of each fault alone is put
    together, as that pair shows that it may be, unless both change the same answer of AWS."""

    def alone(fault: Fault) -> Alone:
        if fault.name not in gathered:
            gathered[fault.name] = _gather_alone(console, hana, fault)
        return gathered[fault.name]

    wrong, planted = {}, 0
    for second in PAIRED[PAIRED.index(first) + 1 :]:
        if first.slots & second.slots:
            continue
        composed = compose(alone(first), alone(second))
        runs = [judge(composed)] if composed else []
        if composed is None or not planted:
            runs.append(_check_planted(console, hana, first, second))
            planted += 1
        expected = first.finds.keys() | second.finds.keys()
        result = [named(run) for run in runs]
        as_expected = all(
            found == result[0] and found.keys() == expected and run.answer == _answer(run)
            for found, run in zip(result, runs, strict=True)
        )
        if not as_expected:
            wrong[second.name] = [(named(run), run.headline) for run in runs]
    assert wrong == {}


def _gather_alone(account: Account, hana: Actor, fault: Fault) -> Alone:
    """Fails where the fault before did not find the way back."""
    secret = f"{account.environment.prefix}api-keys"
    before = gather_evidence(account.environment, secret, hana)
    assert named(judge(before)) == {}
    undo = fault.plant(account)
    planted = gather_evidence(account.environment, secret, hana)
    undo()
    return Alone(before, planted)


def _check_planted(account: Account, hana: Actor, first: Fault, second: Fault) -> Run:
    undo_first, undo_second = first.plant(account), second.plant(account)
    run = check(account, hana)
    undo_second()
    undo_first()
    return run


def _answer(run: Run) -> str:
    return "no" if any(f.status == "fail" and f.decides for f in run.findings) else "yes"
