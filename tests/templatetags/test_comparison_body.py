"""A secret in the comparison, as it was last drawn: for the same rights and the same rows alone."""

from collections.abc import Collection
from dataclasses import replace

import pytest

from secrets_ui.domain.secrets.comparison import Cell, Row
from secrets_ui.domain.secrets.health import StateCode, make_state
from secrets_ui.services.secrets.compared import Group
from secrets_ui.templatetags.comparison import comparison_body
from testkit.estate import ENVIRONMENTS

SET = make_state(StateCode.SET, "ok", "free text")
PLACES = [ENVIRONMENTS["dev"], ENVIRONMENTS["prod"]]
ROW = Row("TOKEN", (Cell("dev", SET, "1111·1111", "A"), Cell("prod", SET, "2222·2222", "B")))
GROUP = Group("config", (ROW,), {place.name: f"{place.prefix}config" for place in PLACES})


def drawn(
    group: Group = GROUP, copy: Collection[str] = ("dev",), change: Collection[str] = ("prod",)
) -> str:
    return str(comparison_body(group, PLACES, copy, change))


@pytest.fixture(autouse=True)
def _drawn_before() -> None:
    drawn()


def test_the_same_is_not_drawn_again() -> None:
    assert comparison_body(GROUP, PLACES, ["dev"], {"prod"}) is comparison_body(
        replace(GROUP, rows=(replace(ROW),)), list(PLACES), ("dev",), {"prod"}
    )


@pytest.mark.parametrize(
    ("copy", "change", "links"),
    [
        (("dev",), ("prod",), (1, 1)),
        (("dev",), ("dev", "prod"), (1, 2)),
        ((), ("prod",), (0, 1)),
        (("dev",), (), (0, 0)),
    ],
    ids=["as before", "a right more", "no copying", "no editing"],
)
def test_other_rights_are_other_links(
    copy: Collection[str], change: Collection[str], links: tuple[int, int]
) -> None:
    body = drawn(copy=copy, change=change)
    assert (body.count("Copy to…"), body.count(">Edit<")) == links


@pytest.mark.parametrize(
    ("group", "text", "is_there"),
    [
        (replace(GROUP, deleted=frozenset({"prod"})), ">Edit<", False),
        (replace(GROUP, names={"dev": "miyabi/dev/config"}), "/prod/", False),
        (replace(GROUP, rows=(replace(ROW, key="OTHER"),)), "OTHER", True),
        (replace(GROUP, rows=(replace(ROW, cells=ROW.cells[:1]),)), "2222·2222", False),
    ],
    ids=["to be deleted", "gone", "another key", "no value"],
)
def test_other_rows_are_drawn(group: Group, text: str, is_there: bool) -> None:
    assert (text in drawn(group)) is is_there
