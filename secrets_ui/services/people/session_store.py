"""Django's sessions in the database, under a keyed hash of their ids, and short ones for those who
are not signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

# Characters of the column, and of the hash: 160 bits.
_LENGTH = 40
# As SQL, since every request asks, and Django takes longer to write it than a database to answer.
_IN_FORCE = """
SELECT session_key, session_data, expire_date FROM django_session
WHERE session_key = %s AND expire_date > %s
"""


def stored_key(session_key: str | None) -> str:
    """What the database has in place of a session's id, which is in the browser alone.

    Keyed, so that whoever writes to the database cannot make a session under an id of their own.
    """
    return salted_hmac("miyabi.session", session_key or "", algorithm="sha256").hexdigest()[
        :_LENGTH
    ]


class SessionStore(db.SessionStore):
    """`session_key` is the id, as the browser has it; no row holds it."""

    def _get_session_from_db(self) -> Session | None:
        key = stored_key(self.session_key)
        found = next(iter(Session.objects.raw(_IN_FORCE, [key, timezone.now()])), None)
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        return super().exists(stored_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        instance = cast(Session, super().create_model_instance(data))
        instance.session_key = stored_key(self.session_key)
        return instance

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(stored_key(key))

    def get_session_cookie_age(self) -> int:
        """Also how long its row is kept after it was last saved, in seconds."""
        is_signed_in = SESSION_KEY in self
        return settings.SESSION_LIFE_SECONDS if is_signed_in else settings.SESSION_ANONYMOUS_SECONDS

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Other requests that want to be alone with this web session wait for this one.

        What they have saved is read anew. SQLite: the transaction began IMMEDIATE (see settings).
        """
        with transaction.atomic():
            same = Session.objects.filter(session_key=stored_key(self.session_key))
            same.select_for_update().first()
            self._session_cache = self.load()
            yield
