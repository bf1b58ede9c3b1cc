"""Passkeys (WebAuthn).

The challenge waits in the session; the browser's answer comes back with a form.
"""

import ipaddress
import json
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from ..domain.errors.nesting import load_json

Type = Authenticator.Type
# Passkeys of one person.
MOST = 10


def creation_options(person: Any) -> str:
    """JSON for navigator.credentials.create."""
    return json.dumps(auth.begin_registration(person, False))


def request_options(person: Any) -> str:
    """JSON for navigator.credentials.get, for one of this person's passkeys."""
    return json.dumps(auth.begin_authentication(person))


def has_passkey(person: Any) -> bool:
    return bool(Authenticator.objects.filter(user=person, type=Type.WEBAUTHN).exists())


def add_passkey(person: Any, name: str, answer: str) -> bool:
    """True when `answer` (the browser's, as JSON) fits this web session's challenge, which is then
    used up."""
    credential = _parsed(answer)
    try:
        auth.parse_registration_response(credential)
        data = auth.complete_registration(credential)
        return bool(data.is_user_verified()) and _add(person, name, credential)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return False


@transaction.atomic
def _add(person: Any, name: str, credential: Any) -> bool:
    """One at a time for each person, so that they are counted and added in one step."""
    get_user_model()._default_manager.select_for_update().get(pk=person.pk)
    if Authenticator.objects.filter(user=person, type=Type.WEBAUTHN).count() >= MOST:
        return False
    auth.WebAuthn.add(person, name, credential)
    return True


def check_passkey(person: Any, answer: str) -> bool:
    """The same for a sign-in: the passkey has to be this person's, and the authenticator has to
    have verified the user (by a finger or a PIN)."""
    credential = _parsed(answer)
    try:
        auth.parse_authentication_response(credential)
        authenticator = auth.complete_authentication(person, credential)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return False
    finally:
        # A challenge is good for one answer, a wrong one too.
        auth.clear_state()
    authenticator.record_usage()
    return True


def _parsed(answer: str) -> Any:
    try:
        return load_json(answer)
    except ValueError:
        return None


def can_be_used_at(request: HttpRequest) -> bool:
    """False at an IP address, where browsers use no passkey (WebAuthn, "valid domain"): localhost
    works, 127.0.0.1 does not."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False
