"""S82: the image, read as text, and replayed: built, made read-only, run as another user."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from deploy.demo.local_aws import HOST, PROJECT
from deploy.demo.processes import choose_port, end, wait_until_ready
from testkit.starting import production
from tests.deploy.dockerfile import PLACES, Replay, ancestors, files_below, is_let_in, read_stages
from tests.deploy.test_requirements import locked

STAGES = read_stages()
CONSOLE = list(STAGES.values())[-1]
USER = 10001
IS_ROOT = os.geteuid() == 0


def replayed(test: Any) -> Any:
    """On the one image of this run: pip's downloads take most of the time."""
    marks = (pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(600))
    for mark in marks:
        test = mark(test)
    return test


# --- read as text ---------------------------------------------------------------------------------


def test_s82_docker_build_makes_the_console_from_more_than_one_stage() -> None:
    assert CONSOLE.name == "console"
    assert CONSOLE.base not in STAGES
    assert ancestors(STAGES, "console") == {"console", "build", "packages"}


def test_s82_it_runs_as_a_number_that_is_not_root_s() -> None:
    assert CONSOLE.all("USER") == [f"{USER}:{USER}"]
    assert CONSOLE.all("RUN") == []  # nothing is done as root in what is shipped


def test_s82_every_install_is_by_hash() -> None:
    runs = [text for stage in STAGES.values() for text in stage.all("RUN")]
    installs = [text for text in runs if re.search(r"\bpip\b.* install ", text)]
    assert len(installs) == 2
    assert all("--require-hashes" in text and "--only-binary :all:" in text for text in installs)


def test_s88_the_local_aws_is_in_an_image_of_its_own() -> None:
    into_production = [
        text for name in ancestors(STAGES, "console") for text in STAGES[name].all("COPY")
    ]
    assert not [text for text in into_production if "demo" in text or "dev.txt" in text]
    assert ancestors(STAGES, "demo").isdisjoint({"console", "build"})
    assert "deploy/demo deploy/demo" in STAGES["demo-build"].all("COPY")


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        "db.sqlite3",
        "deploy/environments.toml",
        "tests/conftest.py",
        "requirements/dev.txt",
        "deploy/terraform/terraform.tfstate",
        "secrets_ui/__pycache__/models.cpython-313.pyc",
        ".demo/8000/aws-config",
    ],
)
def test_s82_what_is_this_machine_s_own_never_gets_to_the_builder(path: str) -> None:
    assert not is_let_in(path)


def test_everything_that_the_dockerfile_copies_gets_to_the_builder() -> None:
    for stage in STAGES.values():
        for text in stage.all("COPY"):
            if "--from=" not in text:
                assert all(files_below(source) for source in text.split()[:-1]), text


def test_it_keeps_what_botocore_knows_of_the_services_that_the_console_calls() -> None:
    """Those of the gateways, and STS, by which roles are assumed."""
    [text] = [text for text in STAGES["build"].all("RUN") if "botocore/data" in text]
    kept = re.search(r'\$\(printf "! -name %s " ([a-z0-9 ]+)\)', text)
    modules = (PROJECT / "secrets_ui" / "aws").glob("*.py")
    code = "\n".join(path.read_text(encoding="utf-8") for path in modules)
    called = re.findall(r'^    service = "([\w-]+)"$|\.client\("([\w-]+)"\)', code, re.MULTILINE)
    assert kept[1].split() == sorted({one or other for one, other in called})


def test_it_speaks_english_alone_so_no_translation_lacks() -> None:
    assert not settings.USE_I18N


def test_its_labels_say_what_it_is() -> None:
    [labels] = CONSOLE.all("LABEL")
    named = set(re.findall(r"org\.opencontainers\.image\.(\w+)=", labels))
    assert named == {"title", "licenses", "description", "version", "revision"}


def test_the_health_check_needs_no_program_but_python() -> None:
    assert CONSOLE.command("HEALTHCHECK") == ["python", "deploy/healthcheck.py"]


# --- replayed -------------------------------------------------------------------------------------


@dataclass
class Image:
    """A built console with read-only files; `tmpfs` is the only folder to write to."""

    replay: Replay
    tmpfs: Path

    @property
    def files(self) -> list[Path]:
        return [path for place in PLACES for path in self.replay.inside(place).rglob("*")]

    def environ(self, **settings: str) -> dict[str, str]:
        own = production(DATABASE_URL=f"sqlite:///{self.tmpfs}/db.sqlite3", BEHIND_TLS_PROXY="true")
        del own["ENVIRONMENTS_FILE"], own["ENV_FILE"]
        return {
            **self.replay.environ(CONSOLE),
            **own,
            "ENVIRONMENTS_FILE": "deploy/environments.example.toml",
            "HOST": HOST,
            "TMPDIR": str(self.tmpfs),
            "WEB_CONCURRENCY": "1",
            **settings,
        }

    def start(
        self, command: list[str], environ: dict[str, str], **more: Any
    ) -> subprocess.Popen[str]:
        """As the container's user, in the container's folder."""
        if IS_ROOT:
            more |= {"user": USER, "group": USER, "extra_groups": []}
        program = shutil.which(command[0], path=environ["PATH"]) or command[0]
        place = self.replay.workdir(CONSOLE)
        return subprocess.Popen([program, *command[1:]], cwd=place, env=environ, text=True, **more)

    def run(self, command: list[str], environ: dict[str, str] | None = None) -> tuple[int, str]:
        """The exit status, and what it printed."""
        pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        process = self.start(command, environ or self.environ(), **pipe)
        result, _ = process.communicate(timeout=120)
        return process.returncode, result


def find_python() -> str | None:
    """A Python that may be run by other users: one below /root may not."""
    more: dict[str, Any] = {"user": USER, "group": USER, "extra_groups": []} if IS_ROOT else {}
    enough = "import sys, venv; sys.exit(sys.version_info < (3, 11))"
    for name in (os.path.realpath(sys.executable), "/usr/local/bin/python3", "/usr/bin/python3"):
        try:
            ended = subprocess.run(
                [name, "-c", enough], cwd="/", capture_output=True, timeout=30, **more
            )
        except OSError:
            continue
        if ended.returncode == 0:
            return name
    return None


@pytest.fixture(scope="session")
def image() -> Iterator[Image]:
    python = find_python()
    if python is None:
        pytest.skip(
            "No Python 3.11 with venv that another user may run, "
            "so the image cannot be replayed here."
        )
    # pytest's own folders are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="miyabi-image-"))
    folder.chmod(0o755)
    try:
        replay = Replay(folder, python)
        replay.build("console")
        tmpfs = folder / "tmpfs"
        tmpfs.mkdir(mode=0o700)
        if IS_ROOT:
            os.chown(tmpfs, USER, USER)
        subprocess.run(["chmod", "-R", "a-w", replay.root], check=True)
        yield Image(replay, tmpfs)
    finally:
        subprocess.run(["chmod", "-R", "u+w", folder], check=True)
        subprocess.run(["rm", "-r", folder], check=True)


@replayed
def test_s82_it_holds_the_locked_packages_and_nothing_to_install_others_with(image: Image) -> None:
    listing = "import importlib.metadata as m; print(*(d.name for d in m.distributions()))"
    status, result = image.run(["python", "-c", listing])
    names = {re.sub(r"[-_.]+", "-", name).lower() for name in result.split()}
    assert status == 0, result
    assert {"django", "boto3", "gunicorn", "psycopg"} <= names
    assert names <= set(locked("base"))
    assert image.run(["python", "-m", "pip", "--version"])[0] != 0


@replayed
def test_it_is_small(image: Image) -> None:
    """Without what nothing reads; python:3.13-slim itself is about 120 MB more."""
    packages = image.replay.inside("/opt/console")
    assert list(packages.rglob("LC_MESSAGES")) == []
    [data] = packages.glob("lib/python3*/site-packages/botocore/data")
    assert sum(path.is_dir() for path in data.iterdir()) == 11
    size = sum(path.lstat().st_size for path in image.files if not path.is_symlink())
    assert size <= 95 * 10**6


@replayed
def test_s82_it_holds_the_console_s_own_files_and_nothing_else_of_the_project(image: Image) -> None:
    place = image.replay.inside("/srv/console")
    found = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    top = {name.split("/")[0] for name in found}
    assert top == {"manage.py", "miyabi_admin", "secrets_ui", "templates", "staticfiles", "deploy"}
    assert {name for name in found if name.startswith("deploy/")} == {
        "deploy/catalog.json",
        "deploy/gunicorn.conf.py",
        "deploy/healthcheck.py",
        "deploy/environments.example.toml",
    }


@replayed
def test_s82_nobody_may_write_any_of_its_files_and_none_gives_rights(image: Image) -> None:
    for path in image.files:
        if not path.is_symlink():
            mode = path.stat().st_mode
            assert not mode & (
                stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH | stat.S_ISUID | stat.S_ISGID
            ), path
            assert mode & stat.S_IROTH, path


@replayed
def test_s82_the_console_runs_on_it_and_writes_in_its_tmpfs_alone(image: Image) -> None:
    before = snapshot(image)
    assert_no_write(image)
    with serving(image) as environ:
        assert image.run(CONSOLE.command("HEALTHCHECK"), environ)[0] == 0
        port = int(environ["PORT"])
        assert ask(port, "/readyz")[0] == 200
        status, page = ask(port, "/sign-in")
        assert status == 200
        for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
            assert re.search(r"\.[0-9a-f]{12}\.", path), path  # the name that collectstatic gave it
            assert ask(port, path)[0] == 200
    assert image.run(CONSOLE.command("HEALTHCHECK"), environ)[0] == 1  # nothing answers any more
    assert snapshot(image) == before
    assert {path.name.split("-")[0] for path in image.tmpfs.iterdir()} == {
        "db.sqlite3",
        "console.log",
    }
    assert {"gunicorn.error", "access"} <= loggers_of(image.tmpfs / "console.log")


def loggers_of(log: Path) -> set[str]:
    """Each line is JSON, gunicorn's own as well."""
    return {json.loads(line)["logger"] for line in log.read_text(encoding="utf-8").splitlines()}


def snapshot(image: Image) -> set[tuple[str, int, int]]:
    return {(str(path), path.lstat().st_mtime_ns, path.lstat().st_size) for path in image.files}


def assert_no_write(image: Image) -> None:
    for place in (".", "secrets_ui", "staticfiles"):
        attempt = f"open({place + '/new'!r}, 'w')"
        status, result = image.run(["python", "-c", attempt])
        assert status != 0
        assert "PermissionError" in result or "Read-only file system" in result


@contextmanager
def serving(image: Image) -> Iterator[dict[str, str]]:
    """Migrates, as a deployment does once, and serves by the image's CMD."""
    environ = image.environ(PORT=str(choose_port("NO_SUCH_VARIABLE", 0)))
    status, result = image.run(["python", "manage.py", "migrate", "--verbosity", "0"], environ)
    assert status == 0, result
    log = image.tmpfs / "console.log"
    with log.open("a") as output:
        process = image.start(
            CONSOLE.command("CMD"), environ, stdout=output, stderr=output, start_new_session=True
        )
    try:
        wait_until_ready(process, f"http://{HOST}:{environ['PORT']}/livez", log)
        yield environ
    finally:
        end(process)


def ask(port: int, path: str) -> tuple[int, str]:
    """As the reverse proxy asks."""
    with closing(HTTPConnection(HOST, port, timeout=30)) as connection:
        headers = {"Host": "console.miyabi-world.com", "X-Forwarded-Proto": "https"}
        connection.request("GET", path, headers=headers)
        response: HTTPResponse = connection.getresponse()
        return response.status, response.read().decode()
