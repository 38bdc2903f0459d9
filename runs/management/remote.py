"""The REST API as the command line uses it; every failure is one sentence."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import httpx

SUBMIT_TRIES = 3


class RemoteError(Exception):
    """Tell in a sentence what went wrong."""


class Refused(RemoteError):
    """The API answered, and said no: asking again changes nothing."""


class Unreachable(RemoteError):
    """Nobody answered, or not with an answer: asking again may help."""


class Remote:
    """One API, asked with one key."""

    def __init__(self, url: str, key: str, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {key}"},
            timeout=20,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def submit(self, body: dict[str, Any]) -> dict[str, Any]:
        """Hand in a run. A lost answer is asked for again, and never makes a second run."""
        headers = {"Idempotency-Key": str(uuid4())}
        for left in reversed(range(SUBMIT_TRIES)):
            try:
                return self._ask("POST", "/runs/", json=body, headers=headers)
            except Unreachable:
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    def run(self, run_id: UUID | str) -> dict[str, Any]:
        return self._ask("GET", f"/runs/{run_id}/")

    def tasks(self, run_id: UUID | str) -> list[dict[str, Any]]:
        found = self._ask("GET", f"/runs/{run_id}/tasks/", params={"page_size": 200})
        return list(found["results"])

    def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, path, **more)
        except httpx.HTTPError as error:
            raise Unreachable(
                f"{self.url} does not answer ({error or type(error).__name__}). "
                "Is it running, and is --url right?"
            ) from error
        if answer.is_success:
            return _object(answer)
        if answer.status_code >= 500:
            raise Unreachable(sentence(answer))
        raise Refused(sentence(answer))


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError as error:
        raise Unreachable(f"{answer.url} answers, but not as this API would.") from error
    if not isinstance(found, dict):
        raise Unreachable(f"{answer.url} answers, but not as this API would.")
    return found


def sentence(answer: httpx.Response) -> str:
    """Write a refusal as a sentence, with the fields and amounts that a problem names."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        return f"{answer.url} answered {answer.status_code} {answer.reason_phrase}."
    parts = [str(problem.get("title") or answer.reason_phrase)]
    if problem.get("detail"):
        parts.append(str(problem["detail"]))
    for field, messages in (problem.get("errors") or {}).items():
        parts.append(f"{field}: {' '.join(map(str, messages))}")
    if problem.get("limit_usd") is not None:
        parts.append(_amounts(problem))
    return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in parts)


def _amounts(problem: dict[str, Any]) -> str:
    text = (
        f"Of ${problem['limit_usd']}, ${problem.get('spent_usd')} is spent and "
        f"${problem.get('held_usd')} is held"
    )
    who = problem.get("who_can_raise") or []
    return f"{text}; it can be raised by {', '.join(map(str, who))}" if who else text
