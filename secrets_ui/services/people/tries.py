"""Tries to prove who one is: a password, a code, a recovery code, a passkey.

All kinds count together, by account name, over all workers. A name with too many failures in a row
is locked (docs/decisions/).
"""

from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.crypto import salted_hmac

from ...domain.errors import ConsoleError
from ...domain.limits import Limit
from ..audit.limits import reserve

Verified = TypeVar("Verified")
# Seconds that a try waits while the last ones before it are being verified: more right sign-ins
# at once than a name has tries are no reason to lock it.
PATIENCE = 5


class Try:
    """One try of a name, reserved before anything is verified; `is_locked` says what it came to."""

    def __init__(self, name: str) -> None:
        limit = Limit(
            "proofs", settings.LOCK_AFTER_FAILURES, seconds=settings.LOCK_SECONDS, in_a_row=True
        )
        self._reserved = reserve(limit, name, patience=PATIENCE)
        self.is_locked = self._reserved is None

    def verify(self, check: Callable[[], Verified | None]) -> Verified | None:
        """What `check` returns; None for a locked name, and then `check` is not called.

        A refusal of the console that `check` raises has verified nothing, and does not count.
        """
        if self._reserved is None:
            return None
        try:
            verified = check()
        except ConsoleError:
            self._reserved.give_back()
            raise
        if not verified:
            self._reserved.fail()
            self.is_locked = self._reserved.is_last
        return verified

    def is_half_the_proof(self) -> None:
        """It was right, and more is asked for: it is no failure, and earlier ones still count."""
        if self._reserved:
            self._reserved.give_back()

    def is_whole_proof(self) -> None:
        """Failures are counted anew from here."""
        if self._reserved:
            self._reserved.forget()


def counted_name(typed: str) -> str:
    """The name under which failures count, and are kept: of an account that exists, or a keyed
    hash."""
    if is_known(typed):
        return typed
    return salted_hmac("miyabi.counted_name", typed, algorithm="sha256").hexdigest()


def is_known(typed: str) -> bool:
    """Only the names of accounts are kept; anything else that was typed may be a password in the
    wrong field."""
    return bool(get_user_model()._default_manager.filter(username=typed).exists())
