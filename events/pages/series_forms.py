"""A recurrence rule, put together from what people say."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.recurrence import MOST_EVENTS

DAILY, WEEKLY, MONTHLY, MONTHLY_BY_DAY, YEARLY = "daily", "weekly", "monthly", "monthly_by_day", "yearly"
FREQUENCIES = [
    (DAILY, _("every day")),
    (WEEKLY, _("every week")),
    (MONTHLY, _("every month, on the same date")),
    (MONTHLY_BY_DAY, _("every month, on the same weekday")),
    (YEARLY, _("every year")),
]
WEEKDAYS = [
    ("MO", _("Monday")),
    ("TU", _("Tuesday")),
    ("WE", _("Wednesday")),
    ("TH", _("Thursday")),
    ("FR", _("Friday")),
    ("SA", _("Saturday")),
    ("SU", _("Sunday")),
]
# A weekday comes up to five times in a month; the fifth is the last.
LAST_OF_MONTH = 5


class SeriesForm(forms.Form):
    """How often, and until when."""

    frequency = forms.ChoiceField(label=_("It repeats"), choices=FREQUENCIES, initial=WEEKLY)
    interval = forms.IntegerField(
        label=_("Each so many days, weeks, months or years"), min_value=1, max_value=99, initial=1
    )
    weekdays = forms.MultipleChoiceField(
        label=_("On these days of the week"),
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only for what repeats every week; left empty, the weekday of this event."),
    )
    count = forms.IntegerField(
        label=_("How many events, with this one"), min_value=2, max_value=MOST_EVENTS, required=False
    )
    until = forms.DateField(
        label=_("Or until this day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        ends = [name for name in ("count", "until") if given.get(name)]
        if not {"count", "until"} & self.errors.keys() and len(ends) != 1:
            self.add_error("count", _("Say either how many events, or until which day."))
        if given.get("weekdays") and given.get("frequency") != WEEKLY:
            self.add_error("weekdays", _("Days of the week are only for what repeats every week."))
        return given

    def rule(self, first: datetime) -> str:
        """Return the rule for an event that begins then, by the clock of its place."""
        given = self.cleaned_data
        frequency = given["frequency"]
        parts = [f"FREQ={'MONTHLY' if frequency == MONTHLY_BY_DAY else frequency.upper()}"]
        if given["interval"] > 1:
            parts.append(f"INTERVAL={given['interval']}")
        if given["weekdays"]:
            parts.append(f"BYDAY={','.join(given['weekdays'])}")
        if frequency == MONTHLY_BY_DAY:
            which = (first.day - 1) // 7 + 1
            parts.append(f"BYDAY={-1 if which == LAST_OF_MONTH else which}{WEEKDAYS[first.weekday()][0]}")
        parts.append(f"COUNT={given['count']}" if given["count"] else f"UNTIL={given['until']:%Y%m%d}")
        return ";".join(parts)
