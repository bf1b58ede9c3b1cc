"""A pytest plugin (`-p tests.settings_env`) that fills the environment before Django starts."""

import atexit
import gc
import os
import secrets
import shutil
import tempfile
from pathlib import Path

ENVIRONMENTS = """
[environments.{name}]
region = "us-west-2"
account = "{account}"
assume_role = "arn:aws:iam::{account}:role/miyabi-console"
prefix = "miyabi/{name}/"
[environments.{name}.rules]
reason_required = {strict}
type_the_name = {strict}
"""
ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "prod": "333333333333"}


def environments_file() -> Path:
    folder = tempfile.mkdtemp(prefix="miyabi-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "environments.toml"
    tables = [
        ENVIRONMENTS.format(name=n, account=a, strict=str(n == "prod").lower())
        for n, a in ACCOUNTS.items()
    ]
    path.write_text("".join(tables), encoding="utf-8")
    return path


# Collecting the tests makes a million objects that stay, and the garbage collector would look
# through them again and again: 40 % of the time. It begins when all are there (tests/conftest.py).
gc.disable()

for key in ("SECRET_KEY", "AUDIT_KEY", "FINGERPRINT_KEY", "SECOND_FACTOR_KEY"):
    os.environ[key] = secrets.token_urlsafe(48)
os.environ.update(
    ENV_FILE="/nonexistent",
    ENVIRONMENTS_FILE=str(environments_file()),
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", "sqlite://:memory:"),
    # The discard port: a test that needs AWS brings its own.
    LOCAL_AWS_ENDPOINT="http://127.0.0.1:9",
    DEBUG="false",
    ALLOWED_HOSTS="127.0.0.1,localhost,testserver",
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_EC2_METADATA_DISABLED="true",
    AWS_DEFAULT_REGION="us-west-2",
    WRITES_PER_MINUTE="1000",
    REVEALS_PER_MINUTE="1000",
    # The local AWS of most tests has no trail, and what it lacks is retried with pauses.
    STATUS_TRAIL_PAGES_PER_PASS="0",
)
for name in (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
    "ALL_PROXY",
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
    "CSRF_TRUSTED_ORIGINS",
    "CATALOG_FILE",
    "VERSION_ID_FORMAT",
    "LOG_LEVEL",
    "WEB_CONCURRENCY",
    "BEHIND_TLS_PROXY",
    "TRUSTED_PROXIES",
    "SECOND_FACTOR_REQUIRED",
    "OIDC_ISSUER",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
    "OIDC_LABEL",
    "OIDC_GROUPS_CLAIM",
    "OIDC_NAME_CLAIM",
    "OIDC_SCOPES",
    "OIDC_ORIGINS",
):
    os.environ.pop(name, None)
