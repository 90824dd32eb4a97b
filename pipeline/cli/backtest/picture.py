"""The drawing itself: a series, the band in which it is expected, and when the alert was on."""

from collections.abc import Sequence
from html import escape
from math import exp, sqrt
from typing import Final, NamedTuple

from pipeline.alerts.transition import rfc3339

WIDTH: Final = 960
HEIGHT: Final = 360
LEFT: Final = 60
RIGHT: Final = 20
TOP: Final = 80
BOTTOM: Final = 40
TICKS: Final = 6
SPREADS: Final = 2.0
"""The band is two standard deviations wide to each side: of twenty ordinary points one lies outside."""


class Point(NamedTuple):
    """A bucket of a series."""

    at: int
    """Its end, in minutes since 1970."""
    failures: float
    attempts: float
    expected: float
    unsure: float
    """Variance of the baseline on the log scale."""


def picture(
    title: str, lines: Sequence[str], points: Sequence[Point], *, fired: int, ended: int | None, bare: bool
) -> str:
    """An SVG document.

    `lines` stand under the title; `bare` is for counts without attempts, which are drawn as they are, not as shares.
    """
    shown = [point for point in points if bare or point.attempts > 0]
    if not shown:
        return _document(title, lines, [])
    values = [_value(point, point.failures, bare=bare) for point in shown]
    bands = [_band(point, bare=bare) for point in shown]
    start, last = shown[0].at, max(shown[-1].at, shown[0].at + 1)
    top = 1.08 * max(*values, *(high for _, high in bands), 1e-9)
    top = top if bare else min(1.0, top)

    def x(at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (at - start) / (last - start)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(value, top) / top

    until = last if ended is None else min(ended, last)
    upper = [f"{x(point.at):.1f},{y(high):.1f}" for point, (_, high) in zip(shown, bands, strict=True)]
    lower = [f"{x(point.at):.1f},{y(low):.1f}" for point, (low, _) in zip(shown, bands, strict=True)]
    usual = [f"{x(point.at):.1f},{y(_value(point, point.expected, bare=bare)):.1f}" for point in shown]
    line = [f"{x(point.at):.1f},{y(value):.1f}" for point, value in zip(shown, values, strict=True)]
    parts = [
        _span(x(fired), x(until)),
        f'<polygon points="{" ".join(upper + lower[::-1])}" fill="#48a" fill-opacity="0.2"/>',
        f'<polyline points="{" ".join(usual)}" fill="none" stroke="#48a" stroke-dasharray="4 3"/>',
        f'<polyline points="{" ".join(line)}" fill="none" stroke="#222" stroke-width="1.2"/>',
        f'<line x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{WIDTH - RIGHT}" y2="{HEIGHT - BOTTOM}" stroke="#888"/>',
    ]
    for tick in range(TICKS + 1):
        at = start + (last - start) * tick // TICKS
        parts.append(_text(x(at), HEIGHT - BOTTOM + 18, rfc3339(at)[11:16], anchor="middle"))
        value = top * tick / TICKS
        parts.append(_text(LEFT - 6, y(value) + 4, f"{value:.3g}" if bare else f"{value:.1%}", anchor="end"))
    return _document(title, lines, parts)


def _span(start: float, end: float) -> str:
    """When the alert was on."""
    size = f'width="{max(1.0, end - start):.1f}" height="{HEIGHT - TOP - BOTTOM}"'
    return f'<rect x="{start:.1f}" y="{TOP}" {size} fill="#d33" fill-opacity="0.15"/>'


def _value(point: Point, failures: float, *, bare: bool) -> float:
    return failures if bare else failures / point.attempts


def _band(point: Point, *, bare: bool) -> tuple[float, float]:
    """Where a single bucket is expected: the baseline's scatter and that of counting."""
    factor = exp(SPREADS * sqrt(point.unsure))
    chance = SPREADS * sqrt(point.expected)
    low = max(0.0, point.expected / factor - chance)
    high = point.expected * factor + chance
    most = high if bare else min(high, point.attempts)
    return _value(point, low, bare=bare), _value(point, most, bare=bare)


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 11) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}">{escape(text)}</text>'


def _document(title: str, lines: Sequence[str], parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    words = [_text(LEFT, 24, title, size=15), *(_text(LEFT, 44 + 16 * row, line) for row, line in enumerate(lines))]
    background = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    return "\n".join([head, background, *words, *parts, "</svg>", ""])
