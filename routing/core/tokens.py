"""How many tokens a request has, counted cheaply from its bytes.

Invariant: the count depends on the text alone, never on the model or on a network.
"""

from __future__ import annotations

from collections.abc import Iterable

from routing.core.request import Message

# English prose has 4 to 5 bytes a token, code and other Latin scripts 3 to 4; see the test for
# what real tokenizers make of each kind of text.
BYTES_PER_TOKEN = 3
MESSAGE_OVERHEAD_TOKENS = 8
REQUEST_OVERHEAD_TOKENS = 16


def count_tokens(messages: Iterable[Message]) -> int:
    """Return about how many input tokens the messages are; rather too many than too few."""
    total = REQUEST_OVERHEAD_TOKENS
    for message in messages:
        size = len(message.content.encode("utf-8", "surrogatepass"))
        total += -(-size // BYTES_PER_TOKEN) + MESSAGE_OVERHEAD_TOKENS
    return total
