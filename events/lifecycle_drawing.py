"""docs/event-lifecycle.svg: the table of transitions as a picture."""

from events.models.lifecycle import TRANSITIONS, Driver, Status, Transition

BOX = (124, 44)
# Centres of the boxes.
PLACES = {
    Status.DRAFT: (90, 190),
    Status.PUBLISHED: (280, 190),
    Status.RUNNING: (560, 190),
    Status.FINISHED: (780, 190),
    Status.ARCHIVED: (1000, 190),
    Status.CANCELLED: (420, 60),
    Status.SUSPENDED: (420, 330),
}
COLOURS = {Driver.ORGANIZER: "#0b6e75", Driver.ADMINISTRATOR: "#a3262f", Driver.CLOCK: "#4d6468"}
# Two arrows between the same boxes run side by side.
APART = 11
LABEL_AT = {("cancel", Status.SUSPENDED): 0.78, ("start", Status.PUBLISHED): 0.25}
HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1090 400" font-family="system-ui, sans-serif" font-size="14">
<title>The life of an event</title>
<desc>Written by manage.py write_docs from events/models/lifecycle.py.</desc>
<rect width="1090" height="400" fill="#fff"/>
"""


def render() -> str:
    """Return the picture: a box per status, an arrow per transition, in the colour of who takes the step."""
    heads = "".join(_arrow_head(driver) for driver in Driver)
    arrows = "".join(_arrow(one) for one in TRANSITIONS)
    boxes = "".join(_box(status) for status in Status)
    legend = "".join(_legend(number, driver) for number, driver in enumerate(Driver))
    return f"{HEAD}<defs>{heads}</defs>\n{arrows}{boxes}{legend}</svg>\n"


def _arrow_head(driver: Driver) -> str:
    return (
        f'<marker id="{driver}" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L10 5L0 10z" fill="{COLOURS[driver]}"/></marker>'
    )


def _arrow(one: Transition) -> str:
    (x1, y1), (x2, y2) = PLACES[one.source], PLACES[one.target]
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    # To the right of the way, so that there and back don't meet.
    aside = (-(y2 - y1) / length * APART, (x2 - x1) / length * APART) if _goes_both_ways(one) else (0.0, 0.0)
    start, end = _edge(one.source, x2 - x1, y2 - y1), _edge(one.target, x1 - x2, y1 - y2)
    ax, ay, bx, by = (start[0] + aside[0], start[1] + aside[1], end[0] + aside[0], end[1] + aside[1])
    share = LABEL_AT.get((one.action, one.source), 0.5)
    tx, ty = ax + (bx - ax) * share + aside[0], ay + (by - ay) * share + aside[1]
    colour = COLOURS[one.driver]
    return (
        f'<path d="M{ax:.0f} {ay:.0f}L{bx:.0f} {by:.0f}" stroke="{colour}" stroke-width="1.6" fill="none" '
        f'marker-end="url(#{one.driver})"/>'
        f'<text x="{tx:.0f}" y="{ty:.0f}" dy="4" text-anchor="middle" fill="{colour}" stroke="#fff" stroke-width="5" '
        f'paint-order="stroke">{one.action}</text>\n'
    )


def _goes_both_ways(one: Transition) -> bool:
    return any((other.source, other.target) == (one.target, one.source) for other in TRANSITIONS)


def _edge(status: Status, dx: float, dy: float) -> tuple[float, float]:
    """Return where a line from the centre in this direction leaves the box."""
    x, y = PLACES[status]
    half_width, half_height = BOX[0] / 2, BOX[1] / 2
    scale = min(half_width / abs(dx) if dx else 1e9, half_height / abs(dy) if dy else 1e9)
    return x + dx * scale, y + dy * scale


def _box(status: Status) -> str:
    x, y = PLACES[status]
    width, height = BOX
    return (
        f'<rect x="{x - width // 2}" y="{y - height // 2}" width="{width}" height="{height}" rx="12" fill="#f3f7f7" '
        f'stroke="#12262a"/><text x="{x}" y="{y}" dy="5" text-anchor="middle" fill="#12262a">{status.value}</text>\n'
    )


def _legend(number: int, driver: Driver) -> str:
    return f'<text x="40" y="{330 + number * 22}" fill="{COLOURS[driver]}">— by the {driver.value}</text>\n'
