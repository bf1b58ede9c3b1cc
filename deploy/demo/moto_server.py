"""moto's server for the local AWS: one call at a time, closed to browsers, quick to start."""

import io
import json
import os
import socket
import traceback
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from moto import backends
from moto.core import responses
from moto.core.base_backend import AccountSpecificBackend
from moto.core.config import default_user_config
from moto.iam import models as iam_models
from moto.kms import models as kms_models
from moto.moto_server import werkzeug_app
from werkzeug import serving

from deploy.demo.moto_lambda import (
    answer_for_provisioned_concurrency,
    hold_functions_by_revision,
    name_the_vpc,
)
from deploy.demo.moto_secrets import date_versions_and_reads, follow_awscurrent, spare_flask
from deploy.demo.moto_state import MotoState
from deploy.demo.moto_trail import with_trail

# moto knows a thousand managed policies and takes a second per account to load them. The estate
# needs these.
MANAGED_POLICIES = ("AWSLambdaBasicExecutionRole", "ReadOnlyAccess")
LOOPBACK = ("127.0.0.1", "localhost")


class QuietHandler(werkzeug_app.MotoRequestHandler):
    """Logs no requests; errors still reach standard error. A connection is kept for more calls."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer's head and body are sent as one

    def run_wsgi(self) -> None:
        """As werkzeug's, which closes each connection, and waits before that for more to read.

        What is served here has read the whole body, and gives its answer as a list.
        """
        head: list[Any] = []

        def begin(*said: Any) -> Any:
            head.extend(said)

        try:
            body = b"".join(self.server.app(self.make_environ(), begin))
        except Exception:
            self.server.log("error", traceback.format_exc())
            head[:], body = ("500 Internal Server Error", []), b""
        status, headers = head[:2]
        # A body of unknown length is left unread.
        self.close_connection |= "Transfer-Encoding" in self.headers
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if "content-length" not in {name.lower() for name, _ in headers}:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def make_server(
    listener: socket.socket, state: MotoState, around: Callable[[Any], Any]
) -> serving.BaseWSGIServer:
    """moto's WSGI application, threaded, on a socket that listens already, filled from `state`.

    Raises StateError when the state's file cannot be read back.
    """
    # With CORS on, any web page could read this AWS through a browser.
    werkzeug_app.DISABLE_GLOBAL_CORS = True
    default_user_config["lambda"] = {"use_docker": False}
    _load_managed_policies()
    _spare_work()
    follow_awscurrent()
    date_versions_and_reads()
    hold_functions_by_revision()
    answer_for_provisioned_concurrency()
    name_the_vpc()
    state.load()
    moto = werkzeug_app.DomainDispatcherApplication(_create_app)
    host, port = listener.getsockname()
    return serving.make_server(
        host,
        port,
        _one_at_a_time(_refuse_browsers(around(with_trail(spare_flask(moto)))), state),
        threaded=True,
        request_handler=QuietHandler,
        fd=listener.fileno(),
    )


def _create_app(service: Any) -> Any:
    """moto's, without Flask's debugging: that makes a class for each form that comes in."""
    application = werkzeug_app.create_backend_app(service)
    application.debug, application.config["PROPAGATE_EXCEPTIONS"] = False, True
    return application


def _load_managed_policies() -> None:
    default_user_config["iam"] = {"load_aws_managed_policies": True}
    every = json.loads(iam_models.aws_managed_policies_data)
    iam_models.aws_managed_policies_data = json.dumps(
        {name: every[name] for name in MANAGED_POLICIES}
    )


def _spare_work() -> None:
    """Cache what moto does again for each call or account, and make no RSA key for a symmetric KMS
    key, and no machine images.

    The former are a walk through its own folder, a list of a class's methods, a service's Regions
    and which service a host is; the latter takes 50 ms and is never used.
    """
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    modules, make_key = tuple(backends.list_of_moto_modules()), kms_models.generate_private_key
    backends.list_of_moto_modules = lambda: modules
    responses.method_names_from_class = cache(responses.method_names_from_class)
    # moto's own cache is by account, which the Regions do not depend on.
    regions = AccountSpecificBackend._generate_regions
    setattr(AccountSpecificBackend, regions.__name__, lambda self, name: regions(None, name))
    find_backend = werkzeug_app.DomainDispatcherApplication.get_backend_for_host
    setattr(werkzeug_app.DomainDispatcherApplication, find_backend.__name__, cache(find_backend))

    def generate_private_key(key_spec: str) -> Any:
        return None if key_spec == "SYMMETRIC_DEFAULT" else make_key(key_spec)

    kms_models.generate_private_key = generate_private_key


def _refuse_browsers(application: Any) -> Any:
    """Refuse what a browser sends: a page's Origin, or a Host that was rebound to loopback."""

    def guard(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "").partition(":")[0]
        if "HTTP_ORIGIN" in environ or host not in LOOPBACK:
            start_response(
                "403 Forbidden", [("Content-Type", "text/plain"), ("Content-Length", "0")]
            )
            return []
        answer: Iterable[bytes] = application(environ, start_response)
        return answer

    return guard


def _one_at_a_time(application: Any, state: MotoState) -> Any:
    """Let one request in at a time, so that each API call is atomic, as it is on AWS.

    moto's backends are plain dicts without locks. Two threads inside UpdateSecretVersionStage could
    both find AWSCURRENT where they expect it, so both would win a race that AWS lets one win. The
    body is read before the lock is taken, so that a slow sender holds up nobody.
    """

    def serialised(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        with state.request():
            answer = application(environ, start_response)
            try:
                return list(answer)
            finally:
                getattr(answer, "close", lambda: None)()

    return serialised
