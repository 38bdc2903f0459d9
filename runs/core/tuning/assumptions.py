"""What a proposal takes for granted: prices of base models with their dates, and rules of thumb.

Invariant: whoever changes an assumption says all of it in the same units as it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from budgets.core.money import NANOUSD_PER_USD, format_usd

_MAX_USD: Final = 1_000_000
_LONGEST: Final = 300


class InvalidAssumption(ValueError):
    """A value that cannot be meant; `errors` maps names to sentences."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A model that can be tuned. Prices are nano-dollars per million tokens.

    `hosting_nanousd` is what keeping it costs a month. `known_as` is its name among the models
    that routing knows; empty: it is none of them. `priced_at` and `source` say where prices stood.
    """

    name: str
    provider: str
    training_nanousd: int
    input_nanousd: int
    output_nanousd: int
    priced_at: date
    source: str
    hosting_nanousd: int = 0
    known_as: str = ""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What nobody can know beforehand.

    `half_gap_examples` close half of the gap between base model and examples. `prompt_share` is
    how long prompts are afterwards, next to now. `volume_growth` is next year's volume, next to
    now. `labour_nanousd` is people's work, once.
    """

    base_models: tuple[BaseModel, ...]
    epochs: int = 3
    min_examples: int = 50
    half_gap_examples: int = 200
    prompt_share: float = 1.0
    volume_growth: float = 1.0
    labour_nanousd: int = 0

    def base(self, name: str) -> BaseModel | None:
        """Return the base model of that name."""
        return next((one for one in self.base_models if one.name == name), None)


# What it is, the least and the most that can be meant.
WHOLE: Final = {"epochs": (1, 50), "min_examples": (10, 100_000), "half_gap_examples": (1, 100_000)}
SHARES: Final = {"prompt_share": (0.01, 2.0), "volume_growth": (0.01, 100.0)}
MONEY: Final = ("labour_usd",)
TEXTS: Final = ("name", "provider", "source", "known_as")
BASE_MONEY: Final = ("training_usd", "input_usd", "output_usd", "hosting_usd")


def as_json(assumptions: Assumptions) -> dict[str, Any]:
    """Return assumptions as people and files write them: money in dollars, as texts."""
    plain = asdict(assumptions)
    plain["base_models"] = [_base_json(one) for one in assumptions.base_models]
    plain["labour_usd"] = format_usd(plain.pop("labour_nanousd"))
    return plain


def from_json(given: Mapping[str, Any], before: Assumptions) -> Assumptions:
    """Return assumptions with what is given in place of what was; the rest stays.

    Raises: InvalidAssumption, naming every value that cannot be meant.
    """
    errors: dict[str, str] = {}
    read: dict[str, Any] = {}
    for name, value in given.items():
        try:
            read |= _read(name, value)
        except ValueError as error:
            errors[name] = str(error)
    if errors:
        raise InvalidAssumption(errors)
    return replace(before, **read)


def _read(name: str, value: Any) -> dict[str, Any]:
    if name in WHOLE:
        return {name: int(_between(value, *WHOLE[name], whole=True))}
    if name in SHARES:
        return {name: float(_between(value, *SHARES[name]))}
    if name in MONEY:
        return {name.replace("_usd", "_nanousd"): _money(value)}
    if name == "base_models":
        return {name: _bases(value)}
    raise ValueError("There is no such assumption.")


def _bases(value: Any) -> tuple[BaseModel, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= 50:
        raise ValueError("Name between one and 50 base models.")
    found = tuple(_base(one) for one in value)
    if len({one.name for one in found}) < len(found):
        raise ValueError("Name each base model once.")
    return found


def _base(value: Any) -> BaseModel:
    if not isinstance(value, Mapping):
        raise ValueError("A base model is an object.")
    texts = {name: _text(name, value.get(name, "")) for name in TEXTS}
    if not (texts["name"] and texts["provider"] and texts["source"]):
        raise ValueError("A base model has a name, a provider, and the source of its prices.")
    unknown = set(value) - {*TEXTS, *BASE_MONEY, "priced_at"}
    if unknown:
        raise ValueError(f"A base model has no {min(unknown)}.")
    return BaseModel(
        **texts,
        training_nanousd=_money(value.get("training_usd")),
        input_nanousd=_money(value.get("input_usd")),
        output_nanousd=_money(value.get("output_usd")),
        hosting_nanousd=_money(value.get("hosting_usd", "0")),
        priced_at=_day(value.get("priced_at")),
    )


def _base_json(base: BaseModel) -> dict[str, Any]:
    plain = asdict(base)
    for name in BASE_MONEY:
        plain[name] = format_usd(plain.pop(name.replace("_usd", "_nanousd")))
    return plain | {"priced_at": base.priced_at.isoformat()}


def _day(value: Any) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("Write the day of the prices such as 2026-11-26.") from None


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST or "\x00" in value:
        raise ValueError(f"Write {name} as a text of at most {_LONGEST} characters.")
    return value.strip()


def _money(value: Any) -> int:
    return int(_between(value, 0, _MAX_USD) * NANOUSD_PER_USD)


def _between(value: Any, low: float, high: float, *, whole: bool = False) -> Decimal:
    said = f"Write a {'whole ' if whole else ''}number from {low:g} to {high:,.15g}."
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise ValueError(said)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(said) from None
    if not number.is_finite() or not Decimal(str(low)) <= number <= Decimal(str(high)):
        raise ValueError(said)
    if whole and number != int(number):
        raise ValueError(said)
    return number
