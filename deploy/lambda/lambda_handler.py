"""The function's entry point: `lambda_handler.handler`.

Secrets are loaded first, since main.py reads os.environ when it is imported.
"""

import os

from core.secrets import load_secrets_to_env

load_secrets_to_env(project_name="miyabi", environment=os.environ.get("MIYABI_ENVIRONMENT", "prod"))

from mangum import Mangum  # noqa: E402

from main import app  # noqa: E402 - after the secrets

handler = Mangum(app, lifespan="off")
