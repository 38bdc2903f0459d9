"""litellm's own adapters against the simulator: what the product's calls go through."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from tests.fixtures.simulator import Simulator

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # before the import: no look at the network
import litellm
from litellm import exceptions

MODELS = {
    "anthropic/claude-opus-5-5": "/anthropic",
    "openai/gpt-6.1-sol": "/openai/v1",
    "gemini/gemini-4-argon": "/gemini/v1beta",
    "moonshot/kimi-k3.1-pro": "/moonshot/v1",
    "deepseek/deepseek-v4-pro": "/deepseek/v1",
}
ROOT_PATHS = {"anthropic": "", "openai": "/v1", "gemini": "", "moonshot": "/v1", "deepseek": "/v1"}
_runner = asyncio.Runner()  # one loop: every new one costs litellm a new client
each_model = pytest.mark.parametrize("model", MODELS)


def complete(simulator: Simulator, model: str, *, path: str | None = None, **options: Any) -> Any:
    """Return litellm's response, a streamed one put together."""

    async def call() -> Any:
        made = await litellm.acompletion(
            model=model,
            api_base=simulator.url + (MODELS[model] if path is None else path),
            api_key="sim",
            max_tokens=2000,
            num_retries=0,
            max_retries=0,
            timeout=options.pop("timeout", 5),
            messages=[
                {"role": "system", "content": "Task type: summarization"},
                {"role": "user", "content": options.pop("content", "Sum up the minutes.")},
            ],
            **options,
        )
        if not options.get("stream"):
            return made
        return litellm.stream_chunk_builder([chunk async for chunk in made])

    return _runner.run(call())


@each_model
def test_a_whole_reply_arrives_with_its_usage(simulator, model):
    reply = complete(simulator, model)
    (entry,) = simulator.requests()
    assert len(reply.choices[0].message.content) > 100
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.prompt_tokens == entry["input_tokens"]
    assert reply.usage.completion_tokens == entry["output_tokens"]
    assert entry["prompt"] == "Task type: summarization\n\nSum up the minutes."
    assert entry["wire"] == model.partition("/")[0]


@each_model
def test_the_root_address_serves_every_adapter(simulator, model):
    plain = complete(simulator, model)
    other = complete(simulator, model, path=ROOT_PATHS[model.partition("/")[0]])
    assert other.choices[0].message.content == plain.choices[0].message.content


@each_model
def test_a_streamed_reply_is_the_same_text_with_the_same_usage(simulator, model):
    whole = complete(simulator, model)
    streamed = complete(simulator, model, stream=True, stream_options={"include_usage": True})
    assert streamed.choices[0].message.content == whole.choices[0].message.content
    assert streamed.usage.prompt_tokens == whole.usage.prompt_tokens
    assert streamed.usage.completion_tokens == whole.usage.completion_tokens


@pytest.mark.parametrize("model", [model for model in MODELS if not model.startswith("anthropic")])
def test_reasoning_tokens_are_counted_apart(simulator, model):
    details = complete(simulator, model).usage.completion_tokens_details
    assert details.reasoning_tokens > 0


@each_model
def test_cached_tokens_are_counted_apart_in_some_long_prompts(simulator, model):
    cached = []
    for number in range(12):
        message = f"{number} " + "word " * 1500
        if model.startswith("anthropic"):
            content: Any = [
                {"type": "text", "text": message, "cache_control": {"type": "ephemeral"}}
            ]
        else:
            content = message
        usage = complete(simulator, model, content=content).usage
        details = usage.prompt_tokens_details
        cached.append(details.cached_tokens or 0)
        assert usage.prompt_tokens > 1500
        if model.startswith("anthropic"):
            assert (details.cached_tokens > 0) != (usage.cache_creation_input_tokens > 0)
    assert 0 < sum(count > 0 for count in cached) < 12


ERRORS = [
    ("400", exceptions.BadRequestError),
    ("401", exceptions.AuthenticationError),
    ("404", exceptions.NotFoundError),
    ("429", exceptions.RateLimitError),
    ("500", exceptions.InternalServerError),
    ("529", (exceptions.APIError, exceptions.InternalServerError)),
    ("context_too_long", exceptions.ContextWindowExceededError),
]

BROKEN = (
    exceptions.APIConnectionError,
    exceptions.InternalServerError,
    exceptions.ServiceUnavailableError,  # streams that break off
)


@each_model
@pytest.mark.parametrize(("kind", "error"), ERRORS)
def test_an_error_is_known_for_what_it_is(simulator, model, kind, error):
    simulator.fault("*", kind, retry_after=3)
    with pytest.raises(error):
        complete(simulator, model)
    assert len(simulator.requests()) == 1


@each_model
def test_retry_after_reaches_the_caller(simulator, model):
    simulator.fault("*", "429", retry_after=3)
    with pytest.raises(exceptions.RateLimitError) as caught:
        complete(simulator, model)
    headers = getattr(caught.value, "litellm_response_headers", {})
    assert headers["retry-after"] == "3"


@each_model
def test_silence_is_a_timeout(simulator, model):
    simulator.fault("*", "timeout")
    with pytest.raises(exceptions.Timeout):
        complete(simulator, model, timeout=0.3)


@each_model
@pytest.mark.parametrize("kind", ["reset", "cut_stream"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_broken_connection_is_an_error(simulator, model, kind, stream):
    simulator.fault("*", kind)
    with pytest.raises(BROKEN):
        complete(simulator, model, stream=stream)


@each_model
def test_a_refusal_ends_as_filtered_content(simulator, model):
    simulator.fault("*", "refusal")
    assert complete(simulator, model).choices[0].finish_reason == "content_filter"


@each_model
def test_an_empty_reply_has_no_text(simulator, model):
    simulator.fault("*", "empty")
    assert not complete(simulator, model).choices[0].message.content
