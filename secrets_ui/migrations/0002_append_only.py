"""The audit table takes new rows at its end and nothing else; the database itself refuses the rest.
"""

from typing import Any

from django.db import migrations

_SQLITE = [
    """CREATE TRIGGER audit_no_update BEFORE UPDATE ON secrets_ui_auditrecord
       BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END""",
    """CREATE TRIGGER audit_no_delete BEFORE DELETE ON secrets_ui_auditrecord
       BEGIN SELECT RAISE(ABORT, 'audit records are never deleted'); END""",
    # REPLACE deletes without firing the trigger above, unless recursive_triggers is on; this one fires before it, always.
    """CREATE TRIGGER audit_only_at_the_end BEFORE INSERT ON secrets_ui_auditrecord
       WHEN NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM secrets_ui_auditrecord)
       BEGIN SELECT RAISE(ABORT, 'audit records are only added at the end'); END""",
]
_POSTGRESQL = [
    """CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'audit records are never changed or deleted'; END $$""",
    """CREATE FUNCTION audit_only_at_the_end() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM secrets_ui_auditrecord) THEN
           RAISE EXCEPTION 'audit records are only added at the end';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON secrets_ui_auditrecord
       FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON secrets_ui_auditrecord
       FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_at_the_end BEFORE INSERT ON secrets_ui_auditrecord
       FOR EACH ROW EXECUTE FUNCTION audit_only_at_the_end()""",
]


def add_triggers(apps: object, schema_editor: Any) -> None:
    for statement in _SQLITE if schema_editor.connection.vendor == "sqlite" else _POSTGRESQL:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("secrets_ui", "0001_initial")]
    operations = [migrations.RunPython(add_triggers)]
