"""Reads a Dockerfile and replays its steps in a folder, where there is no container engine.

What is replayed: FROM, ENV, WORKDIR, COPY (by .dockerignore, and --from), RUN. Absolute paths of
the image become paths below the folder, in commands too. The base image is the Python of this
machine.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pip

from deploy.demo.local_aws import PROJECT

PLACES = ("/opt/console", "/srv/console")  # what the image has that its base has not


@dataclass
class Stage:
    """What stands between two FROM lines. `base` is an earlier stage's name, or an image's."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [text for name, text in self.steps if name == instruction]

    def environ(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for text in self.all("ENV") for pair in text.split())

    def command(self, instruction: str) -> list[str]:
        """The last CMD, or the command of the HEALTHCHECK, in the form without a shell."""
        text = self.all(instruction)[-1]
        words: list[str] = json.loads(text[text.index("[") :])
        return words


def read_stages() -> dict[str, Stage]:
    """By name, in order; the last is what `docker build` makes."""
    stages: dict[str, Stage] = {}
    for name, text in _instructions((PROJECT / "Dockerfile").read_text(encoding="utf-8")):
        if name == "FROM":
            base, _, alias = text.partition(" AS ")
            stages[alias] = Stage(alias, base)
        elif stages:  # an ARG may stand before the first stage
            list(stages.values())[-1].steps.append((name, text))
    return stages


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for line in lines.replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            yield name, rest.strip()


def ancestors(stages: dict[str, Stage], name: str) -> set[str]:
    """Every stage whose files or settings get into a stage, itself included."""
    stage = stages[name]
    copied = {
        text.split()[0].removeprefix("--from=") for text in stage.all("COPY") if "--from=" in text
    }
    found = {name}
    for other in {stage.base, *copied} & set(stages):
        found |= ancestors(stages, other)
    return found


def is_let_in(path: str, ignore: Path = PROJECT / ".dockerignore") -> bool:
    """Whether the builder gets a file: the last matching pattern decides, as in Docker."""
    deciding = [lets_in for lets_in, fits in _read_patterns(ignore) if fits.fullmatch(path)]
    return [True, *deciding][-1]


@cache
def _read_patterns(ignore: Path) -> list[tuple[bool, re.Pattern[str]]]:
    """Whether each lets in, and what it fits: a path, or a folder above it."""
    lines = map(str.strip, ignore.read_text(encoding="utf-8").splitlines())
    return [
        (line.startswith("!"), _compile(line.removeprefix("!").rstrip("/")))
        for line in lines
        if line and not line.startswith("#")
    ]


def _compile(pattern: str) -> re.Pattern[str]:
    regex = re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
    regex = regex.replace(r"\[", "[").replace(r"\]", "]")
    return re.compile(f"({regex})(/.*)?", re.DOTALL)


class Replay:
    """Builds a stage in `folder`; the image's root is then `folder / "root"`.

    `python` is the base image's, which has this Python's own pip.
    """

    def __init__(self, folder: Path, python: str) -> None:
        self.folder, self.root, self.stages = folder, folder / "root", read_stages()
        self._write_programs(python)

    def _write_programs(self, python: str) -> None:
        copy_pip(self.folder / "pip")
        (self.folder / "bin").mkdir()
        program = self.folder / "bin" / "python"
        program.write_text(f'#!/bin/sh\nPYTHONPATH={self.folder}/pip exec {python} "$@"\n')
        program.chmod(0o755)

    def build(self, name: str) -> None:
        """The stages that a stage needs, then the stage.

        Each is built at the same place, so that paths in files hold.
        """
        for other in (stage for stage in self.stages if stage in ancestors(self.stages, name)):
            self._begin(self.stages[other])
            for instruction, text in self.stages[other].steps:
                if instruction in ("RUN", "COPY"):
                    {"RUN": self._run, "COPY": self._copy}[instruction](self.stages[other], text)
            if other != name:
                self.root.rename(self._place(other))

    def _place(self, stage: str) -> Path:
        return self.folder / f"stage-{stage}"

    def _begin(self, stage: Stage) -> None:
        if (
            stage.base in self.stages
        ):  # moved: a copy of the packages takes seconds, and nobody else needs them
            self._place(stage.base).rename(self.root)
            return
        for place in (*PLACES, "/tmp"):
            self.inside(place).mkdir(parents=True)

    def inside(self, path: str) -> Path:
        """Where a path of the image is."""
        return self.root / path.lstrip("/")

    def translate(self, text: str) -> str:
        """The image's own absolute paths, in a command or a setting, as paths of this machine."""
        return re.sub(
            r"(?<![\w./])(/opt/console|/srv/console|/tmp)\b", lambda m: str(self.inside(m[1])), text
        )

    def environ(self, stage: Stage) -> dict[str, str]:
        """The environment of a process of the stage; of this machine only the way to packages."""
        base = f"{self.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        mine = {
            key: value
            for key, value in os.environ.items()
            if key.startswith("PIP_") or key in _NETWORK
        }
        own = self._settings_of(stage)
        result = {key: self.translate(value).replace("$PATH", base) for key, value in own.items()}
        # The same files, by hash.
        cached = {"PIP_NO_CACHE_DIR": "0", "PIP_CACHE_DIR": str(Path.home() / ".cache" / "pip")}
        return {
            "PATH": base,
            "HOME": str(self.inside("/tmp")),
            "LANG": "C.UTF-8",
            **mine,
            **result,
            **cached,
        }

    def _settings_of(self, stage: Stage) -> dict[str, str]:
        parent = self._settings_of(self.stages[stage.base]) if stage.base in self.stages else {}
        return {**parent, **stage.environ()}

    def workdir(self, stage: Stage) -> Path:
        if own := stage.all("WORKDIR"):
            return self.inside(own[-1])
        return self.workdir(self.stages[stage.base])

    def _run(self, stage: Stage, text: str) -> None:
        command, environ = ["/bin/sh", "-c", self.translate(text)], self.environ(stage)
        ended = subprocess.run(
            command,
            cwd=self.workdir(stage),
            env=environ,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert ended.returncode == 0, f"RUN {text}\n{ended.stdout}{ended.stderr}"

    def _copy(self, stage: Stage, text: str) -> None:
        words = text.split()
        if words[0].startswith("--from="):
            place = self._place(words[0].removeprefix("--from="))
            self.inside(words[2]).rmdir()
            (place / words[1].lstrip("/")).rename(self.inside(words[2]))
            return
        *sources, target = words
        for source in sources:
            into = self.workdir(stage) / target
            for path in files_below(source):
                inner = (
                    Path(path).relative_to(source)
                    if (PROJECT / source).is_dir()
                    else Path(path).name
                )
                (into / inner).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(PROJECT / path, into / inner)


def copy_pip(folder: Path) -> None:
    """This Python's pip, as a package in `folder`."""
    shutil.copytree(Path(pip.__file__).parent, folder / "pip")


_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE")


def files_below(source: str) -> list[str]:
    """The project's files that a COPY of `source` takes, as .dockerignore lets them in."""
    place = PROJECT / source
    paths = [path for path in place.rglob("*") if path.is_file()] if place.is_dir() else [place]
    return [name for path in paths if is_let_in(name := path.relative_to(PROJECT).as_posix())]
