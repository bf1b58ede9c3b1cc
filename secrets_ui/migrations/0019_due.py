import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("secrets_ui", "0016_acknowledgement"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeyDue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("environment", models.CharField(max_length=20)),
                ("secret", models.CharField(max_length=512)),
                ("key", models.TextField(blank=True)),
                ("why", models.CharField(max_length=10)),
                ("at", models.DateTimeField(null=True)),
                ("text", models.CharField(max_length=500)),
                ("is_exact", models.BooleanField(default=True)),
                ("read_at", models.DateTimeField()),
                ("told", models.PositiveSmallIntegerField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["environment", "at"], name="due_by_date")],
            },
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField(null=True)),
                ("user", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="calendar_feed", to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
