from django.db import migrations, models

import secrets_ui.fields


class Migration(migrations.Migration):
    dependencies = [
        ("secrets_ui", "0023_who_knows"),
    ]

    operations = [
        migrations.AddField(
            model_name="secretreaders",
            name="answer",
            field=secrets_ui.fields.Text(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="secretreaders",
            name="judged",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="secretreaders",
            name="principals",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
