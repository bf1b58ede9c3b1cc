"""A deployment stops the server in the middle of a save: TERM, as Compose and ECS send it."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from testkit.copying_aws import CopyingAws
from testkit.posting import key_form, prod_rules
from testkit.served import Served, served

pytestmark = [pytest.mark.processes, pytest.mark.slow]
NAME = "miyabi/prod/config"
EDIT = f"/prod/edit/{NAME}"
PATIENCE = 60  # seconds


@pytest.fixture
def console(local_aws: CopyingAws, tmp_path: Path) -> Iterator[Served]:
    with served(local_aws, tmp_path) as console:
        yield console


def test_a_save_under_way_comes_to_its_end_and_nothing_new_begins(console: Served) -> None:
    under_way, go_on = Event(), Event()

    def hold() -> None:
        under_way.set()
        go_on.wait(PATIENCE)

    with console.running() as process, ThreadPoolExecutor(1) as pool:
        editor = console.person("editor")
        base = console.current("prod", NAME)
        form = key_form(base, ("MIYABI_ROOT", "set", "/srv/under-way"), **prod_rules(NAME))
        console.aws.reset()  # the seed has saved as well
        console.aws.before("swap", hold)
        saving = pool.submit(editor.post, EDIT, form, Accept="application/json")
        assert under_way.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        wait_until_closed(console)
        go_on.set()
        assert saving.result(PATIENCE).status == 200
        assert process.wait(PATIENCE) == 0
    assert console.current("prod", NAME) != base
    with console.running():
        assert (
            "/audit/"
            in console.person("auditor").get("/audit?action=secret.save&outcome=done").text
        )


def wait_until_closed(console: Served) -> None:
    """Until no new connection is taken; the save is still held."""
    for _ in range(PATIENCE * 10):
        try:
            console.person().get("/livez")
        except OSError:
            return
        Event().wait(0.1)
    raise AssertionError("The server still takes requests after TERM.")
