"""How figures are written for people: money, scores, counts, lengths of time, statuses."""

from __future__ import annotations

from dataclasses import dataclass

from budgets.core.money import NANOUSD_PER_USD, format_usd

UNKNOWN = "unknown"
CENT = NANOUSD_PER_USD // 100
# Less money than this, in nano-dollars, is not told apart.
SMALLEST = 1_000


@dataclass(frozen=True, slots=True)
class Look:
    """How a status is shown: never by colour alone, always with a word and a shape."""

    label: str
    tone: str  # ok | warn | bad | busy | idle
    icon: str
    spins: bool = False


LOOKS = {
    "QUEUED": Look("Queued", "idle", "s-queued"),
    "RUNNING": Look("Running", "busy", "s-running", spins=True),
    "CANCELLING": Look("Cancelling", "warn", "s-running", spins=True),
    "SUCCESS": Look("Success", "ok", "s-done"),
    "PARTIAL_SUCCESS": Look("Partial success", "warn", "s-partial"),
    "COMPLETED_DEGRADED": Look("Degraded", "warn", "s-partial"),
    "BUDGET_EXHAUSTED": Look("Out of budget", "bad", "s-money"),
    "TIMEOUT": Look("Timed out", "bad", "s-time"),
    "SYSTEM_FAILURE": Look("System failure", "bad", "s-failed"),
    "CANCELLED": Look("Cancelled", "idle", "s-cancelled"),
    # Of tasks
    "PENDING": Look("Pending", "idle", "s-queued"),
    "COMPLETED": Look("Completed", "ok", "s-done"),
    "DEGRADED": Look("Degraded", "warn", "s-partial"),
    "FAILED": Look("Failed", "bad", "s-failed"),
    "SKIPPED": Look("Skipped", "idle", "s-skipped"),
    # Of validators
    "PASSED": Look("Passed", "ok", "s-done"),
    "UNAVAILABLE": Look("Unavailable", "warn", "alert"),
    # Of circuit breakers
    "CLOSED": Look("Closed", "ok", "s-done"),
    "OPEN": Look("Open", "bad", "s-failed"),
    "HALF_OPEN": Look("Half-open", "warn", "s-partial"),
    # Of calls
    "OK": Look("OK", "ok", "s-done"),
    "ERROR": Look("Error", "bad", "s-failed"),
    "CACHED": Look("Cached", "idle", "s-done"),
    "UNCONFIRMED": Look("Unconfirmed", "warn", "alert"),
    "RELEASED": Look("Not sent", "idle", "s-skipped"),
}


def look_of(status: str) -> Look:
    """Return how to show a status, one that this page does not know included."""
    return LOOKS.get(status.upper(), Look(words(status), "idle", "s-queued"))


def words(name: str) -> str:
    """Write an identifier as words: code_generation becomes Code generation."""
    if name == "cross_review":
        return "Cross-review"
    return name.replace("_", " ").replace(".", " ").capitalize()


def usd(nanousd: int | None) -> str:
    """Write money for reading: $12.50, $0.35, $0.0312, $0.000042. None: it is not known."""
    if nanousd is None:
        return UNKNOWN
    if 0 < abs(nanousd) < SMALLEST:
        return "<$0.000001"
    return _dollars(nanousd, _decimals(nanousd))


def usd_between(low_nanousd: float | None, high_nanousd: float | None) -> str:
    """Write the ends of an interval, as precisely as the larger: $0.90 to $3.30.

    None: there is no interval.
    """
    if low_nanousd is None or high_nanousd is None:
        return UNKNOWN
    decimals = _decimals(round(max(abs(low_nanousd), abs(high_nanousd))))
    low, high = (_dollars(round(end), decimals) for end in (low_nanousd, high_nanousd))
    return f"{low} to {high}"


def _decimals(nanousd: int) -> int:
    if abs(nanousd) >= NANOUSD_PER_USD or nanousd % CENT == 0:
        return 2
    return 4 if abs(nanousd) >= 100_000 else 6


def _dollars(nanousd: int, decimals: int) -> str:
    return f"{'−' if nanousd < 0 else ''}${abs(nanousd) / NANOUSD_PER_USD:,.{decimals}f}"


def exact_usd(nanousd: int | None) -> str:
    """Write money to its last digit."""
    return UNKNOWN if nanousd is None else f"${format_usd(nanousd)}"


def ratio(value: float | None) -> str:
    """Write a score in [0, 1]. None: there is none."""
    return "–" if value is None else f"{value:.2f}"


def percent(share: float | None) -> str:
    """Write a share of a whole: 0.4 %, 12 %. None: there is no whole."""
    if share is None:
        return "–"
    return f"{100 * share:.1f} %" if 0 < share < 0.1 else f"{100 * share:.0f} %"


def whole(value: int | None) -> str:
    """Write a count with separators. None: not told."""
    return UNKNOWN if value is None else f"{value:,}"


def compact(value: int) -> str:
    """Write a large count short: 80,281 stays, 912k, 1.31M."""
    if value < 100_000:
        return f"{value:,}"
    return f"{value / 1_000_000:.2f}M" if value >= 1_000_000 else f"{value // 1000}k"


def duration(seconds: float | None) -> str:
    """Write a length of time in its two largest units: 8.2 s, 1m 05s, 2h 00m.

    None: it has not begun.
    """
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{int(seconds)} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s" if rest else f"{minutes} min"
    return f"{minutes // 60}h {minutes % 60:02d}m" if minutes % 60 else f"{minutes // 60} h"


def milliseconds(value: int | None) -> str:
    """Write a latency: 340 ms, 2.1 s. None: it was not measured."""
    if value is None:
        return "–"
    return f"{value:,} ms" if value < 1_000 else f"{value / 1000:,.1f} s"


def excerpt(text: str, limit: int = 140) -> str:
    """Return the first line that says something, cut at a word."""
    line = next((part.strip() for part in text.splitlines() if part.strip()), "")
    if len(line) <= limit:
        return line
    return f"{line[:limit].rsplit(' ', 1)[0]} …"
