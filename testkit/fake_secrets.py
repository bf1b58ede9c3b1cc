"""Answers of Secrets Manager and STS from memory, as far as the console needs them."""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from testkit import fake_account

REGION, ACCOUNT = "us-west-2", "111111111111"
Answer = dict[str, Any]

# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>{session}</AccessKeyId><SecretAccessKey>fake-secret-key</SecretAccessKey>
<SessionToken>fake-session-token</SessionToken><Expiration>{until}</Expiration></Credentials>
<AssumedRoleUser><Arn>{arn}</Arn><AssumedRoleId>AROAFAKE:bench</AssumedRoleId></AssumedRoleUser>
</AssumeRoleResult><ResponseMetadata><RequestId>fake</RequestId></ResponseMetadata></AssumeRoleResponse>"""


class Refused(Exception):
    """An error answer; its text is AWS's error code."""


@dataclass
class Stored:
    """One secret: values by version id, and versions by staging label."""

    name: str
    values: dict[str, str]
    labels: dict[str, str]
    changed: float = field(default_factory=time.time)

    @property
    def arn(self) -> str:
        return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{self.name}-AbCdEf"

    def stages(self) -> dict[str, list[str]]:
        versions = dict.fromkeys(self.labels.values())
        return {v: [label for label, on in self.labels.items() if on == v] for v in versions}

    def entry(self) -> Answer:
        """What a list and a description have in common."""
        return {
            "ARN": self.arn,
            "Name": self.name,
            "Description": "A secret of the Miyabi application",
            "KmsKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-4333-8444-555555555555",
            "RotationEnabled": False,
            "CreatedDate": self.changed - 86400 * 90,
            "LastChangedDate": self.changed,
            "LastAccessedDate": self.changed // 86400 * 86400,
            "Tags": [
                {"Key": "Project", "Value": "miyabi"},
                {"Key": "ManagedBy", "Value": "terraform"},
            ],
        }


class FakeSecrets:
    """Answers calls, and counts them by role session, so by person. Safe for many threads."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        """`secrets`: the current value of each, by full name."""
        self._calls: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._lock = threading.Lock()
        self._secrets = {
            name: Stored(name, {f"{i:032x}": value}, {"AWSCURRENT": f"{i:032x}"})
            for i, (name, value) in enumerate(sorted(secrets.items()), start=1)
        }
        self._listed: dict[bytes, bytes] = {}  # a list answer costs more to make than to send
        self._operations: dict[str, Callable[[Answer], Answer]] = {
            "DescribeSecret": self._describe_secret,
            "ListSecretVersionIds": self._list_secret_version_ids,
            "GetSecretValue": self._get_secret_value,
            "GetResourcePolicy": lambda asked: {
                "ARN": self._find(asked).arn,
                "Name": self._find(asked).name,
            },
            "PutSecretValue": self._put_secret_value,
            "UpdateSecretVersionStage": self._update_secret_version_stage,
        }

    def answer(self, operation: str, body: bytes, key_id: str) -> tuple[int, bytes]:
        """Status and body of an answer. `key_id` signed the call: the name of its session."""
        if operation == "AssumeRole":
            return 200, _assume_role(body)
        with self._lock:
            self._calls[key_id][operation] += 1
            if (canned := fake_account.answer(operation, body)) is not None:
                return 200, canned
            if operation == "ListSecrets":
                if body not in self._listed:
                    self._listed[body] = _json(self._list_secrets(json.loads(body)))
                return 200, self._listed[body]
            try:
                return 200, _json(self._operations[operation](json.loads(body)))
            except Refused as error:
                return 400, _json({"__type": str(error), "message": "Refused."})

    def take_calls(self, person: str) -> dict[str, int]:
        """The calls in a person's name since the last time that somebody asked, by operation."""
        with self._lock:
            return dict(self._calls.pop(person, {}))

    def current_value(self, name: str) -> str:
        """As AWS has it."""
        secret = self._secrets[name]
        return secret.values[secret.labels["AWSCURRENT"]]

    def _find(self, asked: Answer) -> Stored:
        secret = self._secrets.get(asked["SecretId"])
        if secret is None:
            raise Refused("ResourceNotFoundException")
        return secret

    def _list_secrets(self, asked: Answer) -> Answer:
        prefixes = tuple(asked["Filters"][0]["Values"])
        found = [secret for name, secret in self._secrets.items() if name.startswith(prefixes)]
        first, size = int(asked.get("NextToken", 0)), asked.get("MaxResults", 100)
        entries = [
            s.entry() | {"SecretVersionsToStages": s.stages()} for s in found[first : first + size]
        ]
        more = {"NextToken": str(first + size)} if first + size < len(found) else {}
        return {"SecretList": entries} | more

    def _describe_secret(self, asked: Answer) -> Answer:
        secret = self._find(asked)
        return secret.entry() | {"VersionIdsToStages": secret.stages()}

    def _list_secret_version_ids(self, asked: Answer) -> Answer:
        secret, stages = self._find(asked), self._find(asked).stages()
        versions = [
            {
                "VersionId": version,
                "VersionStages": stages.get(version, []),
                "CreatedDate": secret.changed,
            }
            for version in secret.values
        ]
        first, size = int(asked.get("NextToken", 0)), asked.get("MaxResults", 100)
        more = {"NextToken": str(first + size)} if first + size < len(versions) else {}
        page = versions[first : first + size]
        return {"ARN": secret.arn, "Name": secret.name, "Versions": page} | more

    def _get_secret_value(self, asked: Answer) -> Answer:
        secret = self._find(asked)
        version = asked.get("VersionId") or secret.labels["AWSCURRENT"]
        answer = {"ARN": secret.arn, "Name": secret.name, "VersionId": version}
        stages = secret.stages().get(version, [])
        return answer | {"SecretString": secret.values[version], "VersionStages": stages}

    def _put_secret_value(self, asked: Answer) -> Answer:
        secret, version = self._find(asked), asked["ClientRequestToken"]
        secret.values[version], secret.changed = asked["SecretString"], time.time()
        secret.labels |= dict.fromkeys(asked["VersionStages"], version)
        self._listed.clear()
        return {"ARN": secret.arn, "Name": secret.name, "VersionId": version}

    def _update_secret_version_stage(self, asked: Answer) -> Answer:
        secret, label = self._find(asked), asked["VersionStage"]
        if secret.labels.get(label) != asked.get("RemoveFromVersionId"):
            raise Refused("InvalidParameterException")
        if label == "AWSCURRENT":
            secret.labels["AWSPREVIOUS"] = secret.labels[label]
        del secret.labels[label]
        if "MoveToVersionId" in asked:
            secret.labels[label] = asked["MoveToVersionId"]
        self._listed.clear()
        return {"ARN": secret.arn, "Name": secret.name}


def _json(answer: Answer) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


def _assume_role(body: bytes) -> bytes:
    asked = parse_qs(body.decode())
    session = asked["RoleSessionName"][0]
    arn = f"{asked['RoleArn'][0]}/{session}".replace(":role/", ":assumed-role/")
    until = datetime.now(UTC) + timedelta(hours=1)
    return _ASSUMED.format(
        session=session, arn=arn, until=until.isoformat(timespec="seconds")
    ).encode()
