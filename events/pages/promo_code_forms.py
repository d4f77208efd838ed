"""Forms of an event's promo codes."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from events.models import Event
from events.models.promo_code import PromoKind
from events.pages.fields import LineField, LocalTimeField, at
from events.services.add_promo_codes import MOST_AT_ONCE

TIMES = ("opens_at", "closes_at")
LETTERS = RegexValidator(r"^[A-Za-z0-9_-]*$", _("Latin letters, digits, - and _ only."))
KINDS = [
    (PromoKind.PERCENT.value, _("percent")),
    (PromoKind.FIXED.value, _("an amount off the whole booking")),
]


class PromoTermsForm(forms.Form):
    """How long and how often a code counts, by the clock of the event's place."""

    total_limit = forms.IntegerField(
        label=_("How often in all"),
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text=_("Left empty: as often as people like."),
    )
    per_user_limit = forms.IntegerField(label=_("How often per person"), min_value=1, max_value=1000, required=False)
    opens_at = LocalTimeField(label=_("Counts from"), required=False)
    closes_at = LocalTimeField(label=_("Counts until"), required=False)

    def __init__(self, *args: Any, event: Event, before: Any = None, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": ""} | options)
        self.zone, self.before = event.time_zone, before

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for name in TIMES:
            try:
                given[name] = at(given.get(name), self.zone, before=getattr(self.before, name, None))
            except forms.ValidationError as wrong:
                self.add_error(name, wrong)
        return given


class PromoForm(PromoTermsForm):
    """What a code takes off, and of which tickets."""

    kind = forms.ChoiceField(label=_("It takes off"), choices=KINDS)
    value = forms.DecimalField(label=_("How much"), max_digits=12, decimal_places=2, min_value=0)
    ticket_types = forms.TypedMultipleChoiceField(
        label=_("For these tickets only"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, event: Event, **options: Any) -> None:
        super().__init__(*args, event=event, **options)
        types = list(event.ticket_types.all())
        self.by_id = {str(one.id): one.id for one in types}
        self.fields["ticket_types"].choices = [(str(one.id), one.name) for one in types]  # type: ignore[attr-defined]
        # With one there is nothing to choose.
        if len(types) < 2:
            del self.fields["ticket_types"]

    def clean_value(self) -> Any:
        value = self.cleaned_data["value"]
        if not value:
            raise forms.ValidationError(_("A discount is more than nothing."), code="too_small")
        return value

    def columns(self) -> dict[str, Any]:
        """Return what was written, as the services take it."""
        given = dict(self.cleaned_data)
        return given | {"ticket_type_ids": [self.by_id[one] for one in given.pop("ticket_types", [])]}


class PromoCodeForm(PromoForm):
    """One code, with a word of the organizer's own."""

    code = LineField(
        label=_("Code"), max_length=40, validators=[LETTERS], widget=forms.TextInput({"autocapitalize": "characters"})
    )

    field_order = ("code", "kind", "value", "ticket_types")

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).upper()


class PromoBatchForm(PromoForm):
    """Many codes: a beginning of the organizer's own, and random letters and digits."""

    count = forms.IntegerField(label=_("How many codes"), min_value=1, max_value=MOST_AT_ONCE)
    beginning = LineField(
        label=_("Their beginning"),
        max_length=20,
        required=False,
        validators=[LETTERS],
        help_text=_("Such as BLOG-; ten random letters and digits follow."),
    )
    # Sent twice, the codes are made once.
    made_as = forms.CharField(widget=forms.HiddenInput, max_length=200)

    field_order = ("count", "beginning", "kind", "value", "ticket_types")

    def clean_beginning(self) -> str:
        return str(self.cleaned_data["beginning"]).upper()
