"""Asks GitHub's REST API whether a token, or the two halves of an OAuth app, are good."""

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

from ..domain.secrets.secret_value import SecretValue
from ..domain.secrets.tried import Answer, NotKnown
from .addresses import Server
from .exchange import Ask, NoReply, Reply, Route, exchange

# https://docs.github.com/en/rest/about-the-rest-api/api-versions
_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
# https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
_KINDS = {
    "ghp_": "classic personal access token",
    "github_pat_": "fine-grained personal access token",
    "gho_": "token of an OAuth app",
    "ghu_": "token of a GitHub app for a person",
    "ghs_": "token of a GitHub app's installation",
}
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\[bot\]){0,99}")
_SCOPE = re.compile(r"[a-z][a-z0-9_:.-]{0,49}")
_PRINTABLE = re.compile(r"[!-~]{1,1024}")
_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# Its last six characters are no checksum of the others, so GitHub never gave it out.
_NO_TOKEN = f"gho_{'0' * 36}"
_UNSENDABLE = "It holds what cannot be sent in a header."


def try_token(token: SecretValue, server: Server, route: Route) -> Answer | NotKnown:
    """GET /user: https://docs.github.com/en/rest/users/users#get-the-authenticated-user

    GitHub refuses a token with 401 alone; whatever else it says is no refusal.
    """
    text = token.reveal()
    if not _PRINTABLE.fullmatch(text):
        return NotKnown(_UNSENDABLE)
    reply = _ask(Ask("GET", "/user", _HEADERS | {"Authorization": f"Bearer {text}"}), server, route)
    if isinstance(reply, NotKnown):
        return reply
    kind = next((words for start, words in _KINDS.items() if text.startswith(start)), "")
    if _is_refusal(reply):
        return Answer(False, kind=kind)
    login = _object(reply).get("login")
    if reply.status == 200 and isinstance(login, str) and _LOGIN.fullmatch(login):
        return Answer(True, login, kind, _scopes(reply), _expiry(reply))
    return NotKnown(_why(reply))


def try_oauth_app(
    secret: SecretValue, client_id: SecretValue, server: Server, route: Route
) -> Answer | NotKnown:
    """POST /applications/{client_id}/token about a token that cannot exist: 404 says that there is
    no such token, to somebody whose id and secret are right; 401, that these are not.

    https://docs.github.com/en/rest/apps/oauth-applications#check-a-token
    """
    name, text = client_id.reveal(), secret.reveal()
    if not _CLIENT_ID.fullmatch(name):
        return NotKnown("The client id is none that GitHub gives out.")
    if not _PRINTABLE.fullmatch(text):
        return NotKnown(_UNSENDABLE)
    pair = base64.b64encode(f"{name}:{text}".encode()).decode()
    headers = _HEADERS | {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
    body = json.dumps({"access_token": _NO_TOKEN}).encode()
    reply = _ask(Ask("POST", f"/applications/{name}/token", headers, body), server, route)
    if isinstance(reply, NotKnown):
        return reply
    if _is_refusal(reply):
        return Answer(False, kind="secret of an OAuth app")
    if reply.status == 404 and isinstance(_object(reply).get("message"), str):
        return Answer(True, kind="secret of an OAuth app")
    return NotKnown(_why(reply))


def _ask(ask: Ask, server: Server, route: Route) -> Reply | NotKnown:
    try:
        return exchange(server, ask, route)
    except NoReply as error:
        return NotKnown(f"{server.host}: {error}")


def _is_refusal(reply: Reply) -> bool:
    """401 as GitHub itself says it: a gateway on the way may answer 401 for itself."""
    return reply.status == 401 and isinstance(_object(reply).get("message"), str)


def _object(reply: Reply) -> dict[str, Any]:
    """The reply's JSON object; {} for anything else."""
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _why(reply: Reply) -> str:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
    limits = {"retry-after", "x-ratelimit-remaining"} & reply.headers.keys()
    is_spent = reply.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in limits
    if reply.status == 429 or (reply.status == 403 and is_spent):
        return "GitHub asked us to slow down."
    if 300 <= reply.status < 400:
        return f"GitHub answered {reply.status}, and no redirect is followed."
    if reply.status in (200, 401, 404):
        return f"GitHub answered {reply.status} with what is none of its answers."
    return f"GitHub answered {reply.status}."


def _scopes(reply: Reply) -> tuple[str, ...] | None:
    """Of a classic token and an OAuth app's; others have none.

    https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
    """
    told = reply.headers.get("x-oauth-scopes")
    if told is None:
        return None
    return tuple(scope for part in told.split(",") if _SCOPE.fullmatch(scope := part.strip()))


def _expiry(reply: Reply) -> datetime | None:
    """The header is "2026-12-08 12:00:00 UTC", or has an offset in place of UTC."""
    told = reply.headers.get("github-authentication-token-expiration", "")
    for form in ("%Y-%m-%d %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S %z"):
        try:
            moment = datetime.strptime(told, form)  # noqa: DTZ007 - UTC is set below
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
