"""The board as it is read: environments stand in the order of their file."""

import json
from datetime import UTC, datetime

import pytest

from secrets_ui.domain.status.status import StatusFinding
from secrets_ui.models import StatusSnapshot
from secrets_ui.services import configuration
from secrets_ui.services.status.read import read_status
from tests.conftest import Estate

pytestmark = pytest.mark.django_db


def test_what_began_at_once_stands_in_the_order_of_the_environments(estate: Estate) -> None:
    now = datetime.now(UTC)
    finding = StatusFinding("no_placeholders", "fail", "text", since=now.isoformat())
    for name in sorted(configuration.environments()):
        StatusSnapshot.objects.create(
            environment=name, status="fail", at=now, findings=json.dumps([finding.to_json()])
        )
    board = read_status(list(configuration.environments().values()))
    assert [trouble.environment for trouble in board.troubles] == ["dev", "staging", "prod"]
