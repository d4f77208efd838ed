"""Which picture stands for an event that has none of its own: drawn for its category, the same each time."""

from events.models import Event

FOLDER = "img/covers"
DRAWN = frozenset(
    "rafting kayak sup sailing diving swimming land hiking winter mountains fishing school festival water".split()  # noqa: SIM905
)
LIGHTS = ("day", "dawn", "dusk")


def cover_of(event: Event) -> str:
    """Return the path of the cover below /static/; the light varies from event to event."""
    if event.cover:
        return event.cover
    light = LIGHTS[event.id.int % len(LIGHTS)]
    for category in (event.category, event.category.parent):
        if category is not None and category.slug in DRAWN:
            return f"{FOLDER}/{category.slug}-{light}.svg"
    return f"{FOLDER}/water-{light}.svg"
