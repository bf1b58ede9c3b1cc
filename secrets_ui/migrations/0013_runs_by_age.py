from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("secrets_ui", "0012_recent_changes")]

    operations = [
        migrations.RemoveIndex(model_name="checkrun", name="runs_by_secret"),
        migrations.AddIndex(
            model_name="checkrun", index=models.Index(fields=["at"], name="runs_by_age")
        ),
        migrations.AddField(
            model_name="countedrefusal",
            name="environment",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
    ]
