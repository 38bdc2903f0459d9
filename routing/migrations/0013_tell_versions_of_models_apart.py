from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0012_find_evidence_by_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="evidence",
            name="version",
            field=models.CharField(blank=True, default="", max_length=160),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="qualityprofile",
            name="version",
            field=models.CharField(blank=True, default="", max_length=160),
            preserve_default=False,
        ),
        migrations.RemoveConstraint(
            model_name="qualityprofile",
            name="quality_profile_once",
        ),
        migrations.AddConstraint(
            model_name="qualityprofile",
            constraint=models.UniqueConstraint(
                fields=("org_id", "team_id", "model", "task_type", "version"),
                name="quality_profile_once",
            ),
        ),
    ]
