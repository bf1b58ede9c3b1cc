"""Passkeys (WebAuthn). The challenge waits in the session; the browser's answer comes back with a form."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError
from django.http import HttpRequest

MOST = 10  # passkeys of one person


def creation_options(person: Any) -> str:
    """JSON for navigator.credentials.create."""
    return json.dumps(auth.begin_registration(person, False))


def request_options(person: Any) -> str:
    """JSON for navigator.credentials.get, for one of this person's passkeys."""
    return json.dumps(auth.begin_authentication(person))


def has_passkey(person: Any) -> bool:
    return bool(
        Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN).exists()
    )


def add_passkey(person: Any, name: str, answer: str) -> bool:
    """True when `answer` (the browser's, as JSON) fits the challenge that this session was given; that is then used up."""
    credential = _parsed(answer)
    try:
        auth.parse_registration_response(credential)
        data = auth.complete_registration(credential)
        known = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN)
        if not data.is_user_verified() or known.count() >= MOST:
            return False
        auth.WebAuthn.add(person, name, credential)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return False
    return True


def check_passkey(person: Any, answer: str) -> bool:
    """The same for a passkey that is there: it has to be this person's, and to have asked for a finger or a PIN."""
    credential = _parsed(answer)
    try:
        auth.parse_authentication_response(credential)
        authenticator = auth.complete_authentication(person, credential)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return False
    finally:
        auth.clear_state()  # a challenge is good for one answer, a wrong one too
    authenticator.record_usage()
    return True


def _parsed(answer: str) -> Any:
    try:
        return json.loads(answer)
    except ValueError:
        return None


def can_be_used_at(request: HttpRequest) -> bool:
    """Browsers take no passkey at a bare address (WebAuthn, "valid domain"): 127.0.0.1 has to be called localhost."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False
