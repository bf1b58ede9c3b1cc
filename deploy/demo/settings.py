"""The console's settings in the demo: new keys at every start, a database of its own, the local AWS."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from deploy.demo.local_aws import HOST, LocalAws


def make_settings(folder: Path, port: int, aws: LocalAws, password: str) -> dict[str, str]:
    """The whole environment of the console's processes; `folder` holds what they write."""
    return (
        _without_aws(os.environ)
        | aws.environ()
        | {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "AUDIT_KEY": secrets.token_urlsafe(48),
            "FINGERPRINT_KEY": secrets.token_urlsafe(48),
            "DEBUG": "false",
            "ALLOWED_HOSTS": f"{HOST},localhost",
            "DATABASE_URL": f"sqlite:///{quote(str(folder / 'db.sqlite3'))}",
            "ENVIRONMENTS_FILE": str(folder / "environments.toml"),
            "CATALOG_FILE": str(folder.parents[1] / "deploy" / "catalog.json"),
            "ENV_FILE": str(folder / "none.env"),  # the .env of this machine may lead to real AWS
            "HOST": HOST,
            "PORT": str(port),
            "DEMO_PASSWORD": password,
        }
    )


def _without_aws(environ: Mapping[str, str]) -> dict[str, str]:
    """Profiles, credentials and endpoints of the person who starts the demo have no place in it."""
    return {name: value for name, value in environ.items() if not name.startswith("AWS_")}
