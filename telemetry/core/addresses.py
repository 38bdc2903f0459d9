"""Which addresses may be called on a user's behalf: public ones only.

Invariant: an address that leads, in any spelling or embedding, to this machine or a private
network is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

MAX_URL_CHARS = 500
_NAT64 = IPv6Network("64:ff9b::/96")
# Of IPv6 nothing else is given out. What lies outside, as addresses of a site, or of IPv4 in
# another spelling, leads wherever a network wants. Source: IANA, IPv6 address space, 2026.
_GIVEN_OUT = IPv6Network("2000::/3")
_PRIVATE_NAMES = ("localhost", "local", "internal", "intranet", "home.arpa")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads. `host` is in lower case and has no brackets or last dot."""

    scheme: str
    host: str
    port: int


class RefusedAddress(ValueError):
    """Say why an address is not called; `str()` is a sentence for whoever gave it."""


def read_target(url: str, exempt: Collection[str] = ()) -> Target:
    """Return where a URL leads. Hosts in `exempt` may be private: an operator vouches for them.

    Raises: RefusedAddress.
    """
    if len(url) > MAX_URL_CHARS or not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise RefusedAddress("This is not a URL of at most 500 printable ASCII characters.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise RefusedAddress("This is not a URL.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise RefusedAddress("Only http:// and https:// addresses are called.")
    if "@" in parts.netloc:
        raise RefusedAddress("A URL with a user name or password is not called.")
    if port == 0:
        raise RefusedAddress("There is no port 0.")
    if host not in exempt:
        _refuse_host(host)
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80))


def _refuse_host(host: str) -> None:
    if _is_literal(host):
        refuse_address(host)
    elif _NUMERIC.fullmatch(host.rpartition(".")[2]):
        raise RefusedAddress("Write an IPv4 address as four decimal numbers.")
    elif any(host == name or host.endswith(f".{name}") for name in _PRIVATE_NAMES):
        raise RefusedAddress("This name belongs to a private network.")


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def refuse_address(address: str) -> None:
    """Refuse an IP address that is not public. Raises: RefusedAddress."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip not in _GIVEN_OUT and ip not in _NAT64:
        raise RefusedAddress("This address is of a private network.")
    for each in (ip, *_embedded(ip)):
        if not each.is_global or each.is_multicast:
            raise RefusedAddress("This address is of a private network.")


def _embedded(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that packets for an IPv6 address may end at."""
    if isinstance(ip, IPv4Address):
        return []
    found = [ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64:
        found.append(IPv4Address(int(ip) & 0xFFFF_FFFF))
    return [address for address in found if address is not None]
