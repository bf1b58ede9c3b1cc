"""What the audit log is searched by: its records in numbers, in rows that are quick to read.

Derived from the records by services/audit/index.py, which can make all of it anew; verify_audit
compares the two. Pages show the records themselves.
"""

from typing import ClassVar

from django.db import models

from ..fields import Text, TextLine


class AuditWord(models.Model):
    """A text that a column of the audit log holds, such as a person's name, and its number.

    `digest` finds it: PostgreSQL's indexes take no text of more than 2.7 kB.
    """

    id = models.AutoField(primary_key=True)
    column = TextLine(max_length=11, db_index=True)
    digest = TextLine(max_length=64, unique=True)
    text = Text()

    def __str__(self) -> str:
        return f"{self.column} {self.text}"


def _word() -> models.ForeignKey[AuditWord]:
    # The indexes below begin with it where it is asked for.
    return models.ForeignKey(
        AuditWord, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )


WORDS = ("environment", "actor", "action", "outcome", "secret", "keys")


def _whole_index(column: str) -> models.Index:
    """Holds every column that a filter asks for, so that the rows themselves are not read."""
    others = [name for name in WORDS if name != column]
    return models.Index(fields=[column, "-sequence", *others], name=f"entries_by_{column}")


class AuditEntry(models.Model):
    """A line of the log's list: an event, or an intent and how it ended."""

    sequence = models.BigIntegerField(primary_key=True)
    environment = _word()
    actor = _word()
    action = _word()
    # OPEN for an intent without an outcome; of two outcomes the last.
    outcome = _word()
    secret = _word()
    keys = _word()
    at = TextLine(max_length=27)

    class Meta:
        ordering: ClassVar = ["-sequence"]
        indexes: ClassVar = [
            *(_whole_index(column) for column in ("actor", "action", "outcome")),
            # Whoever asks for a part of a name asks for several words at once, in no order.
            models.Index(fields=["secret", "environment"], name="entries_by_secret"),
            models.Index(fields=["keys", "environment"], name="entries_by_keys"),
        ]

    def __str__(self) -> str:
        return str(self.sequence)


class AuditStretch(models.Model):
    """When the records of one stretch of the log were written: those with sequence // 1000 ==
    number.

    The clock may have been put back, so a time alone does not tell where in the log it is.
    `last` is the last record of the stretch that the index holds.
    """

    number = models.BigIntegerField(primary_key=True)
    last = models.BigIntegerField()
    earliest = TextLine(max_length=27)
    latest = TextLine(max_length=27)

    def __str__(self) -> str:
        return f"{self.number}: {self.earliest} to {self.latest}"
