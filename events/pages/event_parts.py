"""An event's page for guests, put together from parts that were rendered a moment ago.

The seats and the event are read for each reader, so what is shown is never old: the parts are remembered by all that
they show. They hold nothing of a reader; what is theirs (language, form tokens) stands around them.
"""

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from events.catalogue_cache import remembered
from events.markdown import render_markdown
from events.models import Event
from events.pages.presentation import structured_data

SECONDS = 60
# Shown as words only, which stand beside each ticket type.
COUNTED = frozenset({"held", "sold", "popularity"})


def parts_for_guests(shown: dict[str, Any], *, now: datetime) -> dict[str, str]:
    """Return the HTML of the page's head and content."""
    event: Event = shown["event"]
    offers = [[_columns(offer["type"]), offer["level"], offer["sale"]] for offer in shown["offers"]]
    above = [_columns(event.organizer), _columns(event.category), shown["cover"], shown["level"], shown["hides_types"]]
    # Days of this year are written without it.
    question = ["event page", get_language(), now.year, _columns(event), offers, above]

    def render() -> dict[str, str]:
        # No request: nothing of the reader can get into what others will read.
        context = shown | details(shown) | {"PUBLIC_URL": settings.PUBLIC_URL, "CHAT_URL": settings.CHAT_URL}
        return {part: render_to_string(f"events/event_{part}.html", context) for part in ("head", "content")}

    return remembered(question, render, seconds=SECONDS)


def details(shown: dict[str, Any]) -> dict[str, Any]:
    """Return what takes long to write: the description, and what search engines read."""
    event: Event = shown["event"]
    structured = structured_data(event, offers=shown["offers"])
    return {"description": render_markdown(event.description), "structured": _for_script(structured)}


def _columns(row: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if not name.startswith("_") and name not in COUNTED}


def _for_script(data: dict[str, Any]) -> str:
    """Write JSON that can't end the script element it stands in."""
    written = json.dumps(data, ensure_ascii=False)
    escaped = written.replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026")
    return mark_safe(escaped)  # noqa: S308  (escaped on the line above)
