"""What a recorded decision says of a cascade, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runs.views.formats import usd

WHY_NOT = {
    "little_evidence": "too little is known of the models at this type of task",
    "no_cheaper_model": "none is cheaper",
    "no_time": "the time left is too short for both",
    "no_gain": "it would not pay",
}


def cascade_words(said: Mapping[str, Any]) -> str:
    """Return what was decided of trying a cheaper model first, and why."""
    if not said.get("taken"):
        why = str(said.get("why", ""))
        return f"no cheaper model goes first: {WHY_NOT.get(why, why)}{_estimates(said)}"
    first, second = (str(one) for one in said.get("models", ("", "")))
    if said.get("step") == 2:
        return f"step 2 of 2 of a cascade, after {first}: {said.get('why', '')}"
    check = said.get("check", {}).get("kind", "")
    goes_on = f"{second} follows if its result does not pass ({check})"
    return f"step 1 of 2 of a cascade, {goes_on}{_estimates(said)}"


def _estimates(said: Mapping[str, Any]) -> str:
    """Return what an accepted result was expected to cost, with the best cascade and without."""
    ways = said.get("ways") or ()
    alone = (said.get("alone") or {}).get("cost_per_accepted_nanousd")
    each = ways[0].get("cost_per_accepted_nanousd") if ways else None
    if alone is None or each is None:
        return ""
    return f"; an accepted result is expected to cost {usd(each)} so, {usd(alone)} otherwise"
