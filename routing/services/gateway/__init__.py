"""The one way to call a model: choose, reserve, call, settle, learn of health, retry or fall back.

Nothing is sent before its money is durably reserved, and whatever comes back, the money is
settled before anybody hears of the answer.
"""

from __future__ import annotations

from routing.services.calling import CallContext
from routing.services.gateway.completing import Gateway
from routing.services.gateway.sending import Completion, preload
from routing.services.selection import Avoid, Wanted

__all__ = ["Avoid", "CallContext", "Completion", "Gateway", "Wanted", "preload"]
