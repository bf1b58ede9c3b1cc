"""What the fake AWS holds: dev and staging with the catalogue's secrets, prod with a thousand."""

import json
import tomllib

from deploy.demo.estate import read_catalog
from deploy.demo.values import make_values
from secrets_ui.domain.environment.file import parse_environments

TOML = "\n".join(
    f"""
[environments.{name}]
region = "us-west-2"
account = "111111111111"
assume_role = "arn:aws:iam::111111111111:role/miyabi-console"
prefix = "miyabi/{name}/"
"""
    for name in ("dev", "staging", "prod")
)
ENVIRONMENTS = parse_environments(tomllib.loads(TOML), "testkit/estate.py")


def make_secrets(prod: int, others: int = 0) -> dict[str, str]:
    """Current values by full name: `prod` secrets in prod, `others` in each other environment."""
    catalog, secrets = read_catalog(), {}
    for name, environment in ENVIRONMENTS.items():
        for secret, values in make_values(catalog, name).items():
            secrets[environment.prefix + secret] = json.dumps(values)
    for name, environment in ENVIRONMENTS.items():
        for number in range((prod if name == "prod" else others) - len(catalog.secrets)):
            settings = {f"SETTING_{n}": f"{number}-{n}" for n in range(6)}
            secrets[f"{environment.prefix}service-{number:04d}"] = json.dumps(settings)
    return secrets
