"""Form fields for what an event's page takes."""

import zoneinfo
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.input_rules import EARLIEST, LATEST, TIME_ZONES, UNSEEN
from events.tags import same_tag

MOST_TAGS = 10
LONGEST_TAG = 30
TO_THE_MINUTE = "%Y-%m-%dT%H:%M"


class LineField(forms.CharField):
    """One line of text, which stands among other words and must not turn those around."""

    def clean(self, value: Any) -> str:
        line = super().clean(value)
        if UNSEEN.search(line):
            raise forms.ValidationError(
                _("Leave out line breaks, control characters and those that turn the direction of text.")
            )
        return str(line)


class TextField(forms.CharField):
    """Several lines, as browsers send them, with the line breaks of Unix."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class TagsField(forms.CharField):
    """Tags between commas; a list of them in the one way in which they are looked for."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), self.prepare_value(data)))

    def clean(self, value: Any) -> list[str]:  # type: ignore[override]
        line = LineField(required=False).clean(value)
        tags = list(dict.fromkeys(tag for one in line.split(",") if (tag := same_tag(one))))
        if len(tags) > MOST_TAGS:
            raise forms.ValidationError(_("At most %(most)s tags."), params={"most": MOST_TAGS})
        if any(len(tag) > LONGEST_TAG for tag in tags):
            raise forms.ValidationError(_("A tag has at most %(most)s characters."), params={"most": LONGEST_TAG})
        return tags


class LinkField(forms.URLField):
    """A link that a browser may open: http or https."""

    default_validators = [URLValidator(schemes=["http", "https"])]

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, assume_scheme="https", **options)


class ZoneField(forms.ChoiceField):
    def __init__(self, **options: Any) -> None:
        choices = [(name, name.replace("_", " ")) for name in sorted(TIME_ZONES)]
        super().__init__(choices=choices, **options)


class LocalTimeField(forms.DateTimeField):
    """A time as clocks of some place show it, without a zone: `at` gives it one."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=TO_THE_MINUTE)

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=[TO_THE_MINUTE, f"{TO_THE_MINUTE}:%S"], **options)

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(UTC):
            moment = super().to_python(value)
        return None if moment is None else moment.replace(tzinfo=None, second=0)


def at(local: datetime | None, zone: str, *, before: datetime | None = None) -> datetime | None:
    """Return the moment when clocks of the zone show the time; `before`, where they show that at it.

    Forms know minutes only: what was written to the second isn't changed by being shown.

    Raises:
        ValidationError: they never show it, or it lies beyond the calendar.
    """
    if local is None:
        return None
    if before is not None and shown(before, zone) == local:
        return before
    moment = local.replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(UTC)
    if not EARLIEST <= moment <= LATEST:
        raise forms.ValidationError(_("Name a time between the years 2000 and 2100."))
    if shown(moment, zone) != local:
        raise forms.ValidationError(_("Clocks there are put forward past this time."))
    return moment


def shown(moment: datetime | None, zone: str) -> datetime | None:
    """Return what clocks of the zone show at the moment, to the minute."""
    if moment is None:
        return None
    return moment.astimezone(zoneinfo.ZoneInfo(zone)).replace(second=0, microsecond=0, tzinfo=None)
