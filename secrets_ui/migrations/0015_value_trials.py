from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("secrets_ui", "0014_messages"),
    ]

    operations = [
        migrations.CreateModel(
            name="ValueTrial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("way", models.CharField(max_length=20)),
                ("asked", models.CharField(blank=True, max_length=255)),
                ("fingerprint", models.CharField(max_length=16)),
                ("other", models.CharField(blank=True, max_length=16)),
                ("at", models.DateTimeField()),
                ("answer", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("why_not", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("fingerprint", "other", "way", "asked"), name="one_trial_of_a_value")],
            },
        ),
    ]
