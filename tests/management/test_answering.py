"""Commands that answer by their exit status, and have no answer."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from secrets_ui.management.answering import NOT_KNOWN

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "command", ["due", "status", "status --json", "verify_audit", "reads dev api-keys"]
)
def test_a_database_that_does_not_answer_is_no_answer_to_a_pipeline(command: str) -> None:
    def away(*_: object) -> None:
        raise OperationalError("password=hunter2")

    out = StringIO()
    with connection.execute_wrapper(away), pytest.raises(CommandError) as caught:
        call_command(*command.split(), stdout=out)
    told = f"{caught.value}{out.getvalue()}"
    assert (caught.value.returncode, "hunter2" in told) == (NOT_KNOWN, False)
    assert "database does not answer" in told
