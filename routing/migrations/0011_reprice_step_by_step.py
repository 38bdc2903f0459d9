from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0010_sum_up_attempts_by_day"),
    ]

    operations = [
        migrations.AddField(
            model_name="repricing",
            name="total",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="repricing",
            name="looked_at",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="repricing",
            name="last_call_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="repricing",
            name="stepped_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="repricing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("finished_at__isnull", True), ("total__isnull", False)),
                fields=("org_id", "model"),
                name="repricing_one_at_a_time",
            ),
        ),
    ]
