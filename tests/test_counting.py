"""counting: the folder of a server's own, and a sum that goes on through restarts."""

import os
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest, values

from miyabi_admin import counting
from secrets_ui.measures import register_measures


@pytest.fixture(autouse=True)
def unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test sets is taken back afterwards."""
    monkeypatch.setenv(counting.FOLDER, "")
    monkeypatch.delenv(counting.FOLDER)
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setattr(counting, "_held", [])


def kill_server() -> None:
    """The system closes the files of a process that is gone."""
    for held in counting._held:
        os.close(held)
    counting._held.clear()


def test_only_its_own_user_may_enter_the_folder(tmp_path: Path) -> None:
    folder = counting.make_folder(tmp_path)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert os.environ[counting.FOLDER] == str(folder)
    kill_server()


def test_a_folder_left_behind_is_deleted_and_that_of_another_server_stays(tmp_path: Path) -> None:
    left = counting.make_folder(tmp_path)
    kill_server()
    (left / "histogram_worker-0.db").write_bytes(b"old")
    foreign = tmp_path / "somebody-s"
    foreign.mkdir()
    running = counting.make_folder(tmp_path)
    starting = counting.make_folder(tmp_path)
    assert set(tmp_path.iterdir()) == {foreign, running, starting}
    counting.delete_folder()
    assert set(tmp_path.iterdir()) == {foreign, running}
    assert counting.FOLDER not in os.environ
    kill_server()


def test_a_link_under_the_name_of_a_folder_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / "miyabi-metrics-link").symlink_to(target)
    counting.make_folder(tmp_path)
    assert target.is_dir()
    kill_server()


def test_a_worker_counts_although_somebody_deleted_the_folder(tmp_path: Path) -> None:
    folder = counting.make_folder(tmp_path)
    folder.rmdir()
    counting.count_as("worker-0")
    Histogram("miyabi_test_seconds", "Seconds.", registry=None).observe(1)
    assert [file.name for file in folder.iterdir()] == ["histogram_worker-0.db"]
    kill_server()


def test_a_new_worker_takes_the_first_place_that_is_free() -> None:
    assert [counting.free_place(taken) for taken in (set(), {0}, {1}, {0, 2})] == [0, 1, 0, 1]


def test_what_processes_count_is_added_up_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    counting.make_folder(tmp_path)
    for process, seconds in (("worker-0", 1), ("worker-1", 2), ("beside", 4), ("worker-0", 8)):
        counting.count_as(process)
        Histogram("miyabi_test_seconds", "Seconds.", registry=None, buckets=(5,)).observe(seconds)
    registry = CollectorRegistry()
    register_measures(registry)
    told = generate_latest(registry).decode().splitlines()
    assert [line for line in told if not line.startswith("#")] == [
        "miyabi_test_seconds_sum 15.0",
        'miyabi_test_seconds_bucket{le="5.0"} 3.0',
        'miyabi_test_seconds_bucket{le="+Inf"} 4.0',
        "miyabi_test_seconds_count 4.0",
    ]
    assert len(list(Path(os.environ[counting.FOLDER]).iterdir())) == 3
    kill_server()
