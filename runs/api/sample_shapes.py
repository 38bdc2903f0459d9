"""Answers of two models side by side, as operations on recommendations tell them."""

from __future__ import annotations

from rest_framework import serializers

from runs.api.fields import MoneyField
from runs.api.outputs import Read


class AnswerOutput(Read):
    """One model's answer, cut to 1,500 characters."""

    run = serializers.UUIDField(source="run_id")
    task = serializers.CharField()
    score = serializers.FloatField(allow_null=True, help_text="null: nobody could judge it.")
    cost_usd = MoneyField(source="cost_nanousd")
    text = serializers.CharField()


class SampleOutput(Read):
    same_task = serializers.BooleanField(help_text="Both answered the very same task.")
    current = AnswerOutput()
    proposed = AnswerOutput()
