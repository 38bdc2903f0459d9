"""The one place that decides what a simulated model answers.

The answer is a function of seed, model and prompt: no clock, no order of requests.
"""

from __future__ import annotations

import math

from .draws import Draws, digest
from .exchange import Answer, Prompt, Tokens
from .intent import Reading
from .marks import marked_quality, quality_of
from .profiles import Profile
from .writing.code import code
from .writing.data import data
from .writing.plan import bad_plan, plan
from .writing.prose import prose, review
from .writing.verdict import critique, judgement, unreadable

_CHARACTERS_A_TOKEN = 4.4  # English prose and code, mixed
_BEST = 0.985  # no revision makes a text perfect
_CACHE_FROM_TOKENS = 1024  # shorter prompts are never cached, as with the providers
_THOUGHT = "The request names its parts; I settle them in order and check the result. "


class Mind:
    """Answer prompts as the model of a profile would."""

    def __init__(self, seed: int) -> None:
        self._seed = str(seed)

    def answer(
        self, prompt: Prompt, reading: Reading, profile: Profile, *,
        skill_shift: float = 0.0, spoil_plan: bool = False,
    ) -> Answer:  # fmt: skip
        """Return the model's answer to a prompt that was read."""
        draws = Draws(self._seed, profile.model, prompt.nonce, prompt.text)
        if reading.kind == "plan" and spoil_plan:
            text = bad_plan(reading.task, draws)
        elif reading.kind == "plan":
            text = plan(reading.task, draws, json_mode=prompt.json_output)
        else:
            text = _written(reading, prompt, profile, skill_shift, draws)
        return finished(text, prompt, profile, draws)

    def literal(self, text: str, prompt: Prompt, profile: Profile) -> Answer:
        """Return a given text as the model's answer."""
        draws = Draws(self._seed, profile.model, prompt.nonce, prompt.text)
        return finished(text, prompt, profile, draws)


def finished(text: str, prompt: Prompt, profile: Profile, draws: Draws) -> Answer:
    """Return a text as an answer, cut at the limit, with its tokens counted."""
    output = tokens_of(text)
    reasoning = round(40 + output * (0.2 + 0.3 * draws.unit("thought"))) if profile.reasoning else 0
    limit = prompt.max_output_tokens or output + reasoning
    reasoning = min(reasoning, max(limit - output, limit // 2))
    is_cut = output + reasoning > limit
    if is_cut:
        output = limit - reasoning
        text = text[: int(output * _CHARACTERS_A_TOKEN)]
    return Answer(
        id=digest(profile.model, prompt.nonce, prompt.text, text),
        model=prompt.model,
        text=text,
        tokens=_counted(prompt, output, reasoning, draws),
        finish="length" if is_cut else "stop",
        reasoning_text=_THOUGHT if reasoning else "",
    )


def tokens_of(text: str) -> int:
    """Return how many tokens a text is counted as."""
    return math.ceil(len(text) / _CHARACTERS_A_TOKEN)


def input_tokens(prompt: Prompt) -> int:
    """Return how many tokens a prompt is counted as."""
    return tokens_of(prompt.text) + 3 * len(prompt.turns) + 3


def _counted(prompt: Prompt, output: int, reasoning: int, draws: Draws) -> Tokens:
    counted = input_tokens(prompt)
    cacheable = counted // 128 * 128 if counted >= _CACHE_FROM_TOKENS else 0
    is_hit = draws.unit("cache") < 0.3
    return Tokens(
        input=counted,
        output=output + reasoning,
        reasoning=reasoning,
        cache_read=cacheable if is_hit else 0,
        cache_write=cacheable if prompt.cache_marked and not is_hit else 0,
    )


def _written(
    reading: Reading, prompt: Prompt, profile: Profile, skill_shift: float, draws: Draws
) -> str:
    if reading.kind == "judge":
        if draws.unit("slip") < profile.slips:
            return unreadable(draws, json_mode=prompt.json_output)
        score = _score(reading, profile, draws)
        return judgement(reading, score, draws, json_mode=prompt.json_output)
    skill = profile.skill("code_review" if reading.kind == "critique" else reading.task_type)
    skill = min(max(skill + skill_shift, 0.0), 0.99)
    if reading.kind == "critique":
        return critique(reading, quality_of(reading.subject), skill, draws)
    return _work(reading, prompt, _quality(reading, skill, draws), draws)


def _score(reading: Reading, profile: Profile, draws: Draws) -> float:
    """Return the true quality as this judge sees it."""
    noise = profile.judge_noise * draws.normal("judge")
    return min(max(quality_of(reading.subject) + profile.judge_bias + noise, 0.0), 1.0)


def _quality(reading: Reading, skill: float, draws: Draws) -> float:
    """Return the quality of what is about to be written.

    A first draft is as good as the skill, give or take; a revision closes part of the gap that
    is left, more of it the better the critique and the reviser are.
    """
    drafted = skill + 0.045 * draws.normal("quality")
    if reading.subject:
        before = max(quality_of(reading.subject), drafted - 0.05)
        insight = marked_quality(reading.critique) or 0.5
        drafted = before + (_BEST - before) * (0.2 * insight + 0.25 * skill)
    elif reading.was_tried or reading.critique:
        drafted += (_BEST - drafted) * 0.35
    return min(max(drafted, 0.05), _BEST)


def _work(reading: Reading, prompt: Prompt, quality: float, draws: Draws) -> str:
    broken = draws.unit("broken") < max(0.0, 0.72 - quality) * 1.5
    if broken and reading.task_type in ("code_generation", "data_extraction"):
        quality *= 0.5
    if reading.task_type == "data_extraction" or prompt.json_output:
        return data(
            reading.task,
            reading.schema,
            quality,
            draws,
            broken=broken,
            json_mode=prompt.json_output,
        )
    if reading.task_type == "code_generation":
        return code(reading.task, quality, broken, draws)
    if reading.task_type == "code_review":
        return review(reading.task, quality, draws)
    return prose(reading.task, reading.task_type, quality, draws)
