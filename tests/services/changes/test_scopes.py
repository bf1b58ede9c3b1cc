"""Each act on a secret asks for the scope that it needs, of that one secret, and no wider one."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.domain.session_scope import DECIDE, DESCRIBE, EDIT, SETTLE, SWEEP, Scope
from secrets_ui.services.changes.decide import approve, reject
from secrets_ui.services.changes.proposals import open_proposals
from secrets_ui.services.changes.review import review_edit
from secrets_ui.services.changes.settle import settle_audit, sweep_labels
from testkit.intents import intend
from testkit.proposals import waiting_proposal
from tests.processes.outside import Aws
from tests.services.saving import HANA, KENJI, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Scope | None]]:
    """From here on a module's scopes are written down, each time that it asks for gateways."""

    def watch(module: str) -> list[Scope | None]:
        found: list[Scope | None] = []
        service = importlib.import_module(f"secrets_ui.services.changes.{module}")
        gateways = service.gateways

        def ask(environment: Any, actor: Any, scope: Scope | None) -> Any:
            found.append(scope)
            return gateways(environment, actor, scope)

        monkeypatch.setattr(service, "gateways", ask)
        return found

    return watch


def test_a_save_and_its_review(dev: Aws, asked: Callable[[str], list[Scope | None]]) -> None:
    secret, base = dev.make_secret()
    reviewing, saving = asked("review"), asked("save")
    review_edit(dev.environment, HANA, Edit(secret, base, (Change("A", SecretValue("new")),)))
    save(dev, secret, base, A="new")
    assert (reviewing, saving) == ([DESCRIBE.of(secret)], [EDIT.of(secret)])


def test_decisions(staging: Aws, asked: Callable[[str], list[Scope | None]]) -> None:
    secret, base = staging.make_secret()
    one, other = (save(staging, secret, base, A=value) for value in ("1x", "2x"))
    listing, deciding = asked("proposals"), asked("decide")
    open_proposals(staging.environment, KENJI)
    reject(staging.environment, KENJI, waiting_proposal(staging.environment, one.sequence))
    approve(staging.environment, KENJI, waiting_proposal(staging.environment, other.sequence))
    assert (listing, deciding) == ([DESCRIBE], [DECIDE.of(secret), DECIDE.of(secret)])


def test_settling_and_sweeping(staging: Aws, asked: Callable[[str], list[Scope | None]]) -> None:
    secret, base = staging.make_secret()
    intend(Action.SAVE, HANA, environment="staging", secret=secret, base_version_id=base)
    settling = asked("settle")
    assert [settled.outcome for settled in settle_audit(0)] == ["not_applied"]
    assert sweep_labels(staging.environment) == []
    assert settling == [SETTLE.of(secret), SWEEP]
