"""Keep the model that a cascade goes to if its first attempt falls short."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0006_find_runs_by_label_and_task_type"),
    ]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="escalate_to",
            field=models.CharField(blank=True, default="", max_length=128),
            preserve_default=False,
        ),
    ]
