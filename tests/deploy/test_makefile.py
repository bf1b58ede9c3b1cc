"""make and .ci/run on a fresh machine, tried in a copy with stand-ins for slow programs."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from deploy.demo.local_aws import PROJECT

TOOLS = ("awk", "bash", "cat", "dirname", "env", "make", "mkdir", "sh", "touch")
RECORD = '#!/bin/sh\necho "$0 $*" >> "$CALLS"\n'


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A fresh clone's Makefile, requirements and .ci, and a PATH of its own: `bin`."""
    for name in ("requirements", ".ci"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    shutil.copy(PROJECT / "Makefile", tmp_path)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    return tmp_path


def write_program(path: Path, text: str = RECORD) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def write_venv(folder: Path) -> None:
    """A `.venv` that is ready, whose python writes down what it is asked to do."""
    write_program(folder / ".venv" / "bin" / "python")
    for name in ("demo", "dev"):
        (folder / ".venv" / f"{name}.stamp").touch()


def run(folder: Path, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": str(folder / "bin"),
        "CALLS": str(folder / "calls"),
        "HOME": os.environ.get("HOME", "/"),
    } | environ
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60)


def calls(folder: Path) -> list[str]:
    """What was run, without the folder."""
    path = folder / "calls"
    return path.read_text().replace(f"{folder}/", "").splitlines() if path.exists() else []


def test_make_alone_prints_the_menu(fresh: Path) -> None:
    done = run(fresh, "make")
    names = [line.split()[1] for line in done.stdout.splitlines()]
    names_of_work = ["demo", "test", "check", "checkov", "mutants", "bench", "layer", "lock"]
    assert [name for name in names if name != "menu"] == names_of_work
    assert calls(fresh) == []


@pytest.mark.parametrize("target", ["demo", "test"])
def test_an_old_python_gets_one_clear_line(fresh: Path, target: str) -> None:
    write_program(fresh / "bin" / "python3", "#!/bin/sh\nexit 1\n")
    done = run(fresh, "make", target)
    assert done.returncode != 0
    assert (
        done.stdout
        == "python3 is too old: Python 3.11 or later is needed; PYTHON=python3.13 picks another.\n"
    )


def test_no_python_at_all_gets_one_clear_line(fresh: Path) -> None:
    done = run(fresh, "make", "demo", "PYTHON=python3.99")
    assert done.returncode != 0
    assert done.stdout == "python3.99 is not there: install Python 3.11 or later, or set PYTHON.\n"


def test_a_python_without_venv_gets_one_clear_line(fresh: Path) -> None:
    write_program(fresh / "bin" / "python3", '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n')
    done = run(fresh, "make", "demo")
    assert done.returncode != 0
    assert done.stdout.startswith(
        "python3 cannot make virtual environments: install its venv module"
    )


def test_the_virtualenv_is_made_from_hashed_requirements_once(fresh: Path) -> None:
    make_venv = 'if [ "$2" = venv ]; then mkdir -p .venv/bin; cp "$0" .venv/bin/python; fi'
    write_program(fresh / "bin" / "python3", f'#!/bin/sh\n{make_venv}\necho "$*" >> "$CALLS"\n')
    (fresh / "bin" / "cp").symlink_to(str(shutil.which("cp")))
    assert run(fresh, "make", "demo").returncode == 0
    assert run(fresh, "make", "demo").returncode == 0
    installs = [call for call in calls(fresh) if "pip install" in call]
    assert len(installs) == 1
    assert installs[0].endswith("--require-hashes -r requirements/demo.txt")
    assert calls(fresh)[-2:] == ["-m deploy.demo", "-m deploy.demo"]


def test_a_newer_lock_is_installed_again(fresh: Path) -> None:
    write_venv(fresh)
    os.utime(fresh / "requirements" / "demo.txt", (2**31, 2**31))
    run(fresh, "make", "demo")
    assert [call for call in calls(fresh) if "pip install" in call]


def test_without_chromium_make_test_says_how_to_get_it_and_goes_on(fresh: Path) -> None:
    write_venv(fresh)
    done = run(fresh, "make", "test")
    assert done.returncode == 0
    assert done.stdout.startswith("Chromium is not installed")
    assert "apt-get install chromium" in done.stdout
    assert any("-m pytest" in call for call in calls(fresh))


def test_without_chromium_make_test_fails_in_ci(fresh: Path) -> None:
    write_venv(fresh)
    done = run(fresh, "make", "test", CI="true")
    assert done.returncode != 0
    assert done.stdout.startswith("Chromium is not installed")
    assert calls(fresh) == []


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_with_a_chromium_make_test_says_nothing_of_it(fresh: Path, name: str) -> None:
    write_venv(fresh)
    write_program(fresh / "bin" / name)
    done = run(fresh, "make", "test", CI="true")
    assert (done.returncode, done.stdout) == (0, "")


def test_chromium_may_be_anywhere_if_the_variable_says_where(fresh: Path) -> None:
    write_venv(fresh)
    write_program(fresh / "elsewhere" / "chrome")
    done = run(fresh, "make", "test", CI="true", CHROMIUM=str(fresh / "elsewhere" / "chrome"))
    assert (done.returncode, done.stdout) == (0, "")


def test_ci_installs_debians_chromium_where_it_is_missing_and_runs_make_test(fresh: Path) -> None:
    write_program(fresh / "bin" / "id", "#!/bin/sh\necho 0\n")
    for name in ("apt-get", "make"):
        write_program(fresh / "bin" / name, '#!/bin/sh\necho "${0##*/} $* CI=$CI" >> "$CALLS"\n')
    assert run(fresh, "bash", ".ci/run").returncode == 0
    update, *installs, make = calls(fresh)
    assert update.startswith("apt-get update")
    assert [call.split()[1] for call in installs] == ["install", "install"]
    assert [call.split()[-2] for call in installs] == ["chromium", "chromium-headless-shell"]
    assert make == "make test CI=true"


def test_ci_goes_on_without_the_build_that_only_saves_time(fresh: Path) -> None:
    write_program(fresh / "bin" / "id", "#!/bin/sh\necho 0\n")
    write_program(fresh / "bin" / "apt-get", "#!/bin/sh\nexit 100\n")
    for name in ("make", "chromium"):
        write_program(fresh / "bin" / name, '#!/bin/sh\necho "${0##*/} $* CI=$CI" >> "$CALLS"\n')
    done = run(fresh, "bash", ".ci/run")
    assert (done.returncode, calls(fresh)) == (0, ["make test CI=true"])
    assert "chromium-headless-shell could not be installed." in done.stdout


def test_ci_leaves_a_chromium_that_is_there_alone(fresh: Path) -> None:
    write_program(fresh / "bin" / "id", "#!/bin/sh\necho 0\n")
    for name in ("apt-get", "make", "chromium", "chromium-headless-shell"):
        write_program(fresh / "bin" / name, '#!/bin/sh\necho "${0##*/} $* CI=$CI" >> "$CALLS"\n')
    assert run(fresh, "bash", ".ci/run").returncode == 0
    assert calls(fresh) == ["make test CI=true"]
