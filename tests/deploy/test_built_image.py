"""S82: the image, built from the Dockerfile by a real builder, Buildah, and run once.

No registry is asked: the base image is made of this machine's own Python and the few programs that
the Dockerfile calls, and the wheels are fetched beforehand, as pip is configured here. Isolation is
by chroot, which needs root and no container engine.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.local_aws import HOST, PROJECT
from deploy.demo.processes import choose_port, end, wait_until_ready
from testkit.starting import production
from tests.deploy.dockerfile import copy_pip, read_stages

CONSOLE = list(read_stages().values())[-1]
BASE, IMAGE = "localhost/python:local", "localhost/miyabi-console"
PROGRAMS = ("sh", "rm", "find", "chmod")  # what RUN lines call, besides Python
# What wheels may take for granted beside libc, of that which these need.
MANYLINUX = ("libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0", "librt.so.1")

pytestmark = [
    pytest.mark.processes,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("buildah") is None, reason="Buildah is not installed."),
    pytest.mark.skipif(os.geteuid() != 0, reason="Isolation by chroot needs root."),
]


class Buildah:
    """Buildah with images and containers of its own, below `folder`."""

    def __init__(self, folder: Path) -> None:
        storage = ("--root", folder / "storage", "--runroot", folder / "run")
        self.command = ["buildah", "--storage-driver", "vfs", *map(str, storage)]

    def __call__(self, *arguments: str | Path) -> str:
        """What it printed. Fails the test with all of its output if it fails."""
        ended = subprocess.run(
            [*self.command, *map(str, arguments)], capture_output=True, text=True, timeout=500
        )
        assert ended.returncode == 0, f"buildah {arguments[0]}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def build(self, tag: str, context: Path, *options: str) -> None:
        # Docker's format, since OCI's has no HEALTHCHECK.
        how = ("--isolation", "chroot", "--format", "docker", "--layers=false")
        self("build", *how, *options, "--tag", tag, context)


# --- the base image -------------------------------------------------------------------------------


def make_base(buildah: Buildah, folder: Path) -> None:
    """An image with what the Dockerfile expects of python:3.13-slim."""
    write_root(folder / "root")
    (folder / "Dockerfile").write_text(
        "FROM scratch\nCOPY root /\nENV PATH=/usr/local/bin:/bin LANG=C.UTF-8\n"
    )
    buildah.build(BASE, folder)


def write_root(root: Path) -> None:
    python = Path(sys.base_prefix) / "bin" / f"python{sysconfig.get_python_version()}"
    modules = Path(sysconfig.get_path("stdlib"))
    files = {"/usr/local/bin/python": python}
    files |= {f"/bin/{name}": Path(shutil.which(name) or name) for name in PROGRAMS}
    for target, source in files.items():
        copy(source, root, target)
    shutil.copytree(
        modules,
        root / "usr/local/lib" / modules.name,
        ignore=shutil.ignore_patterns("site-packages", "test", "idlelib", "config-*"),
    )
    copy_pip(root / "usr/local/lib" / modules.name / "site-packages")
    libraries = libraries_of([*files.values(), *modules.glob("lib-dynload/*.so")])
    [libc] = [library for library in libraries if library.name == "libc.so.6"]
    for library in libraries | {libc.with_name(name) for name in MANYLINUX}:
        copy(library, root, str(library))
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    (root / "etc").mkdir()
    (root / "etc/pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")


def copy(source: Path, root: Path, target: str) -> None:
    place = root / target.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, place)


def libraries_of(programs: list[Path]) -> set[Path]:
    """The shared libraries that programs load, the loader itself included."""
    listed = subprocess.run(["ldd", *programs], check=True, capture_output=True, text=True)
    return {Path(path) for path in re.findall(r"(/\S+) \(0x", listed.stdout)}


def fetch_wheels(folder: Path) -> Path:
    """The locked packages, by pip as it is configured on this machine."""
    options = ("--quiet", "--require-hashes", "--only-binary", ":all:", "--dest", str(folder))
    lock = PROJECT / "requirements" / "base.txt"
    subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, "--requirement", lock], check=True
    )
    return folder


# --- built and run --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def buildah() -> Iterator[Buildah]:
    """With the console's image. Its storage is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="miyabi-buildah-") as name:
        folder = Path(name)
        buildah = Buildah(folder)
        (folder / "base").mkdir()
        make_base(buildah, folder / "base")
        wheels = fetch_wheels(folder / "wheels")
        arguments = ("PYTHON=" + BASE, "VERSION=1.2.3", "REVISION=abc")
        options = [word for each in arguments for word in ("--build-arg", each)]
        buildah.build(IMAGE, PROJECT, *options, "--volume", f"{wheels}:/wheels:ro")
        buildah("from", "--name", "console", IMAGE)
        yield buildah
        buildah("rm", "--all")


def test_s82_buildah_makes_the_image_that_the_dockerfile_describes(buildah: Buildah) -> None:
    made: dict[str, Any] = json.loads(buildah("inspect", "--type", "image", IMAGE))["Docker"]
    config = made["config"]
    assert config["User"] == "10001:10001"
    assert config["WorkingDir"] == "/srv/console"
    assert config["Cmd"] == CONSOLE.command("CMD")
    assert config["Healthcheck"]["Test"] == ["CMD", *CONSOLE.command("HEALTHCHECK")]
    assert config["Labels"]["org.opencontainers.image.version"] == "1.2.3"
    assert config["Labels"]["org.opencontainers.image.revision"] == "abc"


def test_s82_the_built_image_answers_and_its_user_may_write_nowhere_in_it(
    buildah: Buildah, tmp_path: Path
) -> None:
    with serving(buildah, tmp_path / "console.log") as port:
        probe = (
            "import os; print(os.getuid(), os.getgid(), os.getgroups(), "
            "[each for each in ('/srv/console', '/opt/console', '/') if os.access(each, os.W_OK)])"
        )
        assert run(buildah, ["python", "-c", probe]).strip() == "10001 10001 [10001] []"
        run(buildah, CONSOLE.command("HEALTHCHECK"), PORT=port)


@contextmanager
def serving(buildah: Buildah, log: Path) -> Iterator[str]:
    """Serves by the image's CMD."""
    port = str(choose_port("NO_SUCH_VARIABLE", 0))
    settings = production(
        DATABASE_URL="sqlite:////tmp/db.sqlite3",
        ENVIRONMENTS_FILE="deploy/environments.example.toml",
        HOST=HOST,
        PORT=port,
        WEB_CONCURRENCY="1",
    )
    command = [*buildah.command, *inside(CONSOLE.command("CMD"), settings)]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        wait_until_ready(process, f"http://{HOST}:{port}/livez", log)
        yield port
    finally:
        end(process)


def run(buildah: Buildah, command: list[str], **settings: str) -> str:
    return buildah(*inside(command, settings))


def inside(command: list[str], settings: dict[str, str]) -> list[str]:
    """Buildah's arguments for a command in the container."""
    given = [word for name, value in settings.items() for word in ("--env", f"{name}={value}")]
    return ["run", "--isolation", "chroot", *given, "console", "--", *command]
