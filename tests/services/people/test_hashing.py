"""How many passwords are hashed at once, and what becomes of one too many."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from deploy.demo.local_aws import PROJECT
from miyabi_admin.container import memory_mib
from secrets_ui.models import Reservation
from secrets_ui.services.people import hashing
from secrets_ui.services.people.accounts import make_account
from secrets_ui.services.people.hashing import HashingBusy, one_place
from secrets_ui.system_checks import memory_is_enough

PASSWORD = "correct horse battery staple"
HOLD = """
import sys
from django.conf import settings
settings.configure(SECRET_KEY=sys.argv[1], HASHES_AT_ONCE=1)
from pathlib import Path
from secrets_ui.services.people import hashing
hashing.SHARED_MEMORY = Path(sys.argv[2])
with hashing.one_place():
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Places of this test's own, and nobody waits for one."""
    monkeypatch.setattr(hashing, "SHARED_MEMORY", tmp_path)
    monkeypatch.setattr(hashing, "PATIENCE", 0)
    return tmp_path


@pytest.fixture
def all_taken(settings: Any) -> Iterator[ExitStack]:
    with ExitStack() as places:
        for _ in range(settings.HASHES_AT_ONCE):
            places.enter_context(one_place())
        yield places


def test_so_many_at_once_and_no_more(all_taken: ExitStack) -> None:
    with pytest.raises(HashingBusy), one_place():
        pass
    all_taken.close()
    with one_place():
        pass


def test_who_waits_gets_the_place_that_becomes_free(
    all_taken: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "PATIENCE", 60)
    monkeypatch.setattr(hashing.time, "sleep", lambda seconds: all_taken.close())
    with one_place():
        pass


@pytest.mark.processes
def test_another_process_s_places_count_and_are_free_when_it_is_killed(
    settings: Any, folder: Path
) -> None:
    settings.HASHES_AT_ONCE = 1
    command = [sys.executable, "-c", HOLD, settings.SECRET_KEY, str(folder)]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(HashingBusy), one_place():
            pass
        other.send_signal(signal.SIGKILL)
        other.wait()
        with one_place():
            pass


def test_without_shared_memory_the_places_are_in_the_temporary_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(hashing, "SHARED_MEMORY", tmp_path / "none")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with one_place():
        assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_somebody_else_put_there_is_not_used(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with one_place():
        (made,) = folder.iterdir()
        assert made.stat().st_mode & 0o777 == 0o700
    for place in made.iterdir():
        place.unlink()
    made.rmdir()
    (folder / "elsewhere").mkdir()
    made.symlink_to(folder / "elsewhere")
    with pytest.raises(HashingBusy), one_place():
        pass
    assert "no place for a hash" in caplog.text


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["hana", "nobody-here"])
def test_a_sign_in_without_a_place_is_told_to_wait_and_does_not_count(
    name: str, client: Client, settings: Any
) -> None:
    make_account("hana", PASSWORD, {"dev": "viewer"})
    with ExitStack() as places:
        for _ in range(settings.HASHES_AT_ONCE):
            places.enter_context(one_place())
        answers = [
            client.post("/sign-in", {"username": name, "password": PASSWORD}) for _ in range(7)
        ]
    assert {(answer.status_code, answer["Retry-After"]) for answer in answers} == {(503, "5")}
    assert "does not count as a failure" in answers[0].content.decode()
    assert not Reservation.objects.exists()
    assert client.post("/sign-in", {"username": "hana", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2147483648\n", None], 2048),
        (["max\n", None], None),
        ([None, "536870912\n"], 512),
        ([None, "9223372036854771712\n"], None),
        ([None, None], None),
    ],
    ids=["v2", "v2 without a limit", "v1", "v1 without a limit", "no control group"],
)
def test_a_container_s_memory_is_read(
    texts: list[str | None], expected: int | None, tmp_path: Path
) -> None:
    files = [tmp_path / "memory.max", tmp_path / "memory.limit_in_bytes"]
    for path, text in zip(files, texts, strict=True):
        if text:
            path.write_text(text)
    assert memory_mib(tuple(files)) == expected


def test_the_check_warns_with_the_numbers(settings: Any) -> None:
    settings.CONTAINER_MIB = 256
    (warning,) = memory_is_enough(None)
    assert warning.id == "miyabi.W001"
    assert "256 MiB" in str(warning.msg)
    settings.CONTAINER_MIB = None
    assert memory_is_enough(None) == []
