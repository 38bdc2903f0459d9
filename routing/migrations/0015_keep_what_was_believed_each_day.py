from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0014_when_advice_was_asked_for"),
    ]

    operations = [
        migrations.AddField(
            model_name="advicedue",
            name="believed_until",
            field=models.DateField(null=True),
        ),
        migrations.CreateModel(
            name="BeliefDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("org_id", models.BigIntegerField()),
                ("team_id", models.BigIntegerField(default=0)),
                ("day", models.DateField()),
                ("beliefs", models.JSONField(default=dict)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("org_id", "team_id", "day"), name="belief_day_once"
                    )
                ],
            },
        ),
    ]
