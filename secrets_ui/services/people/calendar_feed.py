"""A person's address for calendar programs, which cannot sign in: its token is whoever holds it.

The token is random, shown once and kept as a keyed hash. It opens the dates of what the person may
see at the time of asking, and ends with the account. docs/decisions/0038-a-calendar-address.md.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.crypto import salted_hmac

from ...domain.audit.actions import Action
from ...domain.errors import ConsoleError
from ...domain.limits import Limit
from ...domain.people.actor import Actor
from ...models import CalendarFeed
from .. import audit
from ..audit.limits import reserve

# Wrong tokens from one address.
GUESSES = Limit("calendar", 20, seconds=600)
# The identity provider may have let somebody go without telling: the address opens nothing until
# they sign in again.
WITHOUT_SIGN_IN = timedelta(days=90)
_NOTED_EVERY = timedelta(hours=1)


class TooManyGuesses(ConsoleError):
    status = 429
    title = "Too many wrong addresses of calendars"
    remedy = "Wait some minutes, then ask again."
    retry_after = GUESSES.seconds

    def __init__(self) -> None:
        super().__init__("From where you are, too many were asked for that do not exist.")


def feed_of(person: Any) -> CalendarFeed | None:
    return CalendarFeed.objects.filter(user=person).first()


def make_feed(actor: Actor, person: Any) -> str:
    """The new token, which nobody can have again; the one before it ends. On record.

    Raises AuditUnavailable.
    """
    token = secrets.token_urlsafe(32)
    news = {"token": _stored(token), "made_at": datetime.now(UTC), "asked_at": None}

    def make() -> None:
        CalendarFeed.objects.update_or_create(user=person, defaults=news)

    audit.record(Action.MAKE_CALENDAR, actor, in_transaction=make)
    return token


def end_feed(actor: Actor, person: Any) -> str:
    """The mark of its record, for which it does not wait."""

    def end() -> None:
        CalendarFeed.objects.filter(user=person).delete()

    return audit.record_when_possible(Action.END_CALENDAR, actor, in_transaction=end).mark


def person_behind(token: str, address: str) -> Any | None:
    """The account whose calendar the token opens, None where it opens none.

    Looked up by its hash, so that no time tells how much of a guess is right. A guess counts
    against the address that it came from, and the last that it has goes on record: one that ended
    is asked for by programs long after. No guess finds one of 2**256 tokens, so a right one is
    answered however many were wrong: others ask from the same address. Raises TooManyGuesses,
    AuditUnavailable.
    """
    feed = CalendarFeed.objects.filter(token=_stored(token), user__is_active=True).first()
    if feed is None:
        _count_guess(address)
        return None
    _note(feed)
    person = get_user_model()._default_manager.get(pk=feed.user_id)
    is_known = person.last_login and datetime.now(UTC) - person.last_login <= WITHOUT_SIGN_IN
    return person if is_known else None


def _count_guess(address: str) -> None:
    reserved = reserve(GUESSES, address)
    if reserved is None:
        raise TooManyGuesses
    reserved.fail()
    if reserved.is_last:
        why = {"why": "too many wrong addresses of calendars"}
        audit.refuse_counted(Action.REFUSE_ACCESS, Actor("unknown", address), details=why)


def _note(feed: CalendarFeed) -> None:
    now = datetime.now(UTC)
    if feed.asked_at is None or now - feed.asked_at > _NOTED_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(asked_at=now)


def _stored(token: str) -> str:
    """Keyed, so that whoever writes to the database cannot make a token of their own."""
    return salted_hmac("miyabi.calendar", token, algorithm="sha256").hexdigest()
