from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("secrets_ui", "0021_secret_readers")]

    operations = [
        migrations.CreateModel(
            name="TrailCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("environment", models.CharField(max_length=20)),
                ("event_id", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("event", models.CharField(max_length=64)),
                ("secret", models.CharField(blank=True, max_length=512)),
                ("version", models.CharField(blank=True, max_length=64)),
                ("reader", models.CharField(max_length=400)),
                ("principal", models.CharField(blank=True, max_length=1100)),
                ("account", models.CharField(blank=True, max_length=12)),
                ("session", models.CharField(blank=True, max_length=64)),
                ("source_identity", models.CharField(blank=True, max_length=64)),
                ("service", models.CharField(blank=True, max_length=253)),
                ("address", models.CharField(blank=True, max_length=253)),
                ("error", models.CharField(blank=True, max_length=64)),
                ("is_ours", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["environment", "secret", "-at"], name="calls_by_secret"),
                    models.Index(fields=["at"], name="calls_by_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "event_id", "secret"), name="one_call_of_an_event"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TrailPosition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("environment", models.CharField(max_length=20)),
                ("event", models.CharField(max_length=64)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("walk_from", models.DateTimeField(null=True)),
                ("walk_at", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "event"), name="one_position_of_an_event"
                    )
                ],
            },
        ),
    ]
