from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("secrets_ui", "0011_heartbeats")]

    operations = [
        migrations.AddIndex(
            model_name="auditrecord",
            index=models.Index(
                fields=["environment", "-sequence", "action"],
                name="audit_done",
                condition=models.Q(outcome="done", phase="outcome"),
            ),
        ),
        migrations.AddIndex(
            model_name="auditrecord",
            index=models.Index(
                fields=["environment", "at"],
                name="audit_proposals",
                condition=models.Q(action="secret.propose", phase="outcome"),
            ),
        ),
    ]
