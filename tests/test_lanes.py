"""A worker's threads in lanes: who begins, who waits, who is turned away."""

import pytest

from miyabi_admin.lanes import LANES, LONGEST_QUEUE, PATIENCE, Full, Lane
from secrets_ui.lanes import lane_of
from tests.urls import every_url


def test_as_many_begin_as_there_are_threads_and_the_others_in_the_order_they_came() -> None:
    lane = Lane[str](2)
    assert [lane.enter(request, 0) for request in "abcd"] == [["a"], ["b"], [], []]
    assert [lane.leave(), lane.leave(), lane.leave(), lane.leave()] == [["c"], ["d"], [], []]
    assert [lane.enter(request, 0) for request in "ef"] == [["e"], ["f"]]


def test_who_waited_too_long_is_given_up_and_takes_no_thread_any_more() -> None:
    lane = Lane[str](1)
    lane.enter("a", 0)
    lane.enter("b", 1)
    lane.enter("c", 2)
    assert lane.give_up(PATIENCE + 0.9) == []
    assert lane.give_up(PATIENCE + 1) == ["b"]
    assert lane.leave() == ["c"]
    # What was begun is never given up.
    assert lane.give_up(1000) == []


def test_a_lane_whose_queue_is_long_takes_no_more() -> None:
    lane = Lane[int](1)
    for number in range(1 + LONGEST_QUEUE):
        lane.enter(number, 0)
    with pytest.raises(Full):
        lane.enter(-1, 0)
    assert lane.leave() == [1]
    assert lane.enter(-1, 0) == []


def test_each_route_has_the_lane_of_what_it_waits_for() -> None:
    lanes: dict[str, set[str]] = {name: set() for name in LANES}
    for route, path in every_url():
        lanes[lane_of(path)].add(route)
    assert lanes["health"] == {"livez", "readyz"}
    assert lanes["sign-in"] == {
        *("sign_in", "use_link", "second_step", "step_up", "change_password")
    }
    assert lanes["provider"] == {"sso_sign_in", "sso_callback", "sso_step_up"}
    assert lanes["exports"] == {"audit_export"}
    # A page that gains an AWS call has to leave this list: tests/views/test_call_counts.py.
    assert lanes["aws"] == {
        "try",
        *("secrets", "secret", "reveal", "edit", "edit_document", "usage", "cost", "changes"),
        *("create_secret", "describe_secret", "delete_secret", "cancel_deletion"),
        *(
            "catalogue_entry",
            "compare",
            "env_example",
            "history",
            "import",
            "pin",
            "refresh",
            "restore",
            "rollout",
            "rotate",
            "set_in_several",
            "decide",
            "emergency",
            "put_on_top",
            "who",
            "older_reads",
            "troubleshoot_first",
            "troubleshoot",
            "paste_error",
            "try_policy",
        ),
    }


@pytest.mark.parametrize(
    "path", ["", "/none/at/all", "/static/console.css", "//livez", "/%ff\udcff", "/a" * 999]
)
def test_what_is_no_page_waits_for_nothing_else(path: str) -> None:
    assert lane_of(path) == "pages"


@pytest.mark.parametrize("path", ["/prod/secret/miyabi/prod/a", "/livez/", f"/audit/{'9' * 5000}/"])
def test_any_path_has_a_lane(path: str) -> None:
    assert lane_of(path) in LANES
