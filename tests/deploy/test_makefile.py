"""make and .ci/run on a fresh machine, tried in a copy with stand-ins for slow programs."""

import os
import re
import shutil
import stat
import subprocess
import tomllib
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
    names_of_work = (
        "demo serve quick test coverage check checkov mutants bench layer lock".split()  # noqa: SIM905
    )
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


def test_make_quick_runs_the_tests_without_the_slow_kinds_and_asks_for_no_chromium(
    fresh: Path,
) -> None:
    write_venv(fresh)
    done = run(fresh, "make", "quick", "PYTEST_ARGS=-k name", CI="true")
    assert (done.returncode, done.stdout) == (0, "")
    [call] = calls(fresh)
    assert call.startswith(".venv/bin/python -m pytest ")
    kinds = "not browser and not processes and not local_aws and not postgres and not terraform"
    assert f"-m {kinds} and not slow --hypothesis-profile=quick -k name" in call


def test_every_kind_that_make_quick_leaves_out_is_a_registered_mark() -> None:
    quick = re.search(r"^QUICK = (.+)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert quick
    options = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["pytest"]
    registered = {mark.partition(":")[0] for mark in options["ini_options"]["markers"]}
    left_out = re.findall(r"not (\w+)", quick[1])
    assert len(left_out) == 6
    assert set(left_out) <= registered


@pytest.mark.parametrize("mark", ["browser", "postgres", "terraform"])
def test_whatever_uses_the_server_or_program_of_a_kind_bears_its_mark(
    request: pytest.FixtureRequest, mark: str
) -> None:
    """Of the tests of this run."""
    fixture = {"browser": "chromium", "postgres": "postgres", "terraform": "cli_config"}[mark]
    unmarked = [
        item.nodeid
        for item in request.session.items
        if fixture in getattr(item, "fixturenames", ()) and not item.get_closest_marker(mark)
    ]
    assert unmarked == []


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


def test_serve_is_the_demo_that_reloads_and_takes_its_variables(fresh: Path) -> None:
    text = '#!/bin/sh\necho "$* RELOAD=$RELOAD KEEP=$KEEP" >> "$CALLS"\n'
    write_venv(fresh)
    write_program(fresh / ".venv" / "bin" / "python", text)
    assert run(fresh, "make", "serve", "KEEP=1").returncode == 0
    assert run(fresh, "make", "demo").returncode == 0
    assert calls(fresh) == ["-m deploy.demo RELOAD=1 KEEP=1", "-m deploy.demo RELOAD= KEEP="]


def test_coverage_runs_the_tests_with_a_report(fresh: Path) -> None:
    write_venv(fresh)
    assert run(fresh, "make", "coverage", "PYTEST_ARGS=tests/domain").returncode == 0
    [call] = calls(fresh)
    assert "-m pytest" in call
    assert "--cov --cov-report=term:skip-covered --cov-report=html tests/domain" in call


CALL = '#!/bin/sh\necho "${0##*/} $* CI=$CI" >> "$CALLS"\n'
BOTH = ["make check CI=true", "make test CI=true"]


@pytest.fixture
def root(fresh: Path) -> Path:
    """`fresh`, where the user is root and make writes down what it is asked to do."""
    write_program(fresh / "bin" / "id", "#!/bin/sh\necho 0\n")
    write_program(fresh / "bin" / "make", CALL)
    return fresh


def test_ci_installs_debians_chromium_where_it_is_missing_and_runs_make_test(root: Path) -> None:
    write_program(root / "bin" / "apt-get", CALL)
    assert run(root, "bash", ".ci/run").returncode == 0
    update, *installs = calls(root)[:-2]
    assert update.startswith("apt-get update")
    assert [call.split()[1] for call in installs] == ["install"] * 3
    assert [call.split()[-2] for call in installs] == [
        "chromium",
        "chromium-headless-shell",
        "nginx",
    ]
    assert calls(root)[-2:] == BOTH


def test_ci_goes_on_without_the_build_that_only_saves_time(root: Path) -> None:
    write_program(root / "bin" / "apt-get", "#!/bin/sh\nexit 100\n")
    write_program(root / "bin" / "chromium", CALL)
    done = run(root, "bash", ".ci/run")
    assert (done.returncode, calls(root)) == (0, BOTH)
    assert "chromium-headless-shell could not be installed." in done.stdout


def test_ci_leaves_a_chromium_that_is_there_alone(root: Path) -> None:
    for name in ("apt-get", "chromium", "chromium-headless-shell", "nginx"):
        write_program(root / "bin" / name, CALL)
    assert run(root, "bash", ".ci/run").returncode == 0
    assert calls(root) == BOTH


@pytest.mark.parametrize("failing", ["check", "test"])
def test_ci_runs_both_and_fails_when_either_fails(root: Path, failing: str) -> None:
    write_program(root / "bin" / "make", f'{CALL}echo "$1 ran"; [ "$1" != {failing} ]\n')
    done = run(root, "bash", ".ci/run")
    assert done.returncode != 0
    assert calls(root) == BOTH
    assert done.stdout.endswith("test ran\n")  # pytest's closing line is the last
