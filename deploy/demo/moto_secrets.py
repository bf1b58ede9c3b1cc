"""Where moto's Secrets Manager differs from AWS: which version is read, and when each was made and
read; and how it answers at less cost."""

import json
import time
from collections.abc import Iterable
from typing import Any

from moto.moto_server import werkzeug_app
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend
from moto.secretsmanager.responses import SecretsManagerResponse
from werkzeug import Response

READ, DAY = "last_read", 86400


def spare_flask(application: Any) -> Any:
    """Answer Secrets Manager's calls by moto's own class for them, without Flask before it.

    Flask takes more than half of such a call, and a test makes hundreds.
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("secretsmanager."):
            return application(environ, start_response)  # type: ignore[no-any-return]
        request = werkzeug_app.BackendRequest(environ)
        status, headers, body = SecretsManagerResponse.dispatch(
            request, request.raw_url, dict(request.headers)
        )
        return Response(body, status, headers)(environ, start_response)

    return answer


def follow_awscurrent() -> None:
    """Make GetSecretValue and PutSecretValue follow the AWSCURRENT label, as they do on AWS.

    moto 5.2 moves the label in UpdateSecretVersionStage, but still returns the old version.
    """
    move = SecretsManagerBackend.update_secret_version_stage

    def update_secret_version_stage(
        self: SecretsManagerBackend,
        secret_id: str,
        version_stage: str,
        remove_from_version_id: str,
        move_to_version_id: str,
    ) -> tuple[str, str]:
        answer = move(self, secret_id, version_stage, remove_from_version_id, move_to_version_id)
        secret = self.secrets[secret_id]
        if version_stage == "AWSCURRENT" and move_to_version_id and isinstance(secret, FakeSecret):
            secret.set_default_version_id(move_to_version_id)
        return answer

    setattr(SecretsManagerBackend, move.__name__, update_secret_version_stage)


def date_versions_and_reads() -> None:
    """Make answers tell when each version was made, and on which day it and its secret were read.

    moto 5.2 says now of each version, and nothing of a secret. AWS leaves the day out of what was
    never read.
    """
    _note_reads()
    _date_secrets()
    list_ids = SecretsManagerBackend.list_secret_version_ids

    def list_secret_version_ids(self: SecretsManagerBackend, secret_id: str) -> str:
        answer = json.loads(list_ids(self, secret_id))
        versions = self.secrets[secret_id].versions
        for entry in answer["Versions"]:
            version = versions[entry["VersionId"]]
            entry["CreatedDate"] = version["createdate"]
            entry["LastAccessedDate"] = version.get(READ)
        return json.dumps(answer)

    setattr(SecretsManagerBackend, list_ids.__name__, list_secret_version_ids)


def _note_reads() -> None:
    """BatchGetSecretValue goes this way as well."""
    get = SecretsManagerBackend.get_secret_value

    def get_secret_value(
        self: SecretsManagerBackend, secret_id: str, version_id: str, version_stage: str
    ) -> dict[str, Any]:
        answer = get(self, secret_id, version_id, version_stage)
        version = self.secrets[secret_id].versions[answer["VersionId"]]
        version[READ] = int(time.time()) // DAY * DAY
        return answer

    setattr(SecretsManagerBackend, get.__name__, get_secret_value)


def _date_secrets() -> None:
    to_dict = FakeSecret.to_dict

    def with_last_read(self: FakeSecret) -> dict[str, Any]:
        days = [version[READ] for version in self.versions.values() if READ in version]
        return {**to_dict(self), "LastAccessedDate": max(days, default=None)}

    setattr(FakeSecret, to_dict.__name__, with_last_read)
