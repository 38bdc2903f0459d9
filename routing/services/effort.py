"""What one call has been through so far, and where that leaves it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from budgets.services.ledger import Refused
from routing.core.candidates import Removal
from routing.core.catalog import ModelSpec
from routing.services.cascading import Cascading


@dataclass
class Effort:
    """What one call has been through so far."""

    tries: dict[str, int] = field(default_factory=dict)
    spent_models: set[str] = field(default_factory=set)
    failed_providers: set[str] = field(default_factory=set)
    larger_than: int = 0
    pinned: str | None = None  # the model to try once more, after a pause
    refusal: Refused | None = None  # what the money last said, while it still holds
    held_up: dict[str, Removal] = field(default_factory=dict)  # models without room, by rate
    waits_until: datetime | None = None  # for room under limits of rate; None: not at all
    patient: bool = False  # waits for it as long as the run may, where nobody else is left
    delayed: bool = False
    cascading: Cascading | None = None  # what the last look came to, for one more try of it

    @property
    def free_nanousd(self) -> int | None:
        """Return what the refusing scope has left; None while nothing was refused."""
        said = self.refusal
        if said is None:
            return None
        return 0 if said.closed else said.limit_nanousd - said.spent_nanousd - said.held_nanousd

    def give_up_on(self, spec: ModelSpec) -> None:
        """Go to other models from here on, and to other providers first."""
        self.spent_models.add(spec.name)
        self.failed_providers.add(spec.provider)

    def start_over(self) -> None:
        """Let every model be tried again, after a wait that may have changed something."""
        self.tries.clear()
        self.spent_models.clear()
        self.failed_providers.clear()
        self.held_up.clear()
