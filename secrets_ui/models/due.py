"""When keys are due, and who has it in a calendar."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from ..fields import Text, TextLine


class KeyDue(models.Model):
    """One reason for which a key is due (domain/secrets/due.py), as the last pass found it.

    `key` is "" where the whole secret is due; `at` is null where nobody knows when. `told` is by
    how many days ahead a message told of this date last, null before the first.
    """

    environment = TextLine(max_length=20)
    secret = TextLine(max_length=512)
    key = Text(blank=True)
    why = TextLine(max_length=10)
    at = models.DateTimeField(null=True)
    text = TextLine(max_length=500)
    is_exact = models.BooleanField(default=True)
    read_at = models.DateTimeField()
    told = models.PositiveSmallIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["environment", "at"], name="due_by_date")]

    def __str__(self) -> str:
        return f"{self.key or self.secret} in {self.environment}: {self.why}"


class CalendarFeed(models.Model):
    """A person's address for calendar programs. Its token is kept as a keyed hash alone."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed"
    )
    token = TextLine(max_length=64, unique=True)  # the hash, in hexadecimal
    made_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)  # last, by the hour

    def __str__(self) -> str:
        return f"the calendar of {self.user_id}"
