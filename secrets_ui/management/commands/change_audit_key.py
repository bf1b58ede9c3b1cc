"""manage.py change_audit_key: makes AUDIT_KEY succeed the last of AUDIT_KEYS_BEFORE."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from secrets_ui.domain.errors import ConsoleError
from secrets_ui.services.audit.change_key import change_audit_key


class Command(BaseCommand):
    help = (
        "Seal the audit chain with AUDIT_KEY from here on; "
        "AUDIT_KEYS_BEFORE has to hold the old key. No console may be running."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            recorded = change_audit_key()
        except ConsoleError as error:
            raise CommandError(error.message) from None
        self.stdout.write(
            f"Record {recorded.sequence} is the first under the new AUDIT_KEY. "
            "Keep AUDIT_KEYS_BEFORE: it verifies what is older."
        )
