"""Who could read each secret at the last look, for what changed since."""

from typing import ClassVar

from django.db import models

from ..fields import Text, TextLine


class SecretReaders(models.Model):
    """`found` is JSON of domain/access/kept_readers.py: who can do what, by which statement; no
    policy's text. `looked_at` is the last look, whole or not; `wanted_at` when one was asked for.
    `answer` is JSON of domain/access/kept_answer.py, "" where a page can ask for itself. `judged`
    of `principals` roles and users are done of a look under way.
    """

    environment = TextLine(max_length=20)
    secret = TextLine(max_length=512)
    looked_at = models.DateTimeField(null=True)
    wanted_at = models.DateTimeField(null=True)
    found = Text(default="{}")
    answer = Text(default="", db_default="", blank=True)
    judged = models.PositiveIntegerField(default=0, db_default=0)
    principals = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["environment", "secret"], name="readers_of_a_secret_once"
            )
        ]

    def __str__(self) -> str:
        return f"readers of {self.secret} in {self.environment}"
