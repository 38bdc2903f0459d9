from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0013_tell_versions_of_models_apart"),
    ]

    operations = [
        migrations.AddField(
            model_name="advicedue",
            name="asked_at",
            field=models.DateTimeField(null=True),
        ),
    ]
