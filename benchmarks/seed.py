"""`python -m benchmarks.seed`: makes tables, one for bare inserts, and demo accounts."""

import os

import django
from django.core.management import call_command
from django.db import connection

from deploy.demo.seed import make_accounts


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miyabi_admin.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    make_accounts(os.environ["DEMO_PASSWORD"])
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_bare (text TEXT)")
    connection.close()  # SQLite then puts its log into the file, which may be copied


if __name__ == "__main__":
    main()
