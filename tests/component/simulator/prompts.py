"""Prompts as the engine and as strangers write them."""

from __future__ import annotations

from typing import Any

from routing.core.request import Message
from routing.simulator.exchange import Prompt
from routing.simulator.mind import Mind
from routing.simulator.profiles import Profile, Profiles, read_skills

SEED = 7
PROFILES = Profiles(SEED, read_skills())
STRONG, WEAK = "gpt-6.1-sol", "gemini-3.5-flash-lite"


def make_prompt(user: str = "Sort a list.", *, system: str = "", **fields: Any) -> Prompt:
    given: dict[str, Any] = {"model": STRONG, "system": system, "turns": (("user", user),)}
    return Prompt(**{**given, **fields})


def engine_prompt(messages: tuple[Message, ...], **fields: Any) -> Prompt:
    """Return the prompt that the engine's messages arrive as."""
    system = "\n\n".join(each.content for each in messages if each.role == "system")
    turns = tuple((each.role, each.content) for each in messages if each.role != "system")
    return make_prompt(system=system, turns=turns, **fields)


def profile(model: str = STRONG) -> Profile:
    return PROFILES.of(model)


def mind(seed: int = SEED) -> Mind:
    return Mind(seed)
