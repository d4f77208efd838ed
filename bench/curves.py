"""Curves over time as an SVG picture: one band per figure, one time axis for all."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, BAND, LEFT, RIGHT, TOP, GAP = 860, 76, 190, 20, 56, 26
FONT = "system-ui, sans-serif"
COLOUR, SHADE, INK, QUIET = "#0b6e75", "#f6e3c5", "#16292b", "#4d6468"


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What was seen of one figure: (seconds, value) in the order of time."""

    name: str
    unit: str
    points: Sequence[tuple[float, float]]


def draw(title: str, description: str, curves: Sequence[Curve], *, shaded: tuple[float, float], shade_name: str) -> str:
    """Return the picture; the time between the two `shaded` seconds is marked in all bands."""
    last = max(second for curve in curves for second, _ in curve.points)
    height = TOP + len(curves) * (BAND + GAP) + 20

    def across(second: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * second / last

    start, end = across(shaded[0]), across(min(shaded[1], last))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="{FONT}" font-size="13">',
        f'<g fill="{INK}">',
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="26" font-size="16" font-weight="600">{escape(title)}</text>',
        f'<rect x="{start:.1f}" y="{TOP - 6}" width="{end - start:.1f}" height="{height - TOP - 14}" fill="{SHADE}"/>',
        f'<text x="{start + 6:.1f}" y="{TOP - 10}" fill="{QUIET}">{escape(shade_name)}</text>',
    ]
    for number, curve in enumerate(curves):
        parts += _band(curve, top=TOP + number * (BAND + GAP), across=[across(second) for second, _ in curve.points])
    parts += [
        f'<text x="{across(second):.1f}" y="{height - 8}" fill="{QUIET}" text-anchor="middle">{second} s</text>'
        for second in range(0, int(last) + 1, 10)
    ]
    return "\n".join([*parts, "</g></svg>"]) + "\n"


def _band(curve: Curve, *, top: float, across: Sequence[float]) -> list[str]:
    highest = max((value for _, value in curve.points), default=0.0)
    scale = highest or 1.0
    line = " ".join(
        f"{x:.1f},{top + BAND * (1 - value / scale):.1f}" for x, (_, value) in zip(across, curve.points, strict=True)
    )
    return [
        f'<line x1="{LEFT}" y1="{top + BAND}" x2="{WIDTH - RIGHT}" y2="{top + BAND}" stroke="{QUIET}" stroke-width=".5"/>',
        f'<text x="12" y="{top + 18}">{escape(curve.name)}</text>',
        f'<text x="12" y="{top + 36}" fill="{QUIET}">{escape(curve.unit)}, at most {highest:,.4g}</text>',
        f'<polyline points="{line}" fill="none" stroke="{COLOUR}" stroke-width="1.6"/>',
    ]
