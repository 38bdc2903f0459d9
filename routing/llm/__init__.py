"""The one place that speaks to models: over litellm's adapters, each provider's own format.

Importing this takes seconds and 175 MB: only the gateway does, when it makes its first call.
Nothing here retries, logs a prompt or logs a key.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import time
import warnings
from contextlib import suppress
from typing import Any

# Before the import: litellm would fetch a newer price map from the network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ.setdefault("LITELLM_LOG", "CRITICAL")

import httpx
import litellm
from litellm import exceptions
from litellm._internal_context import internal_sub_call, is_internal_call
from litellm.litellm_core_utils.litellm_logging import Logging
from litellm.llms.custom_httpx.aiohttp_transport import LiteLLMAiohttpTransport

from routing import conf
from routing.core.catalog import ModelSpec, ProviderSpec
from routing.core.errors import ProviderError
from routing.core.request import ModelRequest, Reply
from routing.llm.failures import Kinds, classify, timed_out
from routing.llm.replies import read_reply

# A dead endpoint is noticed this soon, however long an answer may take.
CONNECT_SECONDS = 5.0
# Our own limit on the whole call comes first; this one frees the socket if it did not.
SLACK_SECONDS = 5.0
KINDS = Kinds(
    context_too_long=(exceptions.ContextWindowExceededError,),
    refused=(exceptions.ContentPolicyViolationError,),
    unsendable=(
        exceptions.BadRequestError,
        exceptions.AuthenticationError,
        exceptions.NotFoundError,
    ),
)
# Adapters whose JSON mode only constrains the answer; Anthropic's is a forced tool call.
JSON_MODE = frozenset({"openai", "gemini", "moonshot", "deepseek"})
# What the first calls would load; tiktoken's encoding alone takes a quarter of a second.
LOADED_LATE = (
    "_strptime",
    "litellm._service_logger",
    "litellm.integrations.generic_api",
    "litellm.litellm_core_utils.default_encoding",
    "litellm.llms.anthropic.chat.handler",
    "litellm.llms.anthropic.completion.transformation",
    "litellm.llms.deepseek.chat.transformation",
    "litellm.llms.gemini.chat.transformation",
    "litellm.llms.github_copilot.authenticator",
    "litellm.llms.moonshot.chat.transformation",
    "litellm.llms.vertex_ai.context_caching.vertex_ai_context_caching",
    "litellm.llms.vertex_ai.gemini.vertex_and_google_ai_studio_gemini",
    "litellm.proxy._types",
    "litellm.proxy.openai_files_endpoints.common_utils",
    "litellm.proxy.spend_tracking.savings",
)
NOISY_LOGGERS = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "httpcore", "openai")


def _silence() -> None:
    # litellm's own typing trips pydantic, whenever one of its modules is loaded.
    warnings.filterwarnings("ignore", r"Items? .* on TypedDict class", UserWarning)
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.drop_params = True
    litellm.num_retries = 0
    for name in NOISY_LOGGERS:  # httpx logs addresses, and Gemini's carry the key
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False


def _be_impatient() -> None:
    """Limit the time to connect for every adapter: most of them pass on one number for all."""
    patient = LiteLLMAiohttpTransport.handle_async_request

    async def impatient(self: LiteLLMAiohttpTransport, request: httpx.Request) -> httpx.Response:
        timeout = dict(request.extensions.get("timeout") or {})
        request.extensions["timeout"] = timeout | {"connect": CONNECT_SECONDS}
        return await patient(self, request)

    LiteLLMAiohttpTransport.handle_async_request = impatient  # type: ignore[method-assign]


def _leave_prices_to_us() -> None:
    """Spare our calls litellm's own pricing, a tenth of their time: we price them ourselves."""
    priced = Logging.response_cost_calculator

    def unpriced(self: Logging, *args: Any, **kwargs: Any) -> float | None:
        return None if is_internal_call.get() else priced(self, *args, **kwargs)

    Logging.response_cost_calculator = unpriced  # type: ignore[method-assign]


_silence()
_be_impatient()
_leave_prices_to_us()


async def complete(spec: ModelSpec, provider: ProviderSpec, request: ModelRequest) -> Reply:
    """Return what the model answers, after one try.

    Raises: TransientError, PermanentModelError, RequestError, ContextTooLong, ContentRefused.
    """
    started = time.monotonic()
    try:
        response = await _send(spec, provider, request)
        return read_reply(response, round((time.monotonic() - started) * 1000))
    except ProviderError as error:
        failure = error
    except TimeoutError:
        failure = timed_out(request.timeout_seconds)
    except Exception as error:
        failure = classify(error, KINDS, time.time())
    # Raised here, outside of any handler: the original holds the request, and with it the key.
    failure.args = (f"{spec.name}: {_without_key(str(failure), provider)}",)
    raise failure


async def _send(spec: ModelSpec, provider: ProviderSpec, request: ModelRequest) -> Any:
    """Make the call; litellm's own logging of prompts and costs is left out as for a sub-call."""
    arguments = _arguments(spec, provider, request)
    async with asyncio.timeout(request.timeout_seconds):
        with internal_sub_call():
            return await litellm.acompletion(**arguments)


def preload() -> None:
    """Load what the first calls would load, so that forked workers share it.

    No call is made: its threads and connections would not survive the fork.
    """
    for module in LOADED_LATE:
        with suppress(ImportError):  # another version of litellm keeps it elsewhere
            importlib.import_module(module)


async def close() -> None:
    """Close the connections that calls of this loop have left open."""
    await litellm.close_litellm_async_clients()  # type: ignore[no-untyped-call, attr-defined]


def _without_key(text: str, provider: ProviderSpec) -> str:
    key = conf.api_key(provider)
    return text if key == conf.ANY_KEY else text.replace(key, "***")


def _arguments(spec: ModelSpec, provider: ProviderSpec, request: ModelRequest) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "model": spec.litellm_name,
        "messages": [{"role": one.role, "content": one.content} for one in request.messages],
        "api_key": conf.api_key(provider),
        "api_base": conf.api_base(provider),
        "max_tokens": min(request.max_output_tokens, spec.max_output_tokens),
        "timeout": request.timeout_seconds + SLACK_SECONDS,
        "num_retries": 0,
        "max_retries": 0,
    }
    if request.temperature is not None:
        arguments["temperature"] = request.temperature
    if request.json_output and _takes_json_mode(spec, request):
        arguments["response_format"] = {"type": "json_object"}
    if spec.simulated and request.sample:  # a real model answers anew by itself
        arguments["extra_headers"] = {"x-sim-sample": str(request.sample)}
    return arguments


def _takes_json_mode(spec: ModelSpec, request: ModelRequest) -> bool:
    """Tell whether JSON mode can be asked for: OpenAI refuses it unless the prompt says JSON."""
    adapter = spec.litellm_name.partition("/")[0]
    return adapter in JSON_MODE and any("json" in one.content.lower() for one in request.messages)
