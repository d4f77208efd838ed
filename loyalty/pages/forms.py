"""Forms of the shop's pages."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from common.refusable_forms import RefusableForm
from loyalty.models import Project, ProjectMember
from loyalty.models.project_checks import check_field_names

JSON, FORM, XML = "application/json", "application/x-www-form-urlencoded", "application/xml"
PERCENTS = ("base_percent", "spend_max_percent")
AMOUNTS = (*PERCENTS, "spend_min_order", "referrer_bonus", "referred_bonus")
# What Tilda calls a field is up to the shop; its own names are known beside the usual ones.
NAMED = {
    "email": _("What the shop calls the e-mail"),
    "phone": _("What the shop calls the phone"),
    "name": _("What the shop calls the name"),
}
GROUPS = (
    (_("The shop"), ("name", "is_active", "currency", "default_region", "telegram_bot")),
    (
        _("Points for purchases"),
        (
            "base_percent",
            "basis",
            "rounding",
            "accrue_on",
            "pending_days",
            "bonus_lifetime_days",
            "expiry_warning_days",
        ),
    ),
    (_("Paying with points"), ("spend_max_percent", "spend_min_order", "grace_days")),
    (_("Invitations and levels"), ("referrer_bonus", "referred_bonus", "referral_limit", "level_window_days")),
    (_("Webhooks"), ("signature_mode", *(f"names_{what}" for what in NAMED))),
)


class ImportForm(forms.Form):
    """A file of customers."""

    file = forms.FileField(label=_("CSV file, 5 MB at most"))


class ProjectForm(forms.Form):
    """A new programme: everything else can be changed later."""

    name = forms.CharField(label=_("Name of the shop"), max_length=120)
    base_percent = forms.DecimalField(
        label=_("Percent of a purchase given as points"), min_value=0, max_value=100, decimal_places=2, initial=5
    )


class RulesForm(forms.ModelForm):
    """All that a shop decides about its programme."""

    class Meta:
        model = Project
        fields = tuple(name for _legend, names in GROUPS for name in names if not name.startswith("names_"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in AMOUNTS:
            self.fields[name].validators.append(MinValueValidator(0))
        for name in PERCENTS:
            self.fields[name].validators.append(MaxValueValidator(100))
        self.fields["bonus_lifetime_days"].validators.append(MinValueValidator(1))
        self.fields["bonus_lifetime_days"].help_text = _("Empty: points never expire.")
        for what, label in NAMED.items():
            known = ", ".join(self.instance.field_names.get(what) or [])
            self.fields[f"names_{what}"] = forms.CharField(
                label=label, required=False, initial=known, max_length=500, help_text=_("Several with commas between.")
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for what in NAMED:
            try:
                check_field_names({what: _names_in(given.get(f"names_{what}", ""))})
            except forms.ValidationError as error:
                self.add_error(f"names_{what}", error)
        return given

    def rules(self) -> dict[str, Any]:
        """Return what is to be written, by the project's columns."""
        given = dict(self.cleaned_data)
        names = {what: _names_in(given.pop(f"names_{what}")) for what in NAMED}
        return given | {"field_names": {what: written for what, written in names.items() if written}}

    def groups(self) -> Iterator[tuple[Any, list[BoundField]]]:
        """Yield the fields under their headings."""
        for legend, names in GROUPS:
            yield legend, [self[name] for name in names]


def _names_in(written: str) -> list[str]:
    return [one.strip() for one in written.split(",") if one.strip()]


class RotationForm(forms.Form):
    """How long what is replaced stays good."""

    overlap_hours = forms.TypedChoiceField(
        label=_("The one before"),
        coerce=int,
        initial=24,
        choices=[
            (24, _("stays good for a day")),
            (168, _("stays good for a week")),
            (0, _("ends now: it has leaked")),
        ],
    )

    def overlap(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["overlap_hours"])


class CallbackForm(RefusableForm):
    """Where the shop wants to hear of its customers' points."""

    url = forms.URLField(label=_("Address of the shop"), max_length=500, assume_scheme="https")


class SimulationForm(RefusableForm):
    """A body that is only tried out."""

    content_type = forms.ChoiceField(
        label=_("Format"), choices=[(JSON, "JSON"), (FORM, _("form (Tilda)")), (XML, "XML")]
    )
    body = forms.CharField(
        label=_("What the shop would send"),
        max_length=100_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "code"}),
    )


class MemberForm(RefusableForm):
    """Somebody who has an account here."""

    email = forms.EmailField(label=_("E-mail of the account"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=ProjectMember.Role.choices, initial=ProjectMember.Role.MANAGER)


class RemoveMemberForm(RefusableForm):
    """Says only why not."""
