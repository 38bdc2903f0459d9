from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0007_escalate_attempts"),
    ]

    operations = [
        migrations.AddField(
            model_name="feedback",
            name="corrected_at",
            field=models.DateTimeField(null=True),
        ),
    ]
