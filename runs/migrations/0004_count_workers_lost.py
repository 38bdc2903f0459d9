from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0003_saved_views"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="losses",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="run",
            name="progress",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
