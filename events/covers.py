"""Which picture stands for an event: its own, or one drawn for its category, the same each time."""

from functools import cache
from typing import Any

from django.core.files.storage import default_storage
from django.templatetags.static import static

FOLDER = "img/covers"
DRAWN = frozenset(
    "rafting kayak sup sailing diving swimming land hiking winter mountains fishing school festival water".split()  # noqa: SIM905
)
LIGHTS = ("day", "dawn", "dusk")


def cover_url_of(event: Any) -> str:
    """Return where an event's or a card's own picture is, or the one that is drawn for its category."""
    return default_storage.url(event.cover) if event.cover else _address(drawn_cover_of(event))


# A page of the catalogue asks for a hundred of the few there are.
_address = cache(static)


def drawn_cover_of(event: Any) -> str:
    """Return the path of the cover below /static/; the light varies from event to event."""
    light = LIGHTS[event.id.int % len(LIGHTS)]
    for category in (event.category, event.category.parent):
        if category is not None and category.slug in DRAWN:
            return f"{FOLDER}/{category.slug}-{light}.svg"
    return f"{FOLDER}/water-{light}.svg"
