"""S47: two admins take the role from each other at the same moment, and one stays."""

from collections.abc import Callable

import pytest

from tests.processes.consoles import Console

pytestmark = pytest.mark.processes
ROUNDS = 8


def test_s47_of_two_removals_at_once_one_is_refused(
    database: str, start_all: Callable[[str, int], list[Console]]
) -> None:
    one, other = start_all(database, 2)
    for _ in range(ROUNDS):
        one.ask("make_admins", names=["hana", "ken"])
        one.tell(do="take_admin", of="ken", actor="hana")
        other.tell(do="take_admin", of="hana", actor="ken")
        said = [console.hear()["said"]["refused"] for console in (one, other)]

        assert sorted(said) == ["", "LastAdmin"]
        assert len(one.ask("admins")) == 1
    assert one.ask("verify")["status"] == 0
