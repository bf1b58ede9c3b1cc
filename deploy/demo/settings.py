"""The console's settings in the demo: its keys, a database of its own, the local AWS."""

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from urllib.parse import quote

from deploy.demo.estate import CATALOG_FILE
from deploy.demo.folder import make_keys
from deploy.demo.local_aws import CREDENTIALS, HOST, LocalAws

_PROXIES = {"http_proxy", "https_proxy", "all_proxy"}
_OTHERS = {"DJANGO_SETTINGS_MODULE", "GUNICORN_CMD_ARGS"}


def leave_behind_what_is_personal(environ: MutableMapping[str, str]) -> None:
    """Remove what would lead the demo elsewhere.

    That is AWS profiles and credentials, proxies (the demo connects to this machine only), and the
    settings of other Django and gunicorn projects.
    """
    for name in list(environ):
        if name.startswith("AWS_") or name.lower() in _PROXIES or name in _OTHERS:
            del environ[name]


def make_settings(
    folder: Path, port: int, aws: LocalAws, password: str, keys: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The whole environment of the console's processes; `folder` holds what they write.

    `keys` by the names of their settings; without them, new ones are made.
    """
    return {
        **os.environ,
        **aws.environ(),
        **(keys or make_keys()),
        "DEBUG": "false",
        "ALLOWED_HOSTS": f"{HOST},localhost",
        "DATABASE_URL": f"sqlite:///{quote(str(folder / 'db.sqlite3'))}",
        "ENVIRONMENTS_FILE": str(folder / "environments.toml"),
        "CATALOG_FILE": str(CATALOG_FILE),
        # The .env of this machine may lead to real AWS.
        "ENV_FILE": str(folder / "none.env"),
        # A container sets its own address; its local AWS stays on loopback.
        "HOST": os.environ.get("DEMO_HOST") or HOST,
        "PORT": str(port),
        "DEMO_PASSWORD": password,
        # What is told of the environments stands here as files.
        "EMAIL_FOLDER": str(folder / "mail"),
        "STATUS_ADDRESS": f"http://{HOST}:{port}/status",
        "STATUS_EMAIL_TO": "oncall@miyabi-world.com",
        # A demo changes quickly, and its AWS throttles nobody.
        "STATUS_EVERY": os.environ.get("STATUS_EVERY") or "60",
        "STATUS_IAM_PER_SECOND": "100",
        "STATUS_OTHERS_PER_SECOND": "100",
    }


def write_env_file(path: Path, environ: Mapping[str, str]) -> None:
    """Write the settings for commands in another shell (ENV_FILE), readable by the owner alone."""
    ours = {name: value for name, value in environ.items() if os.environ.get(name) != value}
    ours |= CREDENTIALS  # the demo has them in its own environment; the other shell does not
    lines = [
        f"{name}={value}\n"
        for name, value in ours.items()
        if name not in ("ENV_FILE", "DEMO_PASSWORD")
    ]
    path.touch(mode=0o600)
    path.write_text("".join(lines), encoding="utf-8")
