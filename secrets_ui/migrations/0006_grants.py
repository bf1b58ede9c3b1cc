from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("secrets_ui", "0005_authentication"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="rolegrant",
            name="prefix",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.RemoveConstraint(model_name="rolegrant", name="one_grant_of_a_role"),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.UniqueConstraint(
                fields=("user", "environment", "role", "prefix", "source"), name="one_grant_of_a_role"
            ),
        ),
    ]
