from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("budgets", "0004_correct_and_guard_the_ledger"),
    ]

    operations = [
        migrations.AddField(
            model_name="team",
            name="archived_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
