"""What a log line has of a request: its path, without the token of a calendar."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from secrets_ui.logs import path_for_log


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/calendar/abc.ics", "/calendar/…"),
        ("//calendar/abc/d\ne", "//calendar/…"),
        ("/calendar", "/calendar"),
        ("/calendar/", "/calendar/"),
        ("/prod/secret/miyabi/prod/calendar/x", "/prod/secret/miyabi/prod/calendar/x"),
        ("", ""),
    ],
)
def test_the_token_of_a_calendar_is_in_no_line(path: str, logged: str) -> None:
    assert path_for_log(path) == logged


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [OperationalError, ValueError])
def test_nor_where_the_request_fails(
    fault: type[Exception], monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fail(*arguments: object) -> None:
        raise fault

    monkeypatch.setattr("secrets_ui.views.secrets.due.person_behind", fail)
    answer = Client(raise_request_exception=False).get("/calendar/abcdef.ics")
    assert answer.status_code in (500, 503)
    lines = [record for record in caplog.records if record.name.startswith("miyabi")]
    assert [record.path for record in lines] == ["/calendar/…"]
    assert "abcdef" not in "".join(str(vars(record)) for record in lines)
