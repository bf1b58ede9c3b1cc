"""manage.py grant_console: grants the console's database user its rights, as the tables' owner."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from secrets_ui.domain.errors import ConfigurationError
from secrets_ui.services.audit.grant_console import grant_console


class Command(BaseCommand):
    help = (
        "Let a PostgreSQL role run the console: audit records it may read and add, and never "
        "change. Run it as the tables' owner."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", help="an existing role, which owns nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            statements = grant_console(options["role"])
        except ConfigurationError as error:
            raise CommandError(error.message) from None
        except DatabaseError as error:
            raise CommandError(f"The rights were not given: {str(error).splitlines()[0]}") from None
        for statement in statements:
            self.stdout.write(f"{statement};")
