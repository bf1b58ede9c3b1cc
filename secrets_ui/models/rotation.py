"""Rotations of keys: which there are, and which are open."""

from typing import ClassVar

from django.db import models

from ..fields import TextLine


class Rotation(models.Model):
    """One key that gets a new value, until its old one is revoked or somebody gives up.

    Nothing of it is kept here that AWS, kept facts or the audit log tell. `number` is the sequence
    of the record that began it, by which its other records name it; `ended` is that of the record
    that ended it. The old value is the key's in the version `base_version_id`.
    """

    number = models.BigIntegerField(primary_key=True)
    environment = TextLine(max_length=20)
    secret = TextLine(max_length=512)
    key = TextLine(max_length=256)
    base_version_id = TextLine(max_length=64)
    ended = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["environment", "secret", "key"],
                condition=models.Q(ended=None),
                name="one_open_rotation_of_a_key",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["environment", "secret", "key"], name="rotations_of_a_key")
        ]

    def __str__(self) -> str:
        return f"rotation {self.number} of {self.key} in {self.secret}"
