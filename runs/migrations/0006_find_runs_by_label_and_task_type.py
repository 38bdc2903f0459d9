from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def copy_labels(apps: Any, schema_editor: Any) -> None:
    label = apps.get_model("runs", "RunLabel")
    rows = labels_of(apps.get_model("runs", "Run"), label)
    while chunk := list(islice(rows, 500)):
        label.objects.bulk_create(chunk)


def labels_of(run: Any, label: Any) -> Iterator[Any]:
    rows = run.objects.exclude(labels={}).values_list("pk", "team_id", "labels")
    for pk, team_id, labels in rows.iterator(2_000):
        for key, value in labels.items():
            yield label(run_id=pk, team_id=team_id, key=key, value=value)


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0005_failures_and_data_sets"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["type", "run"], name="runs_by_task_type"),
        ),
        migrations.CreateModel(
            name="RunLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("team_id", models.BigIntegerField()),
                ("key", models.CharField(max_length=64)),
                ("value", models.CharField(blank=True, max_length=200)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="runs.run",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["team_id", "key", "value", "run"], name="runs_by_label")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "key"), name="label_once_a_run")
                ],
            },
        ),
        migrations.RunPython(copy_labels, migrations.RunPython.noop),
    ]
