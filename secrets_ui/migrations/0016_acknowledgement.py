from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("secrets_ui", "0015_value_trials")]

    operations = [
        migrations.CreateModel(
            name="Acknowledgement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("environment", models.CharField(max_length=20)),
                ("secret", models.CharField(blank=True, max_length=512)),
                ("claim", models.CharField(max_length=60)),
                ("about", models.CharField(max_length=512)),
                ("actor", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                ("reason", models.CharField(max_length=500)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["environment", "secret", "claim", "about"],
                        name="acknowledged_once",
                    )
                ]
            },
        ),
    ]
