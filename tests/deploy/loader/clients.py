"""A client of one's own, as a caller may give it to a Loader."""

import json
from typing import Any

ARN = "arn:aws:secretsmanager:us-west-2:111122223333:secret:{}-AbCdEf"


class Client:
    """get_secret_value alone. `answers` by secret id: a document, or an error to raise."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.version = "v-1"
        self.calls: list[dict[str, str]] = []

    def get_secret_value(self, **asked: str) -> dict[str, Any]:
        self.calls.append(asked)
        answer = self.answers[asked["SecretId"]]
        if isinstance(answer, Exception):
            raise answer
        return {
            "ARN": ARN.format(asked["SecretId"]),
            "Name": asked["SecretId"],
            "VersionId": self.version,
            "VersionStages": ["AWSCURRENT"],
            "SecretString": json.dumps(answer),
        }


API_KEYS, CONFIG = "miyabi/prod/api-keys", "miyabi/prod/config"


def client_of(api_keys: Any, config: Any) -> Client:
    return Client(**{API_KEYS: api_keys, CONFIG: config})
