"""The application. It reads its secrets from os.environ.

lambda_handler.py puts them there; on a developer's machine, .env does.
"""

import os
import secrets
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

# From Secrets Manager in Lambda, from .env on a developer's machine.
GITHUB_TOKEN = os.getenv("GITHUB_TOKEN", "")
MIYABI_ACCESS_TOKEN = os.getenv("MIYABI_ACCESS_TOKEN", "")

app = FastAPI(title="Miyabi")
bearer = HTTPBearer(auto_error=False)


def ensure_caller(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> None:
    """Require MIYABI_ACCESS_TOKEN. Without a token of its own, the application refuses everyone."""
    presented = credentials.credentials if credentials else ""
    if not MIYABI_ACCESS_TOKEN or not secrets.compare_digest(
        presented.encode(), MIYABI_ACCESS_TOKEN.encode()
    ):
        raise HTTPException(401, "A valid bearer token is needed.")


@app.get("/health")
def health() -> dict[str, bool]:
    """Report whether the application has its secrets, without revealing anything of them."""
    return {"github_token": bool(GITHUB_TOKEN), "access_token": bool(MIYABI_ACCESS_TOKEN)}


@app.get("/repository", dependencies=[Depends(ensure_caller)])
def repository() -> dict[str, str]:
    return {"owner": os.getenv("MIYABI_REPO_OWNER", ""), "name": os.getenv("MIYABI_REPO_NAME", "")}
