"""The console's settings in the demo: new keys at every start, a database of its own, the local AWS."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from urllib.parse import quote

from deploy.demo.estate import CATALOG_FILE
from deploy.demo.local_aws import HOST, LocalAws

_PROXIES = {"http_proxy", "https_proxy", "all_proxy"}
_OTHERS = {"DJANGO_SETTINGS_MODULE", "GUNICORN_CMD_ARGS"}


def leave_behind_what_is_personal(environ: MutableMapping[str, str]) -> None:
    """Take out what would lead the demo elsewhere: AWS profiles and credentials, proxies (it speaks to this
    machine alone), and the settings of other Django and gunicorn projects."""
    for name in list(environ):
        if name.startswith("AWS_") or name.lower() in _PROXIES or name in _OTHERS:
            del environ[name]


def make_settings(folder: Path, port: int, aws: LocalAws, password: str) -> dict[str, str]:
    """The whole environment of the console's processes; `folder` holds what they write."""
    return {
        **os.environ,
        **aws.environ(),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "AUDIT_KEY": secrets.token_urlsafe(48),
        "FINGERPRINT_KEY": secrets.token_urlsafe(48),
        "SECOND_FACTOR_KEY": secrets.token_urlsafe(48),
        "DEBUG": "false",
        "ALLOWED_HOSTS": f"{HOST},localhost",
        "DATABASE_URL": f"sqlite:///{quote(str(folder / 'db.sqlite3'))}",
        "ENVIRONMENTS_FILE": str(folder / "environments.toml"),
        "CATALOG_FILE": str(CATALOG_FILE),
        "ENV_FILE": str(folder / "none.env"),  # the .env of this machine may lead to real AWS
        "HOST": os.environ.get("DEMO_HOST")
        or HOST,  # a container's own address; its local AWS stays on loopback
        "PORT": str(port),
        "DEMO_PASSWORD": password,
        "STATUS_EVERY": "60",  # a demo changes quickly, and its AWS throttles nobody
        "STATUS_IAM_PER_SECOND": "100",
        "STATUS_OTHERS_PER_SECOND": "100",
    }


def write_env_file(path: Path, environ: Mapping[str, str]) -> None:
    """The console's settings for commands in another shell, by ENV_FILE. The keys are this start's alone, and for nobody else to read."""
    ours = {name: value for name, value in environ.items() if os.environ.get(name) != value}
    lines = [
        f"{name}={value}\n"
        for name, value in ours.items()
        if name not in ("ENV_FILE", "DEMO_PASSWORD")
    ]
    path.touch(mode=0o600)
    path.write_text("".join(lines), encoding="utf-8")
