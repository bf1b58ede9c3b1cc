from django.db import migrations, models


class Migration(migrations.Migration):

<<<<<<<< HEAD:secrets_ui/migrations/0011_heartbeats.py
    dependencies = [("secrets_ui", "0010_audit_index")]
========
    dependencies = [("secrets_ui", "0009_counted_and_waiting")]
>>>>>>>> 2b326d8f463c31173ef5ff05933b57447acef117:secrets_ui/migrations/0010_heartbeats.py

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
