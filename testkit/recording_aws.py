"""A proxy before the local AWS that records every call, and breaks those that a test names."""

import json
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from testkit.aws_proxy import LOST, Answer, AwsProxy, refusal


@dataclass(frozen=True)
class Call:
    """One API call as it arrived.

    `session` is the AWS session that signed it, "ROLE-ARN as SESSION-NAME", or "" for the console's
    own credentials. `assumed` are the parameters of the AssumeRole that began the session.
    """

    operation: str  # "PutSecretValue", "AssumeRole"
    body: dict[str, Any]
    session: str = ""
    assumed: dict[str, str] = field(default_factory=dict)

    @property
    def policy(self) -> Any:
        """The policy that its session is narrowed to; None without one."""
        return json.loads(self.assumed["Policy"]) if "Policy" in self.assumed else None

    @property
    def person(self) -> str:
        """In whose name it was made, or is to be made."""
        return self.session.partition(" as ")[2] or str(self.body.get("RoleSessionName", ""))


class RecordingAws(AwsProxy):
    """`received` are the calls that arrived, in order."""

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.received: list[Call] = []
        self._broken: dict[str, tuple[Answer, float]] = {}
        self._sessions: dict[str, dict[str, str]] = {}
        self._ended = threading.Event()

    def begin_anew(self) -> None:
        """For the next test: nothing is broken, and no call was made."""
        self._ended.set()  # whoever still waits for an answer that was to come late goes now
        self._ended = threading.Event()
        self.received, self._sessions = [], {}
        self.mend()
        self.reset()

    def operations(self) -> list[str]:
        return [call.operation for call in self.received]

    def break_call(self, operation: str, code: str, message: str = "", status: int = 400) -> None:
        """From now on AWS refuses `operation` with an error of its JSON services."""
        body = (
            json.dumps({"__type": code, "message": message}).encode()
            if message
            else refusal(code).body
        )
        self._broken[operation] = (Answer(status, body, "broken-by-a-test"), 0)

    def answer(self, operation: str, status: int, body: bytes) -> None:
        """From now on `operation` gets this answer."""
        self._broken[operation] = (Answer(status, body), 0)

    def drop_call(self, operation: str, seconds: float = 0) -> None:
        """From now on `operation` gets no answer; the connection closes after so long."""
        self._broken[operation] = (LOST, seconds)

    def mend(self) -> None:
        self._broken.clear()

    def stop(self) -> None:
        self._ended.set()
        super().stop()

    def pass_on(self, headers: dict[str, str], body: bytes) -> Answer:
        call = self._call(headers, body)
        self.received.append(call)
        if call.operation in self._broken:
            answer, seconds = self._broken[call.operation]
            self._ended.wait(seconds)
            return answer
        answer = super().pass_on(headers, body)
        if call.operation == "AssumeRole":
            self._sessions[_between(answer.body, "<AccessKeyId>")] = call.body
        return answer

    def ask_lambda(self, headers: dict[str, str], body: bytes, method: str, path: str) -> Answer:
        asked = json.loads(body or b"{}")
        self.received.append(Call(f"{method} {path}", asked, *self._session(headers)))
        return super().ask_lambda(headers, body, method, path)

    def _session(self, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
        key_id = headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
        assumed = self._sessions.get(key_id, {})
        return (f"{assumed['RoleArn']} as {assumed['RoleSessionName']}" if assumed else ""), assumed

    def _call(self, headers: dict[str, str], body: bytes) -> Call:
        session = self._session(headers)
        if target := headers.get("X-Amz-Target", ""):
            return Call(target.rpartition(".")[2], json.loads(body or b"{}"), *session)
        form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        return Call(form.get("Action", ""), form, *session)


def _between(text: bytes, tag: str) -> str:
    return text.decode().partition(tag)[2].partition("<")[0]
