"""The OpenID Connect code flow with PKCE, state and nonce, and every check of the answer.

allauth brings discovery, PKCE, the stashed state and the exchange of the code. It checks neither
the discovered issuer nor the token's signature and knows no nonce, so the ID token is checked here
(OpenID Connect Core 1.0, 3.1.3.7).
"""

import secrets
import time
from collections.abc import Mapping
from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from requests import RequestException

from ..domain.errors import IdentityRefused, ProviderUnavailable
from ..domain.errors.nesting import load_json
from ..domain.people.identity import Identity, groups_in
from ..domain.people.names import tidy_name
from ..domain.texts import is_storable

# Seconds by which the provider's clock and ours may differ.
SKEW = 60
LONGEST_ADDRESS = 254  # characters, as RFC 5321 has it
# Signatures by a key pair; none by a shared key.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
)  # fmt: skip
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


# In the web session, what `waiting_sign_ins` gives.
WAITING = "waiting_sign_ins"


def is_configured() -> bool:
    return bool(settings.OIDC_ISSUER)


class Provider(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """The configured provider. Raises ProviderUnavailable when it cannot be asked."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, settings.OIDC_PROVIDER_ID)

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return request.build_absolute_uri(reverse("sso_callback"))

    def discover(self) -> None:
        """Fetches the provider's metadata, whose issuer has to be OIDC_ISSUER (OpenID Connect
        Discovery 1.0, 4.3)."""
        try:
            config = self.openid_config
        except (RequestException, ValueError, RecursionError):
            raise ProviderUnavailable("Its description could not be read.") from None
        is_whole = isinstance(config, dict) and all(
            isinstance(config.get(name), str) for name in NEEDED
        )
        if not is_whole or config.get("issuer") != settings.OIDC_ISSUER:
            raise ProviderUnavailable(
                "Its description is not that of the issuer that this console was set up with.",
                remedy="An admin compares OIDC_ISSUER with the issuer in the provider's own "
                "description.",
            )

    def fetch(self, url: str, **headers: str) -> dict[str, Any]:
        """Raises ProviderUnavailable."""
        try:
            with get_adapter().get_requests_session() as session:
                answer = session.get(url, headers=headers)
                answer.raise_for_status()
                return dict(load_json(answer.content))
        except (RequestException, ValueError, TypeError):
            raise ProviderUnavailable("One of its addresses gave no readable answer.") from None


def begin(request: HttpRequest, purpose: str, next_url: str, *, anew: bool) -> str:
    """The address at the provider to send the browser to.

    With `anew` the person has to sign in there again, whatever session they have there. What the
    callback needs waits in the web session. Raises ProviderUnavailable.
    """
    way = Provider(request)
    way.discover()
    provider = way.get_provider()
    pkce, nonce = provider.get_pkce_params(), secrets.token_urlsafe(32)
    state = {
        "purpose": purpose,
        "next": next_url,
        "nonce": nonce,
        "verifier": pkce.pop("code_verifier"),
        "asked_at": int(time.time()),
        "person": request.user.pk or 0,
    }
    client = way.get_client(request, provider.app)
    client.state = statekit.stash_state(request, provider_id=settings.OIDC_PROVIDER_ID, state=state)
    params = {**pkce, "nonce": nonce, **({"prompt": "login", "max_age": "0"} if anew else {})}
    return str(client.get_redirect_url(way.authorize_url, provider.get_scope(), params))


def take_state(request: HttpRequest) -> dict[str, Any]:
    """What `begin` left for the callback, once.

    Raises IdentityRefused for a state that is unknown, used or too old.
    """
    state_id = request.GET.get("state", "")
    with request.session.alone():  # type: ignore[attr-defined]
        state = statekit.unstash_state(
            request, state_id=state_id, provider_id=settings.OIDC_PROVIDER_ID
        )
    # It is saved; saved at the end too, it could meet a sign-in that has replaced the session.
    request.session.modified = False
    if not state:
        raise IdentityRefused(
            "This answer of the provider belongs to no question of this browser, or came a second "
            "time.",
            "state unknown or used",
        )
    return dict(state)


def waiting_sign_ins(request: HttpRequest) -> dict[str, str]:
    """Where the sign-ins that other tabs of this browser have begun lead to, by their state."""
    states = dict(statekit.get_states(request))
    statekit.gc_states(states)
    return {state_id: state["next"] for state_id, (state, *_) in states.items()}


def take_waiting_sign_in(request: HttpRequest) -> str:
    """Where a sign-in leads to that came back when another tab had signed in, once; else ""."""
    waiting = dict(request.session.get(WAITING, {}))
    wanted = str(waiting.pop(request.GET.get("state", ""), ""))
    if wanted:
        request.session[WAITING] = waiting
    return wanted


def finish(request: HttpRequest, state: Mapping[str, Any]) -> Identity:
    """Who it is, by the provider's answer. Raises IdentityRefused, ProviderUnavailable."""
    if error := request.GET.get("error"):
        raise _refused_by_provider(error)
    way = Provider(request)
    way.discover()
    token = _exchange(way, request, str(state["verifier"]))
    claims = _checked(way, token.get("id_token"), str(state["nonce"]))
    if settings.OIDC_GROUPS_CLAIM not in claims and token.get("access_token"):
        claims = {**_userinfo(way, str(token["access_token"]), claims["sub"]), **claims}
    return _identity(claims)


def ensure_proved_since(identity: Identity, asked_at: int) -> None:
    """The provider has to say when the person signed in, and that has to be after we asked.

    Raises IdentityRefused.
    """
    now = int(time.time())
    if not identity.auth_time:
        raise IdentityRefused(
            "The provider does not say when you last signed in there, so it proves nothing fresh.",
            "no auth_time",
            remedy="An admin lets the provider send the claim auth_time.",
            name=identity.name,
        )
    if not asked_at - SKEW <= identity.auth_time <= now + SKEW:
        raise IdentityRefused(
            "The provider answered with an earlier sign-in instead of asking you again.",
            "auth_time is old",
            remedy="Sign out at the provider, then confirm once more. If it stays, the provider "
            "ignores max_age.",
            name=identity.name,
        )


def _refused_by_provider(error: str) -> IdentityRefused:
    if error == "access_denied":
        return IdentityRefused(
            "The sign-in was cancelled at the provider, or it refused you.", "access_denied"
        )
    return IdentityRefused(
        "The provider answered with an error.", "the provider answered with an error"
    )


def _exchange(way: Provider, request: HttpRequest, verifier: str) -> dict[str, Any]:
    try:
        client = way.get_client(request, way.get_provider().app)
        return dict(
            client.get_access_token(request.GET.get("code", ""), pkce_code_verifier=verifier)
        )
    except OAuth2Error:
        raise IdentityRefused(
            "The provider did not take the code that it had given.", "code refused"
        ) from None
    except (RequestException, ValueError, TypeError, KeyError, RecursionError):
        raise ProviderUnavailable("It did not exchange the code for a token.") from None


def _checked(way: Provider, token: Any, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that the provider signed for this console, that is valid now and
    carries our nonce. Raises IdentityRefused."""
    try:
        header = jwt.get_unverified_header(str(token))
        key = _key_for(way, header.get("kid"))
        claims = jwt.decode(
            str(token),
            key.key,
            algorithms=[name for name in ALGORITHMS if name == header["alg"]],
            issuer=settings.OIDC_ISSUER,
            audience=settings.OIDC_CLIENT_ID,
            leeway=SKEW,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise _forged(type(error).__name__) from None
    _ensure_text(claims)
    if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise _forged("nonce")
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise _forged("azp")
    return dict(claims)


def _key_for(way: Provider, kid: str | None) -> Any:
    keys = jwt.PyJWKSet.from_dict(way.fetch(way.openid_config["jwks_uri"])).keys
    fitting = [key for key in keys if key.key_id == kid] if kid else keys
    if len(fitting) != 1:
        raise _forged("unknown key")
    return fitting[0]


def _forged(what: str) -> IdentityRefused:
    return IdentityRefused(
        "The provider's answer is not one to rely on: it is not signed by it, not for this "
        "console, or not for this question.",
        f"ID token: {what}",
        remedy="Start again from the sign-in page. If it stays, an admin finds the reason in the "
        "audit log.",
    )


def _userinfo(way: Provider, access_token: str, subject: str) -> dict[str, Any]:
    """More claims about the same person (Core 1.0, 5.3.2: another subject's must not be used)."""
    if not isinstance(way.openid_config.get("userinfo_endpoint"), str):
        return {}
    found = way.fetch(
        way.openid_config["userinfo_endpoint"], Authorization=f"Bearer {access_token}"
    )
    if found.get("sub") != subject:
        raise _forged("userinfo of another subject")
    _ensure_text(found)
    return found


def _ensure_text(claims: Mapping[str, Any]) -> None:
    """JSON can spell half of a character and NUL, which neither names nor the database hold.

    Raises IdentityRefused.
    """
    if not all(is_storable(claim) for claim in claims.values() if isinstance(claim, str)):
        raise _forged("a claim that is not Unicode text")


def _identity(claims: Mapping[str, Any]) -> Identity:
    is_unverified = claims.get("email_verified") is False
    return Identity(
        subject=str(claims["sub"]),
        name=tidy_name(str(claims.get(settings.OIDC_NAME_CLAIM) or "")),
        email="" if is_unverified else _address(claims),
        groups=groups_in(claims, settings.OIDC_GROUPS_CLAIM),
        auth_time=_seconds(claims.get("auth_time")),
    )


def _address(claims: Mapping[str, Any]) -> str:
    """Serves to find an account of the same person alone; "" for one too long to be kept."""
    email = tidy_name(str(claims.get("email") or ""))
    return email if len(email) <= LONGEST_ADDRESS else ""


def _seconds(claim: object) -> int:
    """A time as a claim gives it (epoch seconds), 0 for anything else.

    JSON's true is an int in Python.
    """
    return claim if isinstance(claim, int) and not isinstance(claim, bool) else 0
