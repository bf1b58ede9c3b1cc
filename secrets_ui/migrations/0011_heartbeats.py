from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("secrets_ui", "0010_audit_index")]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
