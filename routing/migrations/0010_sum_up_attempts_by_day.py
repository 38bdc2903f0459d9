from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0009_invoices_and_repricings"),
    ]

    operations = [
        migrations.CreateModel(
            name="AttemptTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("org_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("team_id", models.BigIntegerField()),
                ("task_type", models.CharField(max_length=32)),
                ("model", models.CharField(max_length=128)),
                ("n", models.PositiveBigIntegerField()),
                ("accepted", models.PositiveBigIntegerField()),
                ("cost_nanousd", models.FloatField()),
                ("cost_squared", models.FloatField()),
                ("accepted_cost_nanousd", models.FloatField()),
                ("scored", models.PositiveBigIntegerField()),
                ("score_sum", models.FloatField()),
                ("score_sumsq", models.FloatField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("org_id", "day", "team_id", "task_type", "model"),
                        name="attempt_tally_once",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="advicedue",
            name="tallied_until",
            field=models.DateField(null=True),
        ),
        migrations.AddIndex(
            model_name="trialresult",
            index=models.Index(fields=["recommendation", "stage", "-id"], name="trial_newest"),
        ),
    ]
