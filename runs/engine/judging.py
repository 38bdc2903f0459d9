"""Two independent judgements of an output, and a third where they differ."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from routing.core.catalog import ModelSpec
from routing.core.errors import NoCandidate, ProviderError
from routing.core.request import Message, ModelRequest
from routing.services.gateway import Avoid, Completion, Wanted
from runs.core.prompts import Assignment, judge_again_prompt, judge_prompt
from runs.core.rules import JUDGE_TEMPERATURE, Phase, TaskType, output_tokens
from runs.core.verdict import combine, needs_third, parse_reason, parse_score
from runs.engine.asking import request

MAX_VERDICT_TOKENS = 512
Ask = Callable[[Wanted], Awaitable[Completion]]


@dataclass(frozen=True)
class Judgement:
    """One judge's verdict; `score` None: it could not be read, which is no score at all."""

    model: str
    score: float | None
    reason: str


class Jury:
    """Judges one output; judges do not know who wrote it, nor of each other."""

    def __init__(
        self,
        ask: Ask,
        nonce: Callable[..., str],
        assignment: Assignment,
        output: str,
    ) -> None:
        self.judgements: list[Judgement] = []
        self._ask = ask
        self._nonce = nonce
        self._assignment = assignment
        self._output = output

    async def score(self, provider: str, model: str) -> float | None:
        """Return the score of an output that this model wrote; None if no judge gave one."""
        await self._judge(provider, model)
        await self._judge(provider, model)
        first, second = (one.score for one in self.judgements)
        if needs_third(first, second):
            await self._judge(provider, model)
        return combine([one.score for one in self.judgements])

    async def _judge(self, provider: str, model: str) -> None:
        number = len(self.judgements)
        messages = judge_prompt(
            self._assignment, self._output, number, self._nonce(self._output, str(number))
        )
        avoid = _judges_to_avoid(provider, model, frozenset(one.model for one in self.judgements))
        try:
            done = await self._ask(self._wanted(messages, number, avoid))
        except ProviderError as error:
            self.judgements.append(Judgement("", None, f"no judgement: {error}"))
            return
        score = parse_score(done.reply.text, self._output)
        if score is None:
            done, score = await self._once_more(done, messages, number)
        reason = parse_reason(done.reply.text, self._output)
        self.judgements.append(Judgement(done.spec.name, score, reason))

    async def _once_more(
        self, done: Completion, messages: tuple[Message, ...], number: int
    ) -> tuple[Completion, float | None]:
        """Ask the same judge again, whose reply could not be read."""
        again = judge_again_prompt(messages, done.reply.text)
        wanted = self._wanted(again, number, (), only_model=done.spec.name)
        try:
            done = await self._ask(wanted)
        except (ProviderError, NoCandidate):
            return done, None
        return done, parse_score(done.reply.text, self._output)

    def _wanted(
        self,
        messages: tuple[Message, ...],
        number: int,
        avoid: tuple[Avoid, ...],
        only_model: str | None = None,
    ) -> Wanted:
        def prepare(spec: ModelSpec) -> ModelRequest:
            limit = output_tokens(MAX_VERDICT_TOKENS, reasoning=spec.reasoning)
            return request(
                Phase.EVALUATION,
                TaskType.EVALUATION,
                spec,
                messages,
                limit,
                temperature=JUDGE_TEMPERATURE,
                json_output=True,
                sample=number,  # no kept reply may ever count as two judgements
            )

        return Wanted(
            Phase.EVALUATION,
            prepare,
            only_model=only_model,
            avoid=(*avoid, Avoid()),
            patient=only_model is None,
        )


def _judges_to_avoid(provider: str, model: str, heard: frozenset[str]) -> tuple[Avoid, ...]:
    """Return whom to avoid, from best to barely acceptable independence."""
    own = frozenset({provider})
    author = frozenset({model})
    return (
        Avoid(own, heard),
        Avoid(own),
        Avoid(models=heard | author),
        Avoid(models=author),
    )
