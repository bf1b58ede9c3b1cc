"""Fills the demo's database: tables, an account per role, and a change made in this console.

`python -m deploy.demo.seed` finds the console's settings and DEMO_PASSWORD in its environment.
"""

import os
import sys

import django
from django.core.management import call_command

# Each is the name of an account as well.
ROLES = ("viewer", "editor", "approver", "auditor", "admin")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miyabi_admin.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    make_accounts(os.environ["DEMO_PASSWORD"])
    save_as_editor(
        "prod", "config", "MIYABI_ROOT", "/mnt/miyabi", "The function has a file system now"
    )


def make_accounts(password: str) -> None:
    """Make an account for each role, which it has in every environment. Exits over real AWS."""
    from django.conf import settings

    from secrets_ui.services.configuration import environments
    from secrets_ui.services.people.accounts import make_account

    if not settings.IS_LOCAL:
        sys.exit("demo: accounts that share one password are made over a local AWS alone.")
    for role in ROLES:
        make_account(role, password, dict.fromkeys(environments(), role))


def save_as_editor(environment_name: str, secret: str, key: str, value: str, reason: str) -> None:
    """Change one key through the console's own service, as a person would on its pages."""
    from secrets_ui.domain.changes.edit import Edit
    from secrets_ui.domain.people.actor import Actor
    from secrets_ui.domain.secrets.document import Change
    from secrets_ui.domain.secrets.secret_value import SecretValue
    from secrets_ui.domain.session_scope import DESCRIBE
    from secrets_ui.services.aws_access import gateways
    from secrets_ui.services.changes.save import put_new_version
    from secrets_ui.services.configuration import get_environment

    environment, editor = get_environment(environment_name), Actor("editor", "127.0.0.1")
    name = environment.prefix + secret
    secrets_manager = gateways(environment, editor, DESCRIBE.of(name)).secrets_manager
    current = secrets_manager.describe_secret(name).value.current
    changes = (Change(key, SecretValue(value)),)
    put_new_version(
        environment,
        editor,
        Edit(name, current, changes, reason=reason, typed_name=name, idempotency_key=""),
    )


if __name__ == "__main__":
    main()
