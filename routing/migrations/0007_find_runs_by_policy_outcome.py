from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0006_models_and_prices_of_organisations"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(
                condition=models.Q(("kind", "policy")),
                fields=["run_id", "outcome"],
                name="decision_of_policy",
            ),
        ),
    ]
