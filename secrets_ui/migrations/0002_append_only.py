"""The audit table takes new rows at its end and nothing else; the database itself refuses the rest.
"""

from typing import Any

from django.db import migrations

from ..models.append_only import FUNCTIONS, TRIGGERS


def add_triggers(apps: object, schema_editor: Any) -> None:
    vendor = schema_editor.connection.vendor
    for statement in (*FUNCTIONS[vendor], *TRIGGERS[vendor].values()):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("secrets_ui", "0001_initial")]
    operations = [migrations.RunPython(add_triggers)]
