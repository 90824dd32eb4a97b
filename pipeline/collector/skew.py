"""What a sender's clock shows, in our time."""

from typing import Final

from pipeline.flinks.times import format_ms, parse_ms

LATENCY_MS: Final = 2_000
"""A request may take so long on its way: less of a difference is no wrong clock. To correct it would put the events of
two requests of one visit, of which one was quicker, out of order."""

_CHARS: Final = len("2026-11-23T12:00:00.000Z")


def skew_ms(sent_at: str | None, received_ms: int) -> int:
    """How far the sender's clock is behind ours, 0 for what is a request's ordinary way.

    Args:
        sent_at: The sender's time when it sent the request, RFC 3339.
        received_ms: Our time when we had it.

    Raises:
        ValueError: `sent_at` is there and is no such time.
    """
    if sent_at is None:
        return 0
    behind_ms = received_ms - parse_ms(sent_at)
    return behind_ms if abs(behind_ms) > LATENCY_MS else 0


def corrected(at: str, behind_ms: int, received_ms: int) -> str:
    """An event's time in our time, never after its receipt; raises ValueError for what is no RFC 3339 time."""
    ms = parse_ms(at) + behind_ms
    if behind_ms == 0 and ms <= received_ms and len(at) == _CHARS and at[10] == "T" and at[-1] == "Z":
        return at  # as we would write it
    return format_ms(max(0, min(ms, received_ms)))
