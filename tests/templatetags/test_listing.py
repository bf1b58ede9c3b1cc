"""A row of the list: what it says of a secret, and which page it leads on to."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from secrets_ui.domain.secrets.health import KeyState, StateCode, make_state
from secrets_ui.domain.secrets.secret import Secret
from secrets_ui.services.secrets.listing import SecretRow
from secrets_ui.templatetags.listing import secret_row
from testkit.estate import ENVIRONMENTS

DEV = ENVIRONMENTS["dev"]
SET = make_state(StateCode.SET, "ok", "free text")
SECRET = Secret("arn", "miyabi/dev/config")
THERE = SecretRow("miyabi/dev/config", "config", make_state(StateCode.HEALTHY, "ok"), SECRET)
GOING = replace(THERE, secret=replace(SECRET, deleted=datetime(2026, 11, 23, tzinfo=UTC)))
MISSING = replace(THERE, secret=None)


def drawn(row: SecretRow, *, may_edit: bool = True, may_manage: bool = True) -> str:
    return str(secret_row(row, DEV, may_edit, may_manage))


@pytest.mark.parametrize(
    ("row", "may_edit", "may_manage", "way"),
    [
        (THERE, True, False, [("/dev/edit/miyabi/dev/config", "Edit")]),
        (THERE, False, True, []),
        (GOING, True, False, []),
        (GOING, True, True, [("/dev/cancel-deletion/miyabi/dev/config", "Restore")]),
        (MISSING, True, False, []),
        (MISSING, False, True, [("/dev/create/miyabi/dev/config", "Create")]),
    ],
)
def test_a_row_leads_to_what_its_person_may_do_next(
    row: SecretRow, may_edit: bool, may_manage: bool, way: list[tuple[str, str]]
) -> None:
    shown = drawn(row, may_edit=may_edit, may_manage=may_manage)
    assert re.findall('class="btn quiet" href="([^"]+)">([A-Z][a-z]+)<', shown) == way
    assert shown.count("<td") == 6


def test_whoever_only_looks_has_no_column_for_it() -> None:
    assert drawn(THERE, may_edit=False, may_manage=False).count("<td") == 5


def test_a_secret_that_is_not_in_aws_has_no_page_and_no_dates() -> None:
    shown = drawn(MISSING, may_manage=False)
    assert "href" not in shown
    assert shown.count("never") == 2


def test_keys_are_counted_where_they_are_known() -> None:
    assert "not counted" in drawn(THERE)
    known = replace(THERE, keys=(KeyState("A", SET),), keys_set=1, keys_total=1)
    assert ">1 of 1<" in drawn(known)


def test_whatever_a_name_or_a_state_holds_stays_inert() -> None:
    odd = "<i>'\""
    state = replace(make_state(StateCode.UNKNOWN, "mute", odd), text=odd)
    row = SecretRow(f"miyabi/dev/{odd}", odd, state, replace(SECRET, name=odd))
    shown = drawn(row)
    assert "<i>" not in shown
    assert shown.count("&lt;i&gt;") == 4
    assert re.findall('href="([^"]+)"', shown) == [
        f"/dev/{page}/miyabi/dev/%3Ci%3E&#x27;%22" for page in ("secret", "edit")
    ]
