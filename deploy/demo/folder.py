"""The demo's folder: what it writes there, and what KEEP=1 goes on with."""

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.local_aws import PROJECT

KEYS = ("SECRET_KEY", "AUDIT_KEY", "FINGERPRINT_KEY", "SECOND_FACTOR_KEY")


@dataclass(frozen=True)
class Folder:
    """`is_kept`: the folder holds the database, the local AWS and the accounts of the last demo."""

    path: Path
    is_kept: bool = False

    @property
    def log(self) -> Path:
        return self.path / "console.log"

    @property
    def aws_log(self) -> Path:
        return self.path / "local-aws.log"

    @property
    def aws_state(self) -> Path:
        return self.path / "local-aws.state"

    @property
    def aws_config(self) -> Path:
        return self.path / "aws-config"

    @property
    def env_file(self) -> Path:
        return self.path / "console.env"

    def read_kept_settings(self) -> dict[str, str]:
        """The last demo's keys, password and ports by name; empty for a new folder."""
        if not self.is_kept:
            return {}
        kept: dict[str, str] = json.loads(_kept_settings(self.path).read_text(encoding="utf-8"))
        return kept

    def write_kept_settings(self, kept: Mapping[str, str]) -> None:
        """Write them for the next demo, readable by the owner alone."""
        path = _kept_settings(self.path)
        path.touch(mode=0o600)
        path.write_text(json.dumps(dict(kept), indent=2), encoding="utf-8")


def open_folder(port: int) -> Folder:
    """The folder of the demo on `port`: two demos can run side by side.

    It is emptied first, unless KEEP=1 is set and a demo left everything that the next one needs.
    """
    path = Path(os.environ.get("DEMO_FOLDER") or PROJECT / ".demo").absolute() / str(port)
    needed = (path / "db.sqlite3", Folder(path).aws_state, _kept_settings(path))
    if is_on("KEEP") and all(file.exists() for file in needed):
        return Folder(path, is_kept=True)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True, mode=0o700)
    return Folder(path)


def make_keys() -> dict[str, str]:
    """New keys for the console, by the names of their settings."""
    return {name: secrets.token_urlsafe(48) for name in KEYS}


def is_on(name: str) -> bool:
    """Whether the variable `name` asks for something: KEEP=1, SSO=1, RELOAD=1."""
    return os.environ.get(name, "0") not in ("", "0")


def _kept_settings(path: Path) -> Path:
    return path / "kept.json"
