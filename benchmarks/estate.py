"""What the fake AWS holds: dev and staging with the catalogue's secrets, prod with a thousand."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.demo.estate import read_catalog
from deploy.demo.values import make_values

ENVIRONMENTS = ("dev", "staging", "prod")
TABLE = """
[environments.{name}]
region = "us-west-2"
account = "111111111111"
assume_role = "arn:aws:iam::111111111111:role/miyabi-console"
prefix = "miyabi/{name}/"
"""


def make_secrets(prod: int) -> dict[str, str]:
    """Current values by full name; `prod` is the number of secrets there, those of the catalogue first."""
    catalog, secrets = read_catalog(), {}
    for name in ENVIRONMENTS:
        for secret, values in make_values(catalog, name).items():
            secrets[f"miyabi/{name}/{secret}"] = json.dumps(values)
    for number in range(prod - len(catalog.secrets)):
        values = {f"SETTING_{n}": f"{number}-{n}" for n in range(6)}
        secrets[f"miyabi/prod/service-{number:04d}"] = json.dumps(values)
    return secrets


def write_environments(path: Path) -> None:
    path.write_text("".join(TABLE.format(name=name) for name in ENVIRONMENTS), encoding="utf-8")
