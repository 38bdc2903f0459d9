"""Sending one message to an address that a user gave, without being led into our own network."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings

from telemetry.core.addresses import RefusedAddress, Target, read_target, refuse_address

TIMEOUT_SECONDS = 10.0
LOOK_UP_SECONDS = 2.0
_lookups = ThreadPoolExecutor(max_workers=4, thread_name_prefix="webhook-dns")


def exempt_hosts() -> Collection[str]:
    """Return the hosts that may be private, since the operator says so."""
    return frozenset(settings.WEBHOOK_PRIVATE_HOSTS)


def check_url(url: str) -> None:
    """Refuse a URL that leads into a private network, by all its addresses as of now.

    A name that cannot be looked up passes: what counts is the check when it is called.
    Raises: RefusedAddress.
    """
    target = read_target(url, exempt_hosts())
    if target.host in exempt_hosts():
        return
    found = _lookups.submit(_look_up, target)
    try:
        addresses = found.result(LOOK_UP_SECONDS)
    except (OSError, UnicodeError, TookTooLong):
        return
    for address in addresses:
        refuse_address(address)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send the body and return the HTTP status; redirects are not followed.

    Raises: RefusedAddress; OSError when no answer came in time.
    """
    target = read_target(url, exempt_hosts())
    try:
        return asyncio.run(_post(url, target, body, headers))
    except TimeoutError as error:
        raise OSError(f"no answer within {TIMEOUT_SECONDS:g} s") from error
    except aiohttp.ClientError as error:
        raise _refusal_behind(error) or OSError(str(error)) from error


def _refusal_behind(error: BaseException | None) -> RefusedAddress | None:
    while error is not None and not isinstance(error, RefusedAddress):
        error = error.__cause__
    return error


async def _post(url: str, target: Target, body: bytes, headers: Mapping[str, str]) -> int:
    connector = aiohttp.TCPConnector(resolver=_PublicOnly(), use_dns_cache=False)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        session.post(url, data=body, headers=headers, allow_redirects=False) as response,
    ):
        return response.status


class _PublicOnly(AbstractResolver):
    """Looks names up, and hands out addresses only if every one of them is public.

    The connection goes to what was checked here: a name cannot change its mind in between.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        results = [_result(host, port, info) for info in found]
        if host not in exempt_hosts():
            for result in results:
                _refuse(result["host"])
        return results

    async def close(self) -> None:
        return None


def _refuse(address: str) -> None:
    try:
        refuse_address(address)
    except RefusedAddress as error:
        raise OSError(str(error)) from error  # what a connector expects of a resolver


def _result(host: str, port: int, info: tuple[Any, ...]) -> ResolveResult:
    family, _, protocol, _, address = info
    return ResolveResult(
        hostname=host,
        host=str(address[0]),
        port=port,
        family=family,
        proto=protocol,
        flags=socket.AI_NUMERICHOST,
    )


def _look_up(target: Target) -> list[str]:
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in found]
