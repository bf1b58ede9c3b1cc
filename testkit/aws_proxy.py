"""A loopback proxy in front of the local AWS.

It sees every call, and a test may act before or after any of them.
"""

import http.client
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast
from urllib.parse import urlsplit

from deploy.demo.serving import Answers


@dataclass(frozen=True)
class Answer:
    """An answer in the place of the local AWS's; `status` 0 closes the connection without one."""

    status: int
    body: bytes = b""
    request_id: str = ""


LOST = Answer(0)
# Lambda's API is REST: what it is asked stands in the method and at the end of the path.
_LAMBDA = {
    ("GET", "configuration"): "GetFunctionConfiguration",
    ("PUT", "configuration"): "UpdateFunctionConfiguration",
    ("GET", "aliases"): "ListAliases",
    ("GET", "versions"): "ListVersionsByFunction",
    ("GET", "provisioned-concurrency"): "ListProvisionedConcurrencyConfigs",
}
Act = Callable[[], Answer | None]


def refusal(code: str, status: int = 400) -> Answer:
    """AWS's JSON error:
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
    """
    body = json.dumps({"__type": code, "message": "a canned answer"}).encode()
    return Answer(status, body, request_id=str(uuid.uuid4()))


@dataclass
class Plan:
    """What happens at which call.

    A call is named by its operation; UpdateSecretVersionStage as `swap` or `label`, by what it
    moves.
    """

    before: dict[tuple[str, int], Act] = field(default_factory=dict)
    after: dict[tuple[str, int], Act] = field(default_factory=dict)
    amended: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)


class AwsProxy:
    """`endpoint` is its URL.

    `before` and `after` act at the nth call of a name; an act that returns an Answer sends that
    one.
    """

    def __init__(self, upstream: str) -> None:
        self._host = urlsplit(upstream).netloc
        self._lock, self._here = threading.Lock(), threading.local()
        self.plan = Plan()
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self})
        )
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()

    def reset(self) -> None:
        self.plan = Plan()

    def before(self, name: str, act: Act, nth: int = 1) -> None:
        self.plan.before[name, nth] = act

    def after(self, name: str, act: Act, nth: int = 1) -> None:
        self.plan.after[name, nth] = act

    def always(self, name: str, act: Act, *, done: bool) -> None:
        """At every call of this name: `done` says whether the local AWS carries it out."""
        (self.plan.after if done else self.plan.before).update(
            {(name, nth): act for nth in range(1, 20)}
        )

    def amend(self, operation: str, **members: Any) -> None:
        """Members added to every answer to an operation, such as a replica, which moto lacks."""
        self.plan.amended[operation] = members

    def lose(self, call: str, *, done: bool) -> None:
        """Neither `call` is answered, which AWS carries out or not, nor any look at it later."""

        def go_away() -> Answer:
            self.always("DescribeSecret", lambda: LOST, done=False)
            return LOST

        self.always(call, go_away, done=done)

    @property
    def calls(self) -> list[str]:
        """The names of the calls to Secrets Manager so far."""
        return [name for name in self.plan.calls if name not in ("sts", *_LAMBDA.values())]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def pass_on(self, headers: dict[str, str], body: bytes) -> Answer:
        return self._pass_on(_name_of(headers, body), headers, body)

    def ask_lambda(self, headers: dict[str, str], body: bytes, method: str, path: str) -> Answer:
        name = _LAMBDA[method, urlsplit(path).path.rpartition("/")[2]]
        return self._pass_on(name, headers, body, method, path)

    def _pass_on(
        self, name: str, headers: dict[str, str], body: bytes, method: str = "POST", path: str = "/"
    ) -> Answer:
        plan = self.plan
        with self._lock:
            plan.calls.append(name)
            place = (name, plan.calls.count(name))
        answer = plan.before[place]() if place in plan.before else None
        if answer is None:
            answer = self._forward(headers, body, method, path)
            answer = (plan.after[place]() if place in plan.after else None) or answer
        return self._amended(plan, name, answer)

    def _forward(self, headers: dict[str, str], body: bytes, method: str, path: str) -> Answer:
        upstream = self._upstream()
        upstream.request(method, path, body, headers)
        got = upstream.getresponse()
        return Answer(got.status, got.read(), got.headers.get("x-amzn-RequestId", ""))

    def _upstream(self) -> http.client.HTTPConnection:
        """This thread's connection to the local AWS; each client's connection has a thread."""
        if not hasattr(self._here, "upstream"):
            self._here.upstream = http.client.HTTPConnection(self._host, timeout=30)
        return cast(http.client.HTTPConnection, self._here.upstream)

    def leave(self) -> None:
        """This thread's client has gone."""
        self._upstream().close()

    @staticmethod
    def _amended(plan: Plan, name: str, answer: Answer) -> Answer:
        if name not in plan.amended or answer.status != 200:
            return answer
        return replace(
            answer, body=json.dumps({**json.loads(answer.body), **plan.amended[name]}).encode()
        )


def _name_of(headers: dict[str, str], body: bytes) -> str:
    operation = headers.get("X-Amz-Target", "").rpartition(".")[2]
    if operation != "UpdateSecretVersionStage":
        return operation or "sts"
    return "swap" if json.loads(body)["VersionStage"] == "AWSCURRENT" else "label"


class _Handler(Answers, BaseHTTPRequestHandler):
    proxy: AwsProxy

    def finish(self) -> None:
        self.proxy.leave()
        super().finish()

    def do_POST(self) -> None:
        self._send(self.proxy.pass_on(dict(self.headers.items()), self.body()))

    def do_GET(self) -> None:
        headers = dict(self.headers.items())
        self._send(self.proxy.ask_lambda(headers, self.body(), self.command, self.path))

    do_PUT = do_GET  # noqa: N815

    def _send(self, answer: Answer) -> None:
        if not answer.status:
            self.close_connection = True
            return
        try:
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("x-amzn-RequestId", answer.request_id)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
        except OSError:  # the caller was killed meanwhile
            self.close_connection = True
