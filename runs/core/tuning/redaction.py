"""Takes secrets and personal data out of texts, and counts what was taken.

Invariant: redacting a redacted text changes nothing and counts nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Final

Part = tuple[int, int]  # where what is to be hidden starts and ends, within the match

_NAMED: Final = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key)"
)
_MIN_IBAN_CHARS: Final = 15
_MIN_IPV6_GROUPS: Final = 3


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without what was found in it; `counts` by kind, kinds without any left out."""

    text: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Rule:
    """`part` returns what of a match is to be hidden; None: it was none."""

    kind: str
    pattern: re.Pattern[str]
    part: Callable[[re.Match[str]], Part | None]


def redact(text: str) -> Redacted:
    """Return the text with each finding replaced by its kind, such as [EMAIL]."""
    counts: Counter[str] = Counter()
    for rule in _RULES:
        text = rule.pattern.sub(partial(_hidden, rule, counts), text)
    return Redacted(text, dict(counts))


def total(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return counts of several texts added up, every kind among them."""
    added: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
    for one in counts:
        added.update(one)
    return dict(added)


def _hidden(rule: _Rule, counts: Counter[str], match: re.Match[str]) -> str:
    found = match.group()
    part = rule.part(match)
    if part is None:
        return found
    counts[rule.kind] += 1
    return f"{found[: part[0]]}[{rule.kind.upper()}]{found[part[1] :]}"


def _whole(match: re.Match[str]) -> Part | None:
    return 0, len(match.group())


def _value(match: re.Match[str]) -> Part | None:
    """Return the value of an assignment, where it is no word of a program."""
    value, start = match["value"], match.start("value") - match.start()
    literal = bool(match["quote"])
    mixed = any(one.isdigit() for one in value) and any(one.isalpha() for one in value)
    return (start, start + len(value)) if literal or mixed else None


def _card(match: re.Match[str]) -> Part | None:
    """Source: ISO/IEC 7812-1, annex B, the check digit of Luhn."""
    digits = [int(one) for one in match.group() if one.isdigit()]
    odd, even = digits[-1::-2], digits[-2::-2]
    checked = sum(odd) + sum(sum(divmod(2 * one, 10)) for one in even)
    return _whole(match) if checked % 10 == 0 and len(set(digits)) > 1 else None


def _iban(match: re.Match[str]) -> Part | None:
    """Return the longest beginning that is one. Source: ISO 13616-1, ISO 7064 mod 97-10."""
    found = match.group()
    places = [place for place, one in enumerate(found) if one.isalnum()]
    for length in range(len(places), _MIN_IBAN_CHARS - 1, -1):
        compact = "".join(found[place] for place in places[:length])
        moved = compact[4:] + compact[:4]
        if int("".join(str(int(one, 36)) for one in moved)) % 97 == 1:
            return 0, places[length - 1] + 1
    return None


def _address(match: re.Match[str]) -> Part | None:
    """Return an address that belongs to somebody: none of this machine, no slice of a program."""
    found = match.group()
    try:
        address = ip_address(found)
    except ValueError:
        return None
    groups = [group for group in found.split(":") if group]
    if address.version == 6 and len(groups) < _MIN_IPV6_GROUPS:
        return None
    return None if address.is_loopback or address.is_unspecified else _whole(match)


_KEYS: Final = "|".join(
    (
        r"sk-[A-Za-z0-9_-]{16,}",
        r"(?:AKIA|ASIA)[A-Z0-9]{16}",
        r"gh[opsur]_[A-Za-z0-9]{20,}",
        r"github_pat_\w{20,}",
        r"glpat-[\w-]{16,}",
        r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
        r"AIza[\w-]{30,}",
        r"hf_[A-Za-z0-9]{20,}",
        r"[prs]k_(?:live|test)_[A-Za-z0-9]{16,}",
        r"whsec_[\w+/=-]{16,}",
        r"npm_[A-Za-z0-9]{30,}",
        r"pypi-[\w-]{20,}",
        r"SG\.[\w-]{16,}\.[\w-]{16,}",
        r"mlo_[\w-]{16,}",
    )
)
_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
# In this order: what holds others comes first.
_RULES: Final = (
    _Rule(
        "private_key",
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----).)*"
            r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?",
            re.DOTALL,
        ),
        _whole,
    ),
    _Rule("api_key", re.compile(rf"(?<![\w-])(?:{_KEYS})"), _whole),
    _Rule(
        "token",
        re.compile(
            r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]{8,})?"
            r"|(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{12,}"
            r"|(?<=[Bb]asic )[A-Za-z0-9+/=]{16,}"
        ),
        _whole,
    ),
    _Rule("password", re.compile(r"(?<=://)[^\s/:@\[\]]{1,100}:[^\s/@\[\]]{1,200}(?=@)"), _whole),
    _Rule(
        "password",
        re.compile(
            rf"{_NAMED}[\"']?\s{{0,3}}[:=]\s{{0,3}}"
            r"(?P<quote>[\"'])?"
            r"(?P<value>(?(quote)[^\n\"'\[\]{}]{6,200}|[A-Za-z0-9+/_=-]{12,200}))(?(quote)(?P=quote))",
            re.IGNORECASE,
        ),
        _value,
    ),
    _Rule(
        "email",
        re.compile(r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[^\W\d_]{2,24}(?!\w)"),
        _whole,
    ),
    _Rule(
        "iban",
        re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?!\w)"),
        _iban,
    ),
    _Rule("card", re.compile(r"(?<![\w.-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w-])"), _card),
    _Rule("ip", re.compile(rf"(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\w]|\.\d)"), _address),
    _Rule(
        "ip",
        re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:.])"),
        _address,
    ),
    _Rule(
        "phone",
        re.compile(
            r"(?<![\w+])(?:\+|00)[1-9]\d{0,2}(?:[ ().\u00a0/-]{0,2}\d){6,13}(?!\w)"
            r"|(?<![\w.-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])"
            r"|(?<![\w.-])0\d{2,4}[ /-]\d{5,8}(?![\w-])"
        ),
        _whole,
    ),
)
KINDS: Final = tuple(dict.fromkeys(rule.kind for rule in _RULES))
