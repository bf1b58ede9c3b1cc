"""An endpoint that answers as it is told and remembers what it was asked: for what moto does not
do.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from deploy.demo.serving import Answers, in_thread

REQUEST_ID = "11111111-2222-3333-4444-555555555555"
_CREDENTIALS = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>not-real</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
<AssumedRoleUser><Arn>{arn}</Arn><AssumedRoleId>id:name</AssumedRoleId></AssumedRoleUser></AssumeRoleResult>
<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></AssumeRoleResponse>"""
_STS_ERROR = '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>'


@dataclass(frozen=True)
class Request:
    """`operation` is AssumeRole, GetSecretValue and so on; `signer` the access key id that signed
    it.
    """

    operation: str
    signer: str
    body: str

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body).items()}


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: str = "{}"
    hang_up: bool = False  # close the connection instead of answering
    wait: threading.Event | None = None  # answer once it is set
    request_id: str = REQUEST_ID


def failure(code: str, message: str = "no", status: int = 400) -> Answer:
    """An error of Secrets Manager."""
    return Answer(status, json.dumps({"__type": code, "Message": message}))


def denied_by_sts(code: str = "AccessDenied") -> Answer:
    return Answer(403, _STS_ERROR.format(code=code, request_id=REQUEST_ID))


@dataclass
class FakeAws:
    """`answer` is Secrets Manager's, `assume` that of STS: credentials named after the role's
    account.
    """

    endpoint: str = ""
    answer: Callable[[Request], Answer] = lambda request: Answer()
    assume: Callable[[Request], Answer] = lambda request: credentials(request)
    requests: list[Request] = field(default_factory=list)

    def of(self, operation: str) -> list[Request]:
        return [request for request in self.requests if request.operation == operation]


def key_of(account: str) -> str:
    return f"KEYOF{account}"


def credentials(request: Request) -> Answer:
    arn = request.form["RoleArn"]
    given = {"key": key_of(arn.split(":")[4]), "arn": arn, "request_id": REQUEST_ID}
    return Answer(200, _CREDENTIALS.format(**given))


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that gave up waiting


@contextmanager
def serve_fake_aws() -> Iterator[FakeAws]:
    fake = FakeAws()

    class Handler(Answers, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.body().decode()
            signer = re.search(r"Credential=([^/]*)/", self.headers.get("Authorization", ""))
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            operation = operation or parse_qs(body).get("Action", [self.path])[0]
            request = Request(operation, signer[1] if signer else "", body)
            fake.requests.append(request)
            self._send(fake.assume(request) if operation == "AssumeRole" else fake.answer(request))

        do_GET = do_PUT = do_POST  # noqa: N815  # Lambda's way of asking: the operation is in the path

        def _send(self, answer: Answer) -> None:
            if answer.wait:
                answer.wait.wait(30)
            if answer.hang_up:
                self.close_connection = True
                return
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body.encode())))
            self.send_header("x-amzn-RequestId", answer.request_id)
            self.end_headers()
            self.wfile.write(answer.body.encode())

    server = Server(("127.0.0.1", 0), Handler)
    fake.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    with in_thread(server):
        yield fake
