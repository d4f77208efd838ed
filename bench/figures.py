"""What a bench answers: one figure, what stood beside it in the same run, and whether the database agrees."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, kw_only=True)
class Yardstick:
    """A figure of the bare machine, measured in the same run: absolute figures drift from machine to machine."""

    name: str
    figure: float
    unit: str = "1/s"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured figure.

    Attributes:
        name: the row, such as `booking, one hot event`.
        figure: the measured value in `unit`.
        unit: such as `req/s`.
        p99_ms: 99th percentile of the latency in milliseconds, where it was measured.
        yardstick: the machine's own figure of the same run.
        verified: whether what the database (or the sink) holds agrees with what was acknowledged.
        detail: users, connections, sizes, what differs: short texts and numbers.
    """

    name: str
    figure: float
    unit: str
    verified: bool
    p99_ms: float | None = None
    yardstick: Yardstick | None = None
    detail: dict[str, object] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Return figure / yardstick, or None without one."""
        return self.figure / self.yardstick.figure if self.yardstick else None

    def as_json(self) -> str:
        return json.dumps(asdict(self) | {"ratio": self.ratio}, ensure_ascii=False)


HEADINGS = ("bench", "figure", "p99", "yardstick", "ratio", "verified", "detail")


def table(figures: Iterable[Figure]) -> str:
    """Return a Markdown table, which reads well in a terminal too."""
    rows = [HEADINGS, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0–1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def readable(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:,.2f}"


def _cells(figure: Figure) -> tuple[str, ...]:
    yardstick = figure.yardstick
    return (
        figure.name,
        f"{readable(figure.figure)} {figure.unit}",
        "" if figure.p99_ms is None else f"{figure.p99_ms:.1f} ms",
        "" if yardstick is None else f"{yardstick.name}: {readable(yardstick.figure)} {yardstick.unit}",
        "" if figure.ratio is None else f"{figure.ratio:.3f}",
        "yes" if figure.verified else "NO",
        ", ".join(f"{name} {value}" for name, value in figure.detail.items()),
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
