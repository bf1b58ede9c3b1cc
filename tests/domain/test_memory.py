"""Whether a start warns that memory may run out."""

import pytest

from secrets_ui.domain.memory import shortage


def test_it_tells_all_numbers_and_what_to_change() -> None:
    assert shortage(workers=2, threads=8, hashes_at_once=5, limit_mib=512) == (
        "Memory may run out. Workers: 2 with 8 threads each, and one process beside them, about "
        "330 MiB. Passwords hashed at once: 5, 230 MiB. This container may use 512 MiB. Give it "
        "more, or lower WEB_CONCURRENCY or HASHES_AT_ONCE."
    )


@pytest.mark.parametrize(
    ("workers", "threads", "at_once", "limit"),
    [(2, 8, 2, 2048), (2, 8, 2, 422), (40, 8, 100, None), (1, 1, 100, 266)],
    ids=["Terraform's own", "just enough", "no limit", "no more hashes than threads"],
)
def test_it_is_silent_where_memory_is_enough(
    workers: int, threads: int, at_once: int, limit: int | None
) -> None:
    assert shortage(workers, threads, at_once, limit) == ""
