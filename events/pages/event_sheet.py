"""An event as one page of forms: filled from what is stored, read into what is to be saved, refused field by field."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Self, TypeVar

from django import forms
from django.forms.utils import ErrorDict, ErrorList
from django.utils.translation import gettext as _

from common.problems import FieldProblem, Problem, StaleVersion
from events.models import Event, TicketType
from events.models.lifecycle import Status
from events.pages.fields import at, shown
from events.pages.forms import (
    BANDS,
    CONTENT,
    MOST_TYPES,
    NOTHING,
    TYPE_FIELDS,
    UNDECIDED,
    EventForm,
    RefundBands,
    TicketTypes,
    policy_of,
)
from events.pictures import PictureRefused
from events.services.save_event import Written, WrittenType
from events.services.update_event import RescheduleRequired

R = TypeVar("R")
# Where the page's ticket types begin.
TYPES = "types"
OF_A_TYPE = re.compile(r"/ticket_types/(?P<row>\d+)/(?P<field>\w+)")
TIMES = ("starts_at", "ends_at")
SALE_TIMES = ("sale_opens_at", "sale_closes_at")
# Where a refusal of the use case stands on the page, when its pointer has another name.
FIELD_OF = {"refund_policy": "refunds"}


class EventSheet:
    """Three forms that are valid, saved and refused together."""

    def __init__(self, data: Any = None, files: Any = None, *, event: Event | None, organizers: list[Any]) -> None:
        self.event = event
        self.types_before: list[TicketType] = list(event.ticket_types.all()) if event else []
        self.form = EventForm(data, files, event=event, organizers=organizers, initial=_initial(event), label_suffix="")
        self.types = TicketTypes(
            data, prefix="types", initial=self._initial_types(data), form_kwargs={"label_suffix": ""}
        )
        for row in self.types.forms:
            if not row.initial or event is None or event.status != Status.DRAFT:
                del row.fields["removed"]
        bands = event.refund_policy.get("bands", []) if event and data is None else None
        # A step that is emptied is gone.
        self.bands = RefundBands(
            data, prefix="bands", initial=bands, form_kwargs={"empty_permitted": True, "label_suffix": ""}
        )
        self.types_refused: list[str] = []
        self.is_stale = False

    def is_valid(self) -> bool:
        """Tell whether all can be read; every fault is marked at once."""
        read = [self.form.is_valid(), self.types.is_valid(), self.bands.is_valid() or not self._has_bands()]
        if all(read):
            self._read_times()
            if self._has_bands() and not self.bands.bands():  # type: ignore[attr-defined]
                self.form.add_error("refunds", _("Write at least one step of the refunds."))
        return all(read) and not self.form.errors and not any(self.types.errors)

    def written(self, *, cover: str | None) -> Written:
        """Return the valid input as the services take it."""
        given = self.form.cleaned_data
        currency = self.event.currency if self.event else given["currency"]
        before = self.event.refund_policy if self.event else {}
        bands = self.bands.bands() if self._has_bands() else []  # type: ignore[attr-defined]
        fields = {name: given[name] for name in (*CONTENT, *TIMES)}
        fields["category"] = self.form.categories[given["category"]]
        fields["refund_policy"] = policy_of(given["refunds"], bands, given["fee"], before)
        if self.event is None:
            fields["currency"] = currency
        types = [
            WrittenType(
                id=one.type_id(), fields=one.columns(currency) | {name: one.cleaned_data[name] for name in SALE_TIMES}
            )
            for one in self._rows()
        ]
        return Written(
            fields=fields,
            ticket_types=types,
            removed_types=[one.cleaned_data["id"] for one in self.types.forms if _is_removed(one)],
            cover=cover,
            reason=given.get("reason", ""),
        )

    def carry_out(self, use_case: Callable[[], R]) -> R | None:
        """Return the outcome, or None when it was refused: then the reasons stand beside the fields."""
        try:
            return use_case()
        except Problem as refusal:
            self.refuse(refusal)
            return None

    def refuse(self, refusal: Problem) -> None:
        self.is_stale = isinstance(refusal, StaleVersion)
        if isinstance(refusal, RescheduleRequired) and "reason" in self.form.fields:
            self.form.add_error("reason", _("Say why: everyone who has booked will read it."))
        elif isinstance(refusal, PictureRefused):
            self.form.add_error("cover", _(refusal.title))
        elif refusal.errors:
            self.mark(refusal.errors)
        elif not self.is_stale:
            self.form.add_error(None, refusal.detail or _(refusal.title))

    def mark(self, wrong: Iterable[FieldProblem]) -> None:
        """Write each refusal beside the field that its pointer names, or above all."""
        if not self.form.is_bound:
            # Nothing has been sent: what is wrong is what is stored.
            self.form.cleaned_data = {}
        rows = self._rows()
        for one in wrong:
            in_type = OF_A_TYPE.match(one.pointer)
            if in_type and int(in_type["row"]) < len(rows) and in_type["field"] in rows[int(in_type["row"])].fields:
                rows[int(in_type["row"])].add_error(in_type["field"], one.detail)
                continue
            name = one.pointer.strip("/").split("/")[0]
            field = FIELD_OF.get(name, name)
            if name == "ticket_types":
                self.types_refused.append(str(one.detail))
            else:
                self.form.add_error(field if field in self.form.fields else None, one.detail)

    def unjudged(self) -> Self:
        """Let what was sent be shown without a look at what is wrong with it."""
        for form in (self.form, *self.types.forms, *self.bands.forms):
            form._errors = ErrorDict()
        for group in (self.types, self.bands):
            vars(group).update(_errors=[], _non_form_errors=ErrorList())
        return self

    def differences(self) -> list[tuple[str, Any, Any]]:
        """Return what was sent otherwise than it is stored: the label, what is stored, what was sent."""
        rows = [one for one in self.types.forms if one.initial]
        return [
            (_label(form, name), _as_shown(form, name), form[name].value())
            for form in (self.form, *rows)
            for name in form.changed_data
            if name not in ("version", "made_as")
        ]

    @property
    def faults(self) -> list[tuple[str, str, list[str]]]:
        """Return what is wrong, each with the field's id and label, in the page's order."""
        found = [("", "", [str(one) for one in self.form.non_field_errors()])]
        bands = [self.bands] if self._has_bands() else []
        for form in (self.form, *self.types.forms, *(one for group in bands for one in group.forms)):
            found += [
                (field.id_for_label or field.auto_id, str(field.label), [str(one) for one in field.errors])
                for field in form
                if field.errors
            ]
        found += [("", "", [str(one) for one in group.non_form_errors()]) for group in (self.types, *bands)]
        found.append((TYPES, "", self.types_refused))
        return [one for one in found if one[2]]

    def _initial_types(self, data: Any) -> list[dict[str, Any]]:
        """Return what is stored, row by row: of what was sent, by the rows' ids, since others may have added types."""
        stored = {str(one.id): _type_initial(one, self.event) for one in self.types_before}
        if data is None:
            return list(stored.values())
        return [stored.get(data.get(f"types-{row}-id", ""), {}) for row in range(MOST_TYPES)]

    def _rows(self) -> list[Any]:
        """Return the ticket types that were written; a row that was left empty is none, nor one that is to go."""
        return [one for one in self.types.forms if getattr(one, "cleaned_data", None) and not _is_removed(one)]

    def _has_bands(self) -> bool:
        return bool(self.form["refunds"].value() == BANDS)

    def _read_times(self) -> None:
        """Give the times the zone that was chosen beside them."""
        zone = self.form.cleaned_data["time_zone"]
        for name in TIMES:
            _read_time(self.form, name, zone, self.event)
        known = {one.id: one for one in self.types_before}
        for row in self._rows():
            for name in SALE_TIMES:
                _read_time(row, name, zone, known.get(row.cleaned_data["id"]))


def _as_shown(form: Any, name: str) -> Any:
    field = form.fields[name]
    return field.prepare_value(form.get_initial_for_field(field, name))


def _is_removed(row: Any) -> bool:
    return bool(getattr(row, "cleaned_data", {}).get("removed"))


def _read_time(form: Any, name: str, zone: str, before: Any) -> None:
    try:
        form.cleaned_data[name] = at(form.cleaned_data[name], zone, before=getattr(before, name, None))
    except forms.ValidationError as wrong:
        form.add_error(name, wrong)


def _label(form: Any, name: str) -> str:
    """Return the field's label, behind the ticket type's name where there are several."""
    label = str(form.fields[name].label)
    return f"{form.initial['name']}: {label}" if "price" in form.fields else label


def _initial(event: Event | None) -> dict[str, Any]:
    if event is None:
        return {
            "language": "ru",
            "time_zone": "Europe/Moscow",
            "currency": "RUB",
            "cancellable_hours_before": 24,
            "counts_unscanned": True,
            "refunds": UNDECIDED,
        }
    policy = event.refund_policy
    choice = UNDECIDED if "bands" not in policy else BANDS if policy["bands"] else NOTHING
    return (
        {name: getattr(event, name) for name in CONTENT}
        | {name: shown(getattr(event, name), event.time_zone) for name in TIMES}
        | {"category": event.category.slug, "version": event.version, "refunds": choice, "fee": policy.get("fee")}
    )


def _type_initial(one: TicketType, event: Event | None) -> dict[str, Any]:
    zone = event.time_zone if event else "UTC"
    return {name: getattr(one, name) for name in (*TYPE_FIELDS, "id", "price")} | {
        name: shown(getattr(one, name), zone) for name in SALE_TIMES
    }
