"""What came of trying values where they were given out."""

from typing import ClassVar

from django.db import models

from ..fields import Text, TextLine


class ValueTrial(models.Model):
    """What is known of one value (domain/secrets/tried.py), by its fingerprint and that of the
    value that was tried with it. It holds neither.

    `way` and `asked` say how it was tried and at which host. `answer` is JSON of the last answer,
    "" before the first; `why_not` says why the last try had none.
    """

    way = TextLine(max_length=20)
    asked = TextLine(max_length=255, blank=True)
    fingerprint = TextLine(max_length=16)
    other = TextLine(max_length=16, blank=True)
    at = models.DateTimeField()
    answer = Text(blank=True)
    answered_at = models.DateTimeField(null=True)
    why_not = TextLine(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["fingerprint", "other", "way", "asked"], name="one_trial_of_a_value"
            )
        ]

    def __str__(self) -> str:
        return f"{self.fingerprint} by {self.way} at {self.at:%Y-%m-%d %H:%M}"
