"""What the demo's team knows of models before a journey, and who looks at its pages."""

from __future__ import annotations

from tests.functional.stack import Stack

# Enough of each that no draw of routing makes another choice.
SCORES = 100
PLANT = """
from datetime import timedelta
from django.test import Client
from django.utils import timezone
from budgets.models import Team, User
from routing.services.learning import ObserveAttempt
from telemetry.services.journal import apply_now
team, now = Team.objects.get(slug="eng"), timezone.now()
apply_now(*(
    ObserveAttempt(
        team.org_id, model, {task_type!r}, mean + spread * (-1) ** number, cost, 100,
        now - timedelta(milliseconds=number), team.pk, input_tokens=300,
    )
    for model, mean, spread, cost in {models!r}
    for number in range({scores})
))
client = Client()
client.force_login(User.objects.get(username="owner"))
print(client.cookies["sessionid"].value)
"""


def plant(stack: Stack, task_type: str, *models: tuple[str, float, float, int]) -> str:
    """Let the team know models by name, mean score, spread of scores, and nano-dollars a call.

    Return the session of the team's owner.
    """
    script = PLANT.format(models=models, scores=SCORES, task_type=task_type)
    return stack.manage("shell", "--no-imports", "-c", script).splitlines()[-1]
