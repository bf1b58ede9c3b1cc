"""The triggers by which the database itself takes audit records at the log's end and nothing else.

By the database's kind and the trigger's name: the statement that makes it.
"""

from collections.abc import Mapping

# PostgreSQL's triggers call these.
FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'audit records are never changed or deleted'; END $$""",
        """CREATE OR REPLACE FUNCTION audit_only_at_the_end() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM secrets_ui_auditrecord) THEN
           RAISE EXCEPTION 'audit records are only added at the end';
         END IF;
         RETURN NEW;
       END $$""",
    ),
}
TRIGGERS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "audit_no_update": """CREATE TRIGGER audit_no_update BEFORE UPDATE ON secrets_ui_auditrecord
       BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END""",
        "audit_no_delete": """CREATE TRIGGER audit_no_delete BEFORE DELETE ON secrets_ui_auditrecord
       BEGIN SELECT RAISE(ABORT, 'audit records are never deleted'); END""",
        # REPLACE deletes without firing the trigger above, unless recursive_triggers is on; this
        # one fires before it, always.
        "audit_only_at_the_end": """CREATE TRIGGER audit_only_at_the_end
       BEFORE INSERT ON secrets_ui_auditrecord
       WHEN NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM secrets_ui_auditrecord)
       BEGIN SELECT RAISE(ABORT, 'audit records are only added at the end'); END""",
    },
    "postgresql": {
        "audit_no_change": """CREATE TRIGGER audit_no_change
       BEFORE UPDATE OR DELETE ON secrets_ui_auditrecord
       FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
        "audit_no_truncate": """CREATE TRIGGER audit_no_truncate
       BEFORE TRUNCATE ON secrets_ui_auditrecord
       FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
        "audit_at_the_end": """CREATE TRIGGER audit_at_the_end
       BEFORE INSERT ON secrets_ui_auditrecord
       FOR EACH ROW EXECUTE FUNCTION audit_only_at_the_end()""",
    },
}
