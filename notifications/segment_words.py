"""The condition language of segments in words, for who writes one in the back office."""

import json

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# An example and its meaning, by the name of the condition.
WORDS: dict[str, tuple[object, object]] = {
    "by_genres": (["sci-fi", "drama"], _("likes any of these genres")),
    "has_any_tag": (["loyal_2025"], _("carries any of these tags")),
    "min_age": (16, _("is at least so old; nobody without a birth date")),
    "max_age": (35, _("is at most so old; nobody without a birth date")),
    "cities": (["Пермь"], _("lives in any of these cities")),
    "locales": (["ru"], _("reads any of these languages")),
    "loyalty_levels": (["Gold"], _("has reached any of these levels")),
    "registered_before": ("2026-01-01T00:00:00Z", _("registered before that moment")),
    "registered_after": ("2026-01-01T00:00:00Z", _("registered at that moment or later")),
    "last_booked_within_days": (90, _("has booked in the last days")),
    "not_booked_for_days": (180, _("has booked once, but not in the last days")),
    "has_consented": (True, _("has agreed to news and offers, or has not")),
    "booked_event": ("01976e40-1c55-7a02-b3c4-0242ac120002", _("has a confirmed booking of this event")),
    "any_of": ([{"cities": ["Пермь"]}, {"min_age": 60}], _("one of these conditions holds")),
    "none_of": ([{"has_any_tag": ["staff"]}], _("none of these conditions holds")),
}


def condition_words() -> str:
    """Return the help: every condition with an example, and how they are joined."""
    rows = [(json.dumps({name: example}, ensure_ascii=False), meaning) for name, (example, meaning) in WORDS.items()]
    return format_html(
        "{}<ul>{}</ul>",
        gettext("All members must hold; {} is everybody. What isn't known of a person never counts for them."),
        format_html_join("", "<li><code>{}</code> – {}</li>", rows),
    )
