from typing import Any

from django.db import migrations, models


def begin_here(apps: Any, schema_editor: Any) -> None:
    """What is in the log by now is told to nobody."""
    last = apps.get_model("secrets_ui", "AuditRecord").objects.aggregate(
        last=models.Max("sequence")
    )["last"]
    apps.get_model("secrets_ui", "ToldUntil").objects.create(sequence=last or 0)


class Migration(migrations.Migration):

    dependencies = [("secrets_ui", "0013_runs_by_age")]

    operations = [
        migrations.CreateModel(
            name="ToldUntil",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField()),
            ],
        ),
        migrations.AddIndex(
            model_name="auditrecord",
            index=models.Index(
                fields=["environment", "sequence"],
                name="audit_emergencies",
                condition=models.Q(action="secret.emergency", phase="outcome"),
            ),
        ),
        migrations.RunPython(begin_here, migrations.RunPython.noop),
    ]
