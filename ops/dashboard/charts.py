"""PURE. Curves and bars as SVG geometry: no script, no inline style, printable, and coloured by the sheet.

Coordinates are in the units of the viewBox that the template gives the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; `share` in [0, 1] is what it shows."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A line in pieces (it has gaps where nothing was measured), and the single points that are no line."""

    path: str
    points: tuple[tuple[float, float], ...]


def bars(values: Sequence[float], width: float, height: float) -> tuple[Bar, ...]:
    """One bar for each value, the largest as high as the picture; a small value stays visible."""
    step, top = width / max(len(values), 1), max(values, default=0) or 1
    return tuple(
        Bar(round(n * step, 2), round(height - tall, 2), round(step * 0.72, 2), round(tall, 2))
        for n, value in enumerate(values)
        if (tall := max(value / top * height, 1.0 if value else 0.0))
    )


def shares(values: Sequence[float], width: float, height: float) -> tuple[Bar, ...]:
    """Values side by side as parts of the whole width; a small one keeps at least a hundredth."""
    whole = sum(values) or 1
    wide = [max(value / whole, 0.01) * width if value else 0.0 for value in values]
    squeeze = width / (sum(wide) or 1)
    placed, x = [], 0.0
    for share in wide:
        placed.append(Bar(round(x * squeeze, 2), 0.0, round(share * squeeze, 2), height))
        x += share
    return tuple(placed)


def curve(values: Sequence[float | None], top: float, width: float, height: float) -> Curve:
    """A line through the values from left to right; `top` is the value at the upper edge."""
    step = width / max(len(values) - 1, 1)
    pieces: list[list[tuple[float, float]]] = [[]]
    for n, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            y = height - min(max(value, 0) / top, 1) * height
            pieces[-1].append((round(n * step, 1), round(y, 1)))
    path = " ".join("M" + " L".join(f"{x} {y}" for x, y in piece) for piece in pieces if len(piece) > 1)
    return Curve(path, tuple(piece[0] for piece in pieces if len(piece) == 1))
