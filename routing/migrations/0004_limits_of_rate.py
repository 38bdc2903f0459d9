import django.core.validators
import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0003_keep_the_evidence_of_learning"),
    ]

    operations = [
        migrations.CreateModel(
            name="RateWindow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=160, unique=True)),
                ("at", models.FloatField(default=0.0)),
                ("taken", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="RateLimit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("provider", "provider"),
                            ("model", "model"),
                            ("team", "team"),
                            ("org", "org"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        help_text="The provider or model; empty for org and team.",
                        max_length=128,
                    ),
                ),
                ("org_id", models.BigIntegerField(blank=True, null=True)),
                ("team_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "requests_per_minute",
                    models.PositiveBigIntegerField(
                        blank=True,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "tokens_per_minute",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="In and out together.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "nanousd_per_hour",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="In nano-dollars: $1 is 1,000,000,000.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "tokens_per_day",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="In and out together.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["scope", "name", "org_id", "team_id"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("scope"),
                        models.F("name"),
                        django.db.models.functions.comparison.Coalesce("org_id", 0),
                        django.db.models.functions.comparison.Coalesce("team_id", 0),
                        name="rate_limit_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("scope__in", ["provider", "model"]),
                                models.Q(("name", ""), _negated=True),
                            ),
                            models.Q(
                                ("name", ""),
                                ("org_id__isnull", False),
                                ("scope", "org"),
                                ("team_id__isnull", True),
                            ),
                            models.Q(("name", ""), ("scope", "team"), ("team_id__isnull", False)),
                            _connector="OR",
                        ),
                        name="rate_limit_says_whose",
                    ),
                ],
            },
        ),
    ]
