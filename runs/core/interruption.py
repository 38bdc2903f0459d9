"""What stops a run's work before it is done.

    Interruption
    +-- LeaseLost      another worker carries the run out now
    +-- RunCancelled   a person cancelled it
    +-- Stopping       this worker is shutting down
    +-- DatabaseAway   what this worker does cannot be written down
    +-- ProvidersDown  no model could be reached
    +-- OutOfMoney     a budget left no room for the next call
    +-- OutOfTime      the run's time limit passed

Invariant: an interrupted task has no result; a resume goes on from its finished attempts.
"""

from __future__ import annotations


class Interruption(Exception):
    """Stand for everything that ends work early without being a failure of the work."""


class LeaseLost(Interruption):
    """Tell a worker that the run is no longer its own: it must write nothing more."""


class RunCancelled(Interruption):
    """Tell that no further call may be started."""


class Stopping(Interruption):
    """Tell that the worker ends and another one will go on."""


class DatabaseAway(Interruption):
    """Tell that nothing could be written for a while: whoever claims the run next goes on."""


class ProvidersDown(Interruption):
    """Tell that every candidate was unhealthy or failed."""


class OutOfMoney(Interruption):
    """Tell that the money does not reach for any candidate's next call."""


class OutOfTime(Interruption):
    """Tell that the time limit passed."""
