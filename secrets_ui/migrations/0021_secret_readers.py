from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("secrets_ui", "0020_rotations")]

    operations = [
        migrations.CreateModel(
            name="SecretReaders",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("environment", models.CharField(max_length=20)),
                ("secret", models.CharField(max_length=512)),
                ("looked_at", models.DateTimeField(null=True)),
                ("wanted_at", models.DateTimeField(null=True)),
                ("found", models.TextField(default="{}")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["environment", "secret"], name="readers_of_a_secret_once"
                    )
                ]
            },
        ),
    ]
