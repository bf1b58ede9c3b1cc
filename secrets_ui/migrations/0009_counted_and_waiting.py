from typing import Any

from django.db import migrations, models


def end_sessions(apps: Any, schema_editor: Any) -> None:
    """Their ids are kept hashed from here on: everybody signs in once more."""
    apps.get_model("secrets_ui", "PersonSession").objects.all().delete()
    apps.get_model("sessions", "Session").objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [("secrets_ui", "0008_reservations"), ("sessions", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="CountedRefusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=64, unique=True)),
                ("action", models.CharField(max_length=40)),
                ("actor", models.CharField(max_length=150)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("details", models.TextField(default="{}")),
                ("others", models.PositiveBigIntegerField(default=0)),
                ("since", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="WaitingRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row", models.TextField()),
                ("actor", models.CharField(max_length=150)),
                ("at", models.CharField(max_length=27)),
            ],
        ),
        migrations.RunPython(end_sessions, migrations.RunPython.noop),
    ]
