from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("secrets_ui", "0007_current_versions")]

    operations = [
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("limit", models.CharField(max_length=20)),
                ("who", models.CharField(max_length=150)),
                ("once", models.CharField(blank=True, max_length=40)),
                ("is_open", models.BooleanField(default=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["limit", "who"], name="reservations_by_who"),
                    models.Index(fields=["limit", "at"], name="reservations_by_age"),
                ],
            },
        ),
    ]
