"""The form of an event: what it says, what can be bought, and what is refunded."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from common.money import Money
from events.filters import LANGUAGES
from events.input_rules import CURRENCIES, MOST_BANDS, earliest_first, fault_of_bands
from events.models import Event
from events.pages.fields import LineField, LinkField, LocalTimeField, TagsField, TextField, ZoneField
from events.selectors.catalogue import list_categories

MOST_SEATS = 1_000_000
MOST_TYPES = 50
MOST_PER_BOOKING = 100
HOURS_OF_YEAR = 8760
CONTENT = (
    *("title", "summary", "description", "tags", "language", "age_rating", "city", "venue", "address"),
    *("latitude", "longitude", "address_is_public", "online_url", "contact", "time_zone", "capacity"),
    *("doors_open_hours_before", "cancellable_hours_before", "counts_unscanned"),
)
TYPE_FIELDS = ("name", "capacity", "min_per_booking", "max_per_booking", "access_code")
UNDECIDED, NOTHING, BANDS = "", "none", "bands"
REFUNDS = [
    (UNDECIDED, _("Not decided yet")),
    (NOTHING, _("Nothing is refunded")),
    (BANDS, _("A share, by how early they cancel")),
]


class EventForm(forms.Form):
    """What an event says about itself, with the version in which it was read."""

    organizer = forms.ChoiceField(label=_("Organizer"))
    title = LineField(label=_("Title"), max_length=160)
    summary = LineField(label=_("In one sentence"), max_length=300, required=False)
    description = TextField(
        label=_("Description"),
        max_length=20_000,
        required=False,
        help_text=_("Markdown: empty lines part paragraphs, **two stars** make words stand out, - begins a list."),
        widget=forms.Textarea(attrs={"rows": 10}),
    )
    category = forms.ChoiceField(label=_("Category"))
    tags = TagsField(label=_("Tags"), required=False, help_text=_("Between commas, at most ten."))
    language = forms.ChoiceField(label=_("Language of the event"), choices=LANGUAGES)
    age_rating = forms.ChoiceField(label=_("Age rating"), choices=[(one, one) for one in Event.AgeRating.values])
    cover = forms.FileField(
        label=_("Picture"),
        required=False,
        help_text=_(
            "JPEG, PNG or WebP of at least 400 × 225 pixels and at most 10 MB. Without one, a drawn one is shown."
        ),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    no_cover = forms.BooleanField(label=_("Take the picture away"), required=False)
    time_zone = ZoneField(label=_("Time zone"), help_text=_("All times on this page are of its clocks."))
    starts_at = LocalTimeField(label=_("It begins"))
    ends_at = LocalTimeField(label=_("It ends"))
    doors_open_hours_before = forms.IntegerField(
        label=_("The door opens so many hours before the start"),
        min_value=0,
        max_value=HOURS_OF_YEAR,
        required=False,
        help_text=_("Left empty, tickets are admitted at any time."),
    )
    city = LineField(label=_("City"), max_length=80, required=False)
    venue = LineField(label=_("Place"), max_length=160, required=False, help_text=_("What people look for on a map."))
    address = LineField(label=_("Exact address"), max_length=240, required=False)
    address_is_public = forms.BooleanField(
        label=_("Show the address to everybody"),
        required=False,
        help_text=_("Otherwise it comes with the booking."),
    )
    latitude = forms.DecimalField(
        label=_("Latitude"), max_digits=8, decimal_places=6, min_value=-90, max_value=90, required=False
    )
    longitude = forms.DecimalField(
        label=_("Longitude"), max_digits=9, decimal_places=6, min_value=-180, max_value=180, required=False
    )
    online_url = LinkField(label=_("Online link"), required=False, help_text=_("Only those who have booked see it."))
    contact = LineField(
        label=_("Contact for guests"),
        max_length=200,
        required=False,
        help_text=_("A phone or an e-mail address; only those who have booked see it."),
    )
    reason = TextField(
        label=_("Why time or place change"),
        max_length=2000,
        required=False,
        help_text=_("Seats are taken: everyone who has booked is told, and may cancel without a loss for a week."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    currency = forms.ChoiceField(label=_("Currency of the tickets"), choices=[(one, one) for one in CURRENCIES])
    capacity = forms.IntegerField(
        label=_("Seats in all"),
        min_value=1,
        max_value=MOST_SEATS,
        required=False,
        help_text=_("Left empty, only the tickets' own numbers count."),
    )
    refunds = forms.ChoiceField(label=_("When guests cancel"), choices=REFUNDS, required=False)
    fee = forms.DecimalField(
        label=_("Kept of every refund"), max_digits=8, decimal_places=2, min_value=0, required=False
    )
    cancellable_hours_before = forms.IntegerField(
        label=_("Bookings can be cancelled until so many hours before the start"),
        min_value=0,
        max_value=HOURS_OF_YEAR,
    )
    counts_unscanned = forms.BooleanField(
        label=_("Guests whom nobody has scanned count as having been there"), required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    made_as = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, event: Event | None, organizers: list[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        self.categories = {one.slug: one for one in list_categories()}
        self.fields["category"].choices = [("", "—"), *_tree(list(self.categories.values()))]  # type: ignore[attr-defined]
        self.fields["organizer"].choices = [(str(one.id), one.name) for one in organizers]  # type: ignore[attr-defined]
        if event is not None or len(organizers) == 1:
            del self.fields["organizer"]
        if event is None:
            del self.fields["no_cover"]
        else:
            del self.fields["currency"]
            if not event.cover:
                del self.fields["no_cover"]
        if event is None or event.status != Event.Status.PUBLISHED or not event.held + event.sold:
            del self.fields["reason"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not {"latitude", "longitude"} & self.errors.keys() and (given["latitude"] is None) != (
            given["longitude"] is None
        ):
            self.add_error("longitude", _("Give both coordinates, or none."))
        return given


class TicketTypeForm(forms.Form):
    """A kind of ticket; a row that is left empty is none."""

    id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    name = LineField(label=_("What the ticket is called"), max_length=120)
    price = forms.DecimalField(label=_("Price"), max_digits=12, decimal_places=2, min_value=0)
    capacity = forms.IntegerField(label=_("Seats"), min_value=1, max_value=MOST_SEATS)
    sale_opens_at = LocalTimeField(label=_("On sale from"), required=False)
    sale_closes_at = LocalTimeField(label=_("On sale until"), required=False)
    min_per_booking = forms.IntegerField(
        label=_("At least per booking"), min_value=1, max_value=MOST_PER_BOOKING, initial=1
    )
    max_per_booking = forms.IntegerField(
        label=_("At most per booking"), min_value=1, max_value=MOST_PER_BOOKING, initial=10
    )
    access_code = LineField(
        label=_("Access code"),
        max_length=40,
        required=False,
        help_text=_("Who doesn't know it doesn't see these tickets."),
    )

    removed = forms.BooleanField(
        label=_("Take this ticket away"),
        required=False,
        help_text=_("With its questions, and the promo codes that count for it alone."),
    )

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and getattr(self, "cleaned_data", {}).get("removed"):
            # Nobody mends what is to go.
            self._errors = ErrorDict()

    def columns(self, currency: str) -> dict[str, Any]:
        """Return what was written, but for the times of sale."""
        given = self.cleaned_data
        return {name: given[name] for name in TYPE_FIELDS} | {"price": Money(given["price"], currency)}

    def type_id(self) -> uuid.UUID | None:
        found: uuid.UUID | None = self.cleaned_data["id"]
        return found


class BandForm(forms.Form):
    """A step of the refunds."""

    hours_before = forms.IntegerField(label=_("Hours before the start"), min_value=0, max_value=HOURS_OF_YEAR)
    percent = forms.IntegerField(label=_("Percent back"), min_value=0, max_value=100)


class Bands(forms.BaseFormSet):
    def clean(self) -> None:
        if not any(self.errors):
            fault = fault_of_bands(self.bands())
            if fault is not None:
                raise forms.ValidationError(fault[1], code=fault[0])

    def bands(self) -> list[dict[str, int]]:
        """Return the steps, the earliest first."""
        written = [one.cleaned_data for one in self.forms if one.cleaned_data]
        return earliest_first([{name: one[name] for name in ("hours_before", "percent")} for one in written])


TicketTypes = forms.formset_factory(
    TicketTypeForm, extra=1, max_num=MOST_TYPES, absolute_max=MOST_TYPES, validate_max=True
)
RefundBands = forms.formset_factory(
    BandForm, formset=Bands, extra=1, max_num=MOST_BANDS, absolute_max=MOST_BANDS, validate_max=True
)


class OrganizerForm(forms.Form):
    """Who organizes: the first step of whoever does so for the first time."""

    name = LineField(
        label=_("Name of the organizer"), max_length=160, help_text=_("A club, a company, or your own name.")
    )
    contact_email = forms.EmailField(label=_("E-mail address for guests"))
    description = TextField(
        label=_("About you"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


class ReasonForm(forms.Form):
    reason = TextField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


def policy_of(choice: str, bands: list[dict[str, int]], fee: Decimal | None, before: dict[str, Any]) -> dict[str, Any]:
    """Return the refund policy as it is stored; what this form doesn't show stays as it was."""
    if choice == UNDECIDED:
        return {}
    kept = {name: value for name, value in before.items() if name not in ("bands", "fee")}
    policy = kept | {"bands": bands if choice == BANDS else []}
    if fee or (fee is not None and "fee" in before):
        policy["fee"] = before["fee"] if "fee" in before and Decimal(before["fee"]) == fee else str(fee)
    return policy


def _tree(categories: list[Any]) -> list[tuple[str, str]]:
    """Return the leaves and branches in the order of the tree, the deeper the further in."""
    rows: list[tuple[str, str]] = []

    def walk(parent_id: Any, depth: int) -> None:
        for one in categories:
            if one.parent_id == parent_id:
                rows.append((one.slug, "\N{EM DASH} " * depth + one.name))
                walk(one.id, depth + 1)

    walk(None, 0)
    return rows
