"""`make mutants`: changes the core one place at a time, and counts what no test notices.

Each group of modules is judged by the tests of its own door, in a copy of the project below
.mutants/. docs/mutation.md keeps the outcome and explains what survived.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
WORK = PROJECT / ".mutants" / "work"
# manage.py too: pytest-django puts the folder of the nearest one on the path: it must be the copy.
COPIED = ("benchmarks", "deploy", "manage.py", "miyabi_admin", "templates", "testkit", "tests")
SOURCE = "secrets_ui"
# What the tests' process ended with, as mutmut writes it down; anything else is a change unnoticed.
KILLED = frozenset({1, 3})
OUT_OF_TIME = frozenset({36, 24, -24, 152, 255, -9, -11})


@dataclass(frozen=True)
class Group:
    """Modules, and the tests that judge them."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


GROUPS = {
    "iam": Group(("domain/iam/*",), ("tests/domain/iam",)),
    "permissions": Group(("permissions.py",), ("tests/test_permission_rules.py",)),
    "session": Group(
        ("aws/session.py", "aws/caller.py"),
        tuple(f"tests/aws/test_{name}.py" for name in ("session", "pace_and_quiet", "sending")),
    ),
    "changes": Group(("services/changes/*",), ("tests/services/changes",)),
    "audit": Group(
        ("services/audit/*",),
        (
            "tests/services/audit",
            "tests/management/test_change_audit_key.py",
            "tests/views/test_audit.py",
        ),
    ),
}

# The console keeps a pool of threads, for which a process forked after the tests would wait in
# vain. So a server that has only collected the tests forks one process for each mutant.
CONFIGURATION = """
[tool.mutmut]
source_paths = ["{source}"]
only_mutate = {modules}
do_not_mutate = ["{source}/services/audit/grant_console.py"]  # judged by a PostgreSQL server alone
also_copy = {copied}
process_isolation = "forkserver"
timeout_multiplier = 3
timeout_constant = 5
pytest_add_cli_args = [
    "-p", "no:cacheprovider", "-p", "testkit.mutants_plugin", "--hypothesis-profile=mutants"
]
pytest_add_cli_args_test_selection = {tests}
"""
# What `mutmut run` does first. By itself it gives the names that a sample is drawn from.
GENERATE = """
from mutmut.__main__ import copy_also_copy_files, copy_src_dir, create_mutants
copy_src_dir()
copy_also_copy_files()
create_mutants(1)
"""


def main() -> int:
    arguments = _parse_arguments()
    for name in arguments.groups or GROUPS:
        folder = _copy_project(GROUPS[name], WORK / name)
        _run_python(folder, "-c", GENERATE)
        names = _draw(sorted(_read_outcomes(folder)), arguments.sample, arguments.seed)
        workers = f"--max-children={arguments.workers}"
        _run_python(folder, "-m", "mutmut", "run", workers, *names)
        _print_outcome(name, folder)
    return 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS], metavar="GROUP")
    parser.add_argument("--sample", type=int, help="so many mutants of each group (default: all)")
    parser.add_argument("--seed", type=int, default=9, help="which sample (default: 9)")
    parser.add_argument("--workers", type=int, default=1, help="processes at a time (default: 1)")
    return parser.parse_args()


def _copy_project(group: Group, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for part in (*COPIED, SOURCE):
        if (PROJECT / part).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(PROJECT / part, folder / part, ignore=ignored)
        else:
            shutil.copy(PROJECT / part, folder)
    configuration = CONFIGURATION.format(
        source=SOURCE,
        modules=json.dumps([f"{SOURCE}/{module}" for module in group.modules]),
        copied=json.dumps(COPIED),
        tests=json.dumps(group.tests),
    )
    written = (PROJECT / "pyproject.toml").read_text(encoding="utf-8") + configuration
    (folder / "pyproject.toml").write_text(written, encoding="utf-8")
    return folder


def _run_python(folder: Path, *arguments: str) -> None:
    if subprocess.run([sys.executable, *arguments], cwd=folder, check=False).returncode:
        sys.exit(f"mutmut could not go on in {folder}; its last lines say why.")


def _read_outcomes(folder: Path) -> dict[str, int | None]:
    """Each mutant's name, and what its tests ended with; None where it was not tried."""
    outcomes: dict[str, int | None] = {}
    for path in (folder / "mutants" / SOURCE).rglob("*.meta"):
        outcomes |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return outcomes


def _draw(names: list[str], wanted: int | None, seed: int) -> Sequence[str]:
    """A sample of the names; a larger one of the same seed holds the smaller. None: every name."""
    if wanted is None:
        return ()
    random.Random(seed).shuffle(names)
    return names[:wanted]


def _print_outcome(name: str, folder: Path) -> None:
    counts = Counter(map(_word, _read_outcomes(folder).values()))
    counts["mutants"] = counts.total()
    counts["tried"] = counts["mutants"] - counts["not tried"]
    columns = ("mutants", "tried", "killed", "out of time", "survived")
    print(f"{name}: " + ", ".join(f"{counts[column]} {column}" for column in columns))
    for mutant in _survivors(folder):
        print(f"  {mutant}")
    print(f"  To see one: cd {folder} && ../../bin/mutmut show NAME", flush=True)


def _survivors(folder: Path) -> Iterator[str]:
    outcomes = _read_outcomes(folder)
    return (name for name in sorted(outcomes) if _word(outcomes[name]) == "survived")


def _word(outcome: int | None) -> str:
    if outcome is None:
        return "not tried"
    if outcome in KILLED:
        return "killed"
    return "out of time" if outcome in OUT_OF_TIME else "survived"


if __name__ == "__main__":
    sys.exit(main())
