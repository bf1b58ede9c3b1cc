"""People: their roles, what they ask for, how they come in, and what is to do when they leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models

from ..fields import Text, TextLine

# By how much the clocks of two servers may differ, as at the identity provider.
CLOCKS_DIFFER = timedelta(seconds=60)


class GrantsInForce(models.Manager["RoleGrant"]):
    """Without those that have ended, by the clock.

    A clock that was put back to before a role with an end was given brings none to life again.
    """

    def get_queryset(self) -> models.QuerySet[RoleGrant]:
        now = datetime.now(UTC)
        lasting = models.Q(until=None) | models.Q(until__gt=now, since__lte=now + CLOCKS_DIFFER)
        return super().get_queryset().filter(lasting)

    def of_person(self, user_id: int) -> Iterator[RoleGrant]:
        """Environment, role and prefix of a person's. As SQL, since every request asks, and Django
        takes longer to write it than a database to answer."""
        now = datetime.now(UTC)
        of_person = [user_id, now, now + CLOCKS_DIFFER]
        yield from RoleGrant.every.raw(_OF_PERSON, of_person)


_OF_PERSON = """
SELECT id, environment, role, prefix FROM secrets_ui_rolegrant
WHERE user_id = %s AND (until IS NULL OR (until > %s AND since <= %s))
"""


class RoleGrant(models.Model):
    """One person's role in one environment, or for some names in it.

    An admin gives it, for a time or without an end, or a group of the identity provider, which may
    then take it away.
    """

    class Source(models.TextChoices):
        ADMIN = "admin"
        GROUPS = "groups"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="role_grants"
    )
    environment = TextLine(max_length=20)
    role = TextLine(max_length=20)
    source = TextLine(max_length=10, choices=Source.choices, default=Source.ADMIN)
    # As domain/people/roles.py reads it.
    prefix = TextLine(max_length=200, blank=True, default="")
    # Both or neither: when a role with an end was given, and when it ends.
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True, db_index=True)
    reason = TextLine(max_length=500, blank=True, default="", db_default="")

    objects = GrantsInForce()
    # Those too that have ended and are not yet deleted.
    every = models.Manager["RoleGrant"]()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "environment", "role", "prefix", "source"],
                name="one_grant_of_a_role",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.role} in {self.environment}"


class RoleRequest(models.Model):
    """A role that somebody asks for, for so many hours, and what an admin answered."""

    class State(models.TextChoices):
        WAITING = "waiting"
        GIVEN = "given"
        REFUSED = "refused"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="role_requests"
    )
    environment = TextLine(max_length=20)
    role = TextLine(max_length=20)
    prefix = TextLine(max_length=200, blank=True, default="")
    hours = models.PositiveIntegerField()
    reason = TextLine(max_length=500)
    at = models.DateTimeField(db_index=True)
    state = TextLine(max_length=10, choices=State.choices, default=State.WAITING)
    answered_by = TextLine(max_length=150, blank=True, default="")
    answer = TextLine(max_length=500, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.user_id} asks for {self.role} in {self.environment}"


class OneTimeLink(models.Model):
    """By which a local person sets their first password. The link itself is kept nowhere."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="one_time_link"
    )
    digest = TextLine(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = TextLine(max_length=150)

    def __str__(self) -> str:
        return f"a link of {self.user_id}"


class RotationTask(models.Model):
    """A value that somebody who leaves knows, who is to change it, and by when.

    It is done once they know it no longer (services/secrets/debts.py).
    """

    person = TextLine(max_length=150)
    environment = TextLine(max_length=20)
    secret = TextLine(max_length=512)
    # Of any length: AWS holds secrets of 65,536 bytes.
    key = Text(blank=True)
    owner = TextLine(max_length=150)
    due = models.DateField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person"], name="rotation_tasks_by_person")]

    def __str__(self) -> str:
        return f"{self.key} of {self.secret}, by {self.due}"


class PersonSession(models.Model):
    """Whose a session is, so that it can be shown and ended.

    When it began and was last used is in the session itself, and its key is the session's hashed
    one (services/people/session_store.py).
    """

    session_key = TextLine(max_length=40, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions"
    )
    by = TextLine(max_length=40)  # how the person showed who they are
    address = TextLine(max_length=45, blank=True)
    browser = TextLine(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"a session of {self.user_id}"
