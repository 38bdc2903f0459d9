from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("telemetry", "0003_corrections_of_costs"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="event",
            name="telemetry_e_org_id_05d48c_idx",
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(
                fields=["team_id", "model", "task_type", "run_id"], name="calls_by_model"
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["org_id", "team_id", "seq"], name="events_of_team"),
        ),
    ]
