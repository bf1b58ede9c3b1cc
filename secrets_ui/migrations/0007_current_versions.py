from django.db import migrations, models


class Migration(migrations.Migration):
    """SecretSighting is now CurrentVersion. Table and columns keep their names: no SQL is run."""

    dependencies = [("secrets_ui", "0006_grants")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("SecretSighting", "CurrentVersion"),
                migrations.AlterModelTable("CurrentVersion", "secrets_ui_secretsighting"),
                migrations.RenameField("CurrentVersion", "seen_at", "read_at"),
                migrations.AlterField(
                    "CurrentVersion", "read_at", models.DateTimeField(db_column="seen_at")
                ),
            ]
        )
    ]
