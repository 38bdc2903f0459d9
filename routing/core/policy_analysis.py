"""What is wrong with a policy beside the others, found before it is saved.

Invariant: a draft without a contradiction leaves at least one model for every type of task that
the policies beside it leave one for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from routing.core.catalog import TASK_TYPES
from routing.core.policy import Policy
from routing.core.policy_market import Finding, Market, out_of_reach
from routing.core.policy_ruling import bind


def analyse(draft: Policy, others: Sequence[Policy], market: Market) -> tuple[Finding, ...]:
    """Return what is wrong with a draft; `others` are the policies in force beside it."""
    beside = [one for one in others if one.name != draft.name and draft.overlaps(one)]
    found = [*_alone(draft, market), *_useless(draft, beside, market)]
    if draft.enforced:
        found += _beside(draft, [one for one in beside if one.enforced], market)
    if not any(one.blocking for one in found):
        found += _denies(draft, beside, market)
    return tuple(found)


def _alone(draft: Policy, market: Market) -> Iterator[Finding]:
    rules, models = draft.rules, market.models.values()
    if rules.empty:
        yield Finding("asks_nothing", "It has no rule, so it never applies: add one.", False)
    known = {
        "model": (rules.allowed_models or frozenset()) | rules.blocked_models,
        "provider": (rules.allowed_providers or frozenset()) | rules.blocked_providers,
        "region": rules.regions or frozenset(),
        "tag": rules.required_tags,
    }
    exist = {
        "model": set(market.models),
        "provider": {one.provider for one in models},
        "region": {one.region for one in models},
        "tag": {tag for one in models for tag in one.tags},
    }
    for what, names in known.items():
        for name in sorted(names - exist[what]):
            yield Finding(
                f"unknown_{what}",
                f"No model here has the {what} {name}: mend or remove it."
                if what != "model"
                else f"There is no model {name}: mend or remove it.",
                False,
            )


def _useless(draft: Policy, beside: Sequence[Policy], market: Market) -> Iterator[Finding]:
    """Find rules that can never remove anybody."""
    rules = draft.rules
    for what, allowed, blocked in (
        ("model", rules.allowed_models, rules.blocked_models),
        ("provider", rules.allowed_providers, rules.blocked_providers),
    ):
        if allowed is not None and (idle := blocked - allowed):
            yield Finding(
                "never_applies",
                f"Blocking the {what} {', '.join(sorted(idle))} never applies: the list of what "
                "is allowed leaves it out already. Remove one of the two.",
                False,
            )
    wider = [one for one in beside if one.enforced and _covers(one, draft)]
    taken = {name for one in bind(wider, market.models) for name in one.fixed}
    (own,) = bind([draft], market.models)
    if own.fixed and set(own.fixed) <= taken and not rules.measured:
        names = tuple(sorted(one.name for one in wider))
        yield Finding(
            "never_applies",
            f"It removes nobody whom {', '.join(names)} leaves: it can never apply.",
            False,
            names,
        )


def _beside(draft: Policy, others: Sequence[Policy], market: Market) -> Iterator[Finding]:
    """Find which other policy a draft contradicts, one by one."""
    for other in others:
        yield from _disjoint(draft, other, market)
    left = _left([draft, *(one for one in others if _covers(one, draft))], market)
    yield from out_of_reach(draft, left, market)


def _disjoint(draft: Policy, other: Policy, market: Market) -> Iterator[Finding]:
    """Find what two policies ask for that nobody can fulfil at once."""
    for what, mine, theirs, blocked_there, blocked_here in (
        (
            "model", draft.rules.allowed_models, other.rules.allowed_models,
            other.rules.blocked_models, draft.rules.blocked_models,
        ),
        (
            "provider", draft.rules.allowed_providers, other.rules.allowed_providers,
            other.rules.blocked_providers, draft.rules.blocked_providers,
        ),
        ("region", draft.rules.regions, other.rules.regions, frozenset(), frozenset()),
    ):  # fmt: skip
        if mine is not None and theirs is not None and not mine & theirs:
            yield Finding(
                f"disjoint_{what}s",
                f"It allows only the {what}s {_list(mine)}, {other.name} only {_list(theirs)}: "
                "nothing is left. Let them share one.",
                True,
                (other.name,),
            )
        elif mine is not None and mine <= blocked_there:
            yield Finding(
                "emptied_allow_list",
                f"{other.name} blocks every {what} that it allows ({_list(mine)}): allow another, "
                f"or change {other.name}.",
                True,
                (other.name,),
            )
        elif theirs is not None and theirs <= blocked_here:
            yield Finding(
                "emptied_allow_list",
                f"It blocks every {what} that {other.name} allows ({_list(theirs)}): block fewer, "
                f"or change {other.name}.",
                True,
                (other.name,),
            )


def _denies(draft: Policy, beside: Sequence[Policy], market: Market) -> Iterator[Finding]:
    """Find types of task for which the draft takes the last model away."""
    others = [one for one in beside if one.enforced]
    lost = []
    for task_type in sorted(TASK_TYPES if not draft.task_type else {draft.task_type}):
        there = [one for one in others if one.task_type in ("", task_type)]
        able = {name for name, spec in market.models.items() if task_type in spec.task_types}
        if able & _left(there, market) and not able & _left([draft, *there], market):
            lost.append(task_type)
    if not lost:
        return
    names = tuple(sorted(one.name for one in others))
    with_ = f" with {', '.join(names)}" if names else ""
    what = "every model" if len(lost) == len(TASK_TYPES) else f"every model for {_list(lost)}"
    yield Finding(
        "denies_everything",
        f"It denies {what}{with_}: leave at least one.",
        draft.enforced,
        names,
    )


def _left(policies: Sequence[Policy], market: Market) -> set[str]:
    """Return the models that no fixed rule of any of these removes."""
    removed = {name for one in bind(policies, market.models) for name in one.fixed}
    return set(market.models) - removed


def _covers(other: Policy, draft: Policy) -> bool:
    """Tell whether the other policy holds wherever the draft does."""
    return (
        other.team_id in (None, draft.team_id)
        and other.run_id in (None, draft.run_id)
        and other.task_type in ("", draft.task_type)
    )


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
