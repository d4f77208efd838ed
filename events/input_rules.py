"""What an event's words, times and refunds may be, for the API and the pages alike."""

import re
import zoneinfo
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

CURRENCIES = ("RUB", "BYN", "KZT", "EUR", "USD")
# PostgreSQL knows these too (tested): it computes the calendar day of the start.
TIME_ZONES = frozenset(
    name
    for name in zoneinfo.available_timezones()
    if name == "UTC" or ("/" in name and not name.startswith(("Etc/", "SystemV/")))
)
# Beyond these a shift into another time zone could leave the calendar.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
# Controls, separators of lines, and what overrides or isolates the direction of writing. Marks of direction and joiners
# stay: Arabic, Hebrew and emoji need them.
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
MOST_BANDS = 10


def fault_of_bands(bands: list[dict[str, int]]) -> tuple[str, Any] | None:
    """Return the code and the sentence of what is wrong with refund bands, or None."""
    if len({band["hours_before"] for band in bands}) < len(bands):
        return "unique", _("Two bands begin at the same hour.")
    percents = [band["percent"] for band in earliest_first(bands)]
    if percents != sorted(percents, reverse=True):
        return "not_monotonic", _("The refund can't grow as the start comes nearer.")
    return None


def earliest_first(bands: list[dict[str, int]]) -> list[dict[str, int]]:
    return sorted(bands, key=lambda band: -band["hours_before"])
