"""A plot with two logarithmic axes, as SVG by hand: a handful of lines need no library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 720, 400, 80, 50, 20, 190
_COLOURS = ("#0b6e99", "#c2410c", "#4d7c0f", "#7e22ce", "#525252")

Points = Sequence[tuple[float, float]]


def plot(lines: Mapping[str, Points], across: str, up: str) -> str:
    """Return the SVG of some lines.

    Args:
        lines: their points by their name; all values are greater than nothing.
        across, up: what the axes say.
    """
    xs = [math.log10(x) for points in lines.values() for x, _ in points]
    ys = [math.log10(y) for points in lines.values() for _, y in points]
    left, right = min(xs), max(xs)
    low, high = math.floor(min(ys)), math.ceil(max(ys))

    def place(x: float, y: float) -> tuple[float, float]:
        wide, tall = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
        return _LEFT + (x - left) / (right - left) * wide, _HEIGHT - _BOTTOM - (y - low) / (high - low) * tall

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
    ]
    for power in range(low, high + 1):
        start, end = place(left, power), place(right, power)
        parts.append(_line([start, end], "#ddd", 1))
        parts.append(_text(start[0] - 8, start[1] + 4, f"{10**power:,g}", "end"))
    for power in range(math.ceil(left), math.floor(right) + 1):
        start, end = place(power, low), place(power, high)
        parts.append(_line([start, end], "#ddd", 1))
        parts.append(_text(start[0], start[1] + 18, f"{10**power:,}", "middle"))
    for number, (name, points) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        places = [place(math.log10(x), math.log10(y)) for x, y in points]
        parts.append(_line(places, colour, 2))
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        parts.append(_text(_WIDTH - _RIGHT + 12, _TOP + 16 + 20 * number, name, "start", colour))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, across, "middle"))
    parts.append(f'<g transform="rotate(-90)">{_text(-_HEIGHT / 2, 16, up, "middle")}</g></svg>')
    return "\n".join(parts) + "\n"


def _line(points: Sequence[tuple[float, float]], colour: str, width: int) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#333") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
