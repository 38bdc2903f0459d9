"""What a call does about limits of rate: take room, wait for it, or leave it to another model."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone

from routing.core.candidates import MODEL_EXCLUDED, PROVIDER_EXCLUDED, Removal
from routing.core.policy import Place as PolicyPlace
from routing.core.policy_rates import rates_of_policies
from routing.core.rates import RATE_LIMITED, Place, RateLimit, Use, Wait
from routing.core.tokens import count_tokens
from routing.services.calling import CallContext, PendingCall
from routing.services.effort import Effort
from routing.services.rates import Room, TakeRoom
from routing.services.selection import Pick
from telemetry.models import Call
from telemetry.services.journal import Command, Journal
from telemetry.services.recording import RecordEvent

# A limit may be raised or switched off while calls wait: they look again so often.
LONGEST_PAUSE_SECONDS = 10.0
# Clocks are read to the microsecond, room is freed by the second: do not wake just before it.
MARGIN_SECONDS = 0.01
NOTHING = Use(tokens=0, nanousd=0, requests=0)


async def with_room(journal: Journal, pending: PendingCall, effort: Effort) -> PendingCall | None:
    """Return the call with room under every limit that counts it.

    None: look again; either it has waited, or this model has no room for it in time.
    Costs nothing where no limit concerns the call.
    """
    limits = limits_on(pending.pick, pending.context)
    if not limits:
        return pending
    use = Use(_tokens_at_most(pending), pending.bound_nanousd)
    (said,) = await journal.write(TakeRoom(limits, use, timezone.now()))
    if isinstance(said, Room):
        return replace(pending, room=said)
    await _wait_or_leave(journal, said, pending, effort)
    return None


def limits_on(pick: Pick, context: CallContext) -> tuple[RateLimit, ...]:
    """Return the limits that count a call, by operators and by policies."""
    known = pick.snapshot
    if not known.rate_limits and not known.policies:
        return ()
    place = Place(context.org_id, context.team_id, pick.spec.provider, pick.spec.name)
    own = tuple(one for one in known.rate_limits if one.caps and one.concerns(place))
    where = PolicyPlace(context.team_id, context.run_id, pick.request.task_type)
    return own + rates_of_policies(known.policies, context.org_id, where)


def room_back(pending: PendingCall) -> tuple[Command, ...]:
    """Return what gives the room back of a call that was not made."""
    return _correction(pending.room, NOTHING, pending.decided_at)


def room_used(pending: PendingCall, call: Call) -> tuple[Command, ...]:
    """Return what counts the tokens and money a call used in place of what it might have.

    What nobody knows is taken to be the most it may have been.
    """
    if pending.room is None:
        return ()
    bound = pending.room.use
    unbilled = call.cost_nanousd == 0 and call.error_class != ""
    tokens = 0 if unbilled else bound.tokens
    if call.input_tokens is not None and call.output_tokens is not None:
        tokens = call.input_tokens + call.output_tokens
    nanousd = bound.nanousd if call.cost_nanousd is None else call.cost_nanousd
    return _correction(pending.room, Use(tokens, nanousd), call.at)


def _correction(room: Room | None, used: Use, at: datetime) -> tuple[Command, ...]:
    if room is None or used == room.use:
        return ()
    return (TakeRoom(room.limits, used, at, instead_of=room),)


def _tokens_at_most(pending: PendingCall) -> int:
    request = pending.request
    return count_tokens(request.messages) + request.max_output_tokens


async def _wait_or_leave(
    journal: Journal, wait: Wait, pending: PendingCall, effort: Effort
) -> None:
    """Wait as long as the limit wants, if that is in time; else take the model out."""
    now, context = timezone.now(), pending.context
    ends = None if wait.seconds is None else now + timedelta(seconds=wait.seconds)
    if wait.seconds is None or ends is None or ends > _in_time(pending, effort, now):
        model = pending.pick.spec.name
        effort.held_up[model] = Removal(model, RATE_LIMITED, wait.reason, ends)
        return
    if not effort.delayed:
        effort.delayed = True
        await journal.write(_delayed(wait, pending, now), guard=context.guard)
    await context.pause(min(wait.seconds + MARGIN_SECONDS, LONGEST_PAUSE_SECONDS))


def _in_time(pending: PendingCall, effort: Effort, now: datetime) -> datetime:
    """Return until when this call may wait here.

    As long as for a model that cools down, where another model could take it; else as long as
    its run may. A probe does not wait.
    """
    if effort.waits_until is None or pending.pick.candidate.probe:
        return now
    if effort.patient and effort.pinned is None and not _others_could(pending.pick):
        return pending.context.deadline_at
    return effort.waits_until


def _others_could(pick: Pick) -> bool:
    """Tell whether another model could take the call, be it one that it would rather avoid."""
    avoided = {PROVIDER_EXCLUDED, MODEL_EXCLUDED}
    return bool(pick.choice.fallbacks) or any(one.reason in avoided for one in pick.choice.removed)


def _delayed(wait: Wait, pending: PendingCall, at: datetime) -> RecordEvent:
    context = pending.context
    payload = {
        "task": context.task_key,
        "phase": pending.pick.request.phase,
        "model": pending.pick.spec.name,
        "limit": wait.reason,
        "seconds": round(wait.seconds or 0.0, 1),
    }
    return RecordEvent(
        type="call.delayed",
        at=at,
        org_id=context.org_id,
        team_id=context.team_id,
        run_id=context.run_id,
        payload=payload,
    )
