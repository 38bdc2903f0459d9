from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0011_reprice_step_by_step"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(fields=["org_id", "at"], name="evidence_by_org_and_time"),
        ),
    ]
