"""Our figures beside a provider's, with what may explain the difference.

Invariant: every token and nano-dollar of either side stands in exactly one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from routing.core.invoice import Billed, model_key

# Below this a difference is rounding.
NOTICED = Decimal("0.005")


@dataclass(slots=True)
class Side:
    """Sums of one side. `nanousd` None: it does not tell dollars."""

    tokens: int = 0
    nanousd: int | None = None

    def add(self, tokens: int | None, nanousd: int | None) -> None:
        """Add a row."""
        self.tokens += tokens or 0
        if nanousd is not None:
            self.nanousd = (self.nanousd or 0) + nanousd


@dataclass(slots=True)
class OurModel:
    """What our calls of a model say. `unconfirmed` were charged in full without tokens.

    `corrected_nanousd`: what prices known today would change. `price_changes`: the days on which
    a price of ours began.
    """

    name: str
    classes: dict[str, Side] = field(default_factory=dict)
    unconfirmed: int = 0
    unconfirmed_nanousd: int = 0
    corrected_nanousd: int = 0
    price_changes: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One model and class, ours against theirs. `drift` is theirs less ours."""

    model: str
    token_class: str
    our_tokens: int
    their_tokens: int
    our_nanousd: int | None
    their_nanousd: int | None
    causes: tuple[str, ...] = ()

    @property
    def drift_nanousd(self) -> int | None:
        if self.our_nanousd is None or self.their_nanousd is None:
            return None
        return self.their_nanousd - self.our_nanousd

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data, with the drift in per cent of ours."""
        drift = self.drift_nanousd
        percent = round(100 * drift / self.our_nanousd, 2) if drift and self.our_nanousd else None
        return asdict(self) | {"drift_nanousd": drift, "drift_percent": percent}


def compare(ours: Iterable[OurModel], billed: Iterable[Billed]) -> list[Line]:
    """Return lines by model and class: every class of either side."""
    theirs = _theirs(billed)
    lines: list[Line] = []
    left = dict(theirs)
    for model in sorted(ours, key=lambda one: one.name):
        lines += _lines(model, left.pop(model_key(model.name), None))
    for key in sorted(left):
        name, classes = left[key]
        lines += _lines(OurModel(name), (name, classes))
    return lines


def _theirs(billed: Iterable[Billed]) -> dict[str, tuple[str, dict[str, Side]]]:
    found: dict[str, tuple[str, dict[str, Side]]] = {}
    for row in billed:
        _, classes = found.setdefault(model_key(row.model), (row.model, {}))
        classes.setdefault(row.token_class, Side()).add(row.tokens, row.nanousd)
    return found


def _lines(model: OurModel, found: tuple[str, dict[str, Side]] | None) -> list[Line]:
    theirs = found[1] if found else {}
    mine: Mapping[str, Side] = model.classes
    if "total" in theirs and len(theirs) == 1:
        mine = {"total": _sum(mine.values())} if mine else {}
    causes = _causes_of_model(model, mine, theirs if found else None)
    lines = []
    for name in sorted(mine.keys() | theirs.keys()):
        own, other = mine.get(name, Side()), theirs.get(name, Side())
        dollars = 0 if found and name not in theirs else other.nanousd
        line = Line(
            model.name,
            name,
            own.tokens,
            other.tokens,
            own.nanousd if name in mine else 0,
            dollars,
        )
        lines.append(_explained(line, causes))
    if model.unconfirmed:
        said = f"{model.unconfirmed} calls ended without telling tokens and were charged in full."
        amount = model.unconfirmed_nanousd
        lines.append(Line(model.name, "unconfirmed", 0, 0, amount, 0 if found else None, (said,)))
    return lines


def _explained(line: Line, of_model: Sequence[str]) -> Line:
    if not _differs(line.our_nanousd, line.their_nanousd) and not _differs(
        line.our_tokens, line.their_tokens
    ):
        return line
    causes = list(of_model)
    if _prices_differ(line):
        causes.append(
            "Tokens agree and dollars do not: it is billed at another price. Enter it from its "
            "day on, and price history anew."
        )
    return Line(
        line.model, line.token_class, line.our_tokens, line.their_tokens, line.our_nanousd,
        line.their_nanousd, tuple(causes),
    )  # fmt: skip


def _causes_of_model(
    model: OurModel, mine: Mapping[str, Side], theirs: Mapping[str, Side] | None
) -> list[str]:
    if theirs is None:
        return ["The invoice does not name this model: it may be for another key, or fewer days."]
    if not mine:
        return ["We made no such call: others use the key, or our calls are missing."]
    causes = []
    own, other = (_sum(side.values()).tokens for side in (mine, theirs))
    if other and _differs(own, other):
        causes.append(
            "They count more tokens: others use the key, or calls are missing on our side."
            if other > own
            else "They count fewer tokens: the invoice may be for fewer days, or another key."
        )
    elif other and any(_differs(_tokens(mine, name), _tokens(theirs, name)) for name in theirs):
        causes.append("Tokens agree in all and not by class: cached tokens are billed otherwise.")
    if model.corrected_nanousd:
        causes.append("Prices entered since then change what we charged: price history anew.")
    if model.price_changes:
        days = ", ".join(day.isoformat() for day in model.price_changes)
        causes.append(f"Our price changed within these days, on {days}: theirs may have on others.")
    return causes


def _prices_differ(line: Line) -> bool:
    both = line.our_tokens and line.their_tokens
    agree = not _differs(line.our_tokens, line.their_tokens)
    return bool(both) and agree and _differs(line.our_nanousd, line.their_nanousd)


def _tokens(sides: Mapping[str, Side], name: str) -> int:
    return sides[name].tokens if name in sides else 0


def _sum(sides: Iterable[Side]) -> Side:
    total = Side()
    for side in sides:
        total.add(side.tokens, side.nanousd)
    return total


def _differs(one: int | None, other: int | None) -> bool:
    if one is None or other is None:
        return False
    return abs(one - other) > NOTICED * max(abs(one), abs(other))
