from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("secrets_ui", "0019_due")]

    operations = [
        migrations.CreateModel(
            name="Rotation",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("environment", models.CharField(max_length=20)),
                ("secret", models.CharField(max_length=512)),
                ("key", models.CharField(max_length=256)),
                ("base_version_id", models.CharField(max_length=64)),
                ("ended", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["environment", "secret", "key"], name="rotations_of_a_key"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended", None)),
                        fields=("environment", "secret", "key"),
                        name="one_open_rotation_of_a_key",
                    )
                ],
            },
        ),
    ]
