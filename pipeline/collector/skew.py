"""What a sender's clock shows, in our time."""

from typing import Any, Final

from pipeline.flinks.times import format_ms, parse_ms

LATENCY_MS: Final = 2_000
"""A request may take so long on its way: less of a difference is no wrong clock. To correct it would put the events of
two requests of one visit, of which one was quicker, out of order."""


def skew_ms(sent_at: Any, received_ms: int) -> int:
    """How far the sender's clock is behind ours, 0 for what is a request's ordinary way.

    Args:
        sent_at: The sender's time when it sent the request, RFC 3339.
        received_ms: Our time when we had it.

    Raises:
        ValueError: `sent_at` is there and is no such time.
    """
    if sent_at is None:
        return 0
    if not isinstance(sent_at, str):
        raise ValueError("not a text")
    behind_ms = received_ms - parse_ms(sent_at)
    return behind_ms if abs(behind_ms) > LATENCY_MS else 0


def corrected(at: str, behind_ms: int, received_ms: int) -> str:
    """An event's time in our time, never after its receipt; raises ValueError for what is no RFC 3339 time."""
    return format_ms(max(0, min(parse_ms(at) + behind_ms, received_ms)))
