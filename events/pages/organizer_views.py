"""The organizer's pages: their events, an event's form, and the steps of its life."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core import signing
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.selectors import get_user, list_managed_organizer_ids, list_managed_organizers
from accounts.services.create_organizer import create_organizer
from common.callers import caller_id
from common.ids import new_id
from common.transactions import use_case
from events.actors import Actor
from events.models import Event
from events.models.lifecycle import EDITABLE, Status
from events.pages.actors import actor_of
from events.pages.event_sheet import EventSheet
from events.pages.forms import MOST_TYPES, OrganizerForm, ReasonForm
from events.pages.organizer_presentation import present_own_event
from events.pages.presentation import url_of
from events.pages.steps import STEPS, edit_address, steps_of
from events.pages.workplace import tabs_of
from events.pictures import MOST_BYTES, cover_from
from events.ports import bookings
from events.selectors.events import get_any_event, get_managed_event, standing_of
from events.selectors.own_events import list_events_of_organizer
from events.services.change_cover import keep_picture
from events.services.check_event import missing_for_publication
from events.services.publish_event import publish_event
from events.services.save_event import Written, save_event, save_new_event
from events.services.update_event import EventClosed

PER_PAGE = 20
# The id that a form's draft gets: sent twice, it is made once.
SALT = "events.pages.new"


@method_decorator(never_cache, name="dispatch")
class OwnEventsView(LoginRequiredMixin, View):
    """All events of the reader's organizers, in every status."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user_id, over = caller_id(request), request.GET.get("show") == "over"
        managed = set(list_managed_organizer_ids(user_id=user_id))
        events = list_events_of_organizer(actor=actor_of(request), over=over)
        page = Paginator(events, PER_PAGE).get_page(request.GET.get("page"))
        rows = [present_own_event(event, managed=managed) for event in page]
        return render(request, "events/own_events.html", {"rows": rows, "page": page, "over": over, "manages": managed})


@method_decorator(never_cache, name="dispatch")
class NewEventView(LoginRequiredMixin, View):
    """An empty form; sent, it makes a draft, which may be published at once."""

    def get(self, request: HttpRequest) -> HttpResponse:
        organizers = list(list_managed_organizers(user_id=caller_id(request)))
        if not organizers:
            return redirect("new-organizer")
        sheet = EventSheet(event=None, organizers=organizers)
        sheet.form.initial["made_as"] = signing.dumps(str(new_id()), salt=SALT)
        return _show(request, sheet)

    def post(self, request: HttpRequest) -> HttpResponse:
        organizers = list(list_managed_organizers(user_id=caller_id(request)))
        if not organizers:
            return redirect("new-organizer")
        sheet = EventSheet(request.POST, request.FILES, event=None, organizers=organizers)
        if "more" in request.POST:
            return _show(request, _with_room(request, event=None, organizers=organizers))
        if not sheet.is_valid():
            return _show(request, sheet)
        now = timezone.now()
        event = sheet.carry_out(lambda: self._make(request, sheet, now))
        if event is None:
            return _show(request, sheet)
        return _saved(request, event, now)

    def _make(self, request: HttpRequest, sheet: EventSheet, now: datetime) -> Event:
        written = _written(sheet, now)
        chosen = sheet.form.cleaned_data.get("organizer")
        with use_case():
            return save_new_event(
                actor=actor_of(request),
                event_id=_draft_id(sheet.form.cleaned_data["made_as"]),
                organizer_id=uuid.UUID(chosen) if chosen else None,
                written=written,
                now=now,
            )


@method_decorator(never_cache, name="dispatch")
class EditEventView(LoginRequiredMixin, View):
    """The form of an event that is there; after a refused publication, with what is missing beside the fields."""

    def get(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        event = _editable(request, event_id)
        sheet = EventSheet(event=event, organizers=[])
        if request.GET.get("asked") == "publish" and event.status == Status.DRAFT:
            types = list(event.ticket_types.all())
            sheet.mark(missing_for_publication(event=event, types=types, now=timezone.now()))
        return _show(request, sheet)

    def post(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        event, now = _editable(request, event_id), timezone.now()
        sheet = EventSheet(request.POST, request.FILES, event=event, organizers=[])
        if "more" in request.POST:
            return _show(request, _with_room(request, event=event, organizers=[]))
        if not sheet.is_valid():
            return _show(request, sheet)
        saved = sheet.carry_out(lambda: self._save(request, event_id, sheet, now))
        if saved is not None:
            return _saved(request, saved, now)
        if sheet.is_stale:
            return _overtaken(request, event_id)
        return _show(request, sheet)

    def _save(self, request: HttpRequest, event_id: uuid.UUID, sheet: EventSheet, now: datetime) -> Event:
        written = _written(sheet, now)
        with use_case():
            return save_event(
                actor=actor_of(request),
                event_id=event_id,
                written=written,
                expected_version=sheet.form.cleaned_data["version"] or 0,
                now=now,
            )


@method_decorator(never_cache, name="dispatch")
class StepView(LoginRequiredMixin, View):
    """GET tells what a step means, POST takes it."""

    def get(self, request: HttpRequest, event_id: uuid.UUID, name: str) -> HttpResponse:
        return self._ask(request, event_id, name, ReasonForm(label_suffix=""))

    def post(self, request: HttpRequest, event_id: uuid.UUID, name: str) -> HttpResponse:
        actor, form = actor_of(request), ReasonForm(request.POST, label_suffix="")
        event, step = _steppable(actor, event_id), STEPS.get(name)
        if step is None:
            raise Http404
        if step.needs_reason and not form.is_valid():
            return self._ask(request, event_id, name, form)
        version = request.POST.get("version", "")
        with use_case():
            address = step.take(
                actor=actor,
                event=event,
                reason=form.cleaned_data["reason"] if step.needs_reason else "",
                version=int(version) if version.isdecimal() and len(version) < 10 else 0,
                now=timezone.now(),
            )
        messages.success(request, step.done)
        return redirect(address)

    def _ask(self, request: HttpRequest, event_id: uuid.UUID, name: str, form: ReasonForm) -> HttpResponse:
        actor = actor_of(request)
        event = _steppable(actor, event_id)
        manages = standing_of(actor=actor, event=event).manages
        step = next((one for one in steps_of(event, actor=actor, manages=manages) if one.name == name), None)
        if step is None:
            raise Http404
        stakes = bookings().stakes_of(event_ids=[event.id]) if name == "cancel" else None
        shown = {"event": event, "url": url_of(event), "step": step, "form": form, "stakes": stakes}
        return render(request, "events/step.html", shown)


@method_decorator(never_cache, name="dispatch")
class NewOrganizerView(LoginRequiredMixin, View):
    """Who has none yet says who organizes, then writes the first event."""

    def get(self, request: HttpRequest) -> HttpResponse:
        email = get_user(user_id=caller_id(request)).email
        return render(
            request,
            "events/new_organizer.html",
            {"form": OrganizerForm(initial={"contact_email": email}, label_suffix="")},
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        form = OrganizerForm(request.POST, label_suffix="")
        if not form.is_valid():
            return render(request, "events/new_organizer.html", {"form": form})
        with use_case():
            create_organizer(actor_id=caller_id(request), slug="", **form.cleaned_data)
        return redirect("new-event")


def _steppable(actor: Actor, event_id: uuid.UUID) -> Event:
    """Return the event to those who manage it, and to moderators; each step asks for itself who may take it.

    Raises:
        NotFound, NotAllowed
    """
    if actor.moderates:
        return get_any_event(administrator=actor, event_id=event_id)
    return get_managed_event(actor=actor, event_id=event_id)


def _editable(request: HttpRequest, event_id: uuid.UUID) -> Event:
    """Return the event.

    Raises:
        NotFound, NotAllowed: it isn't the reader's to change.
        EventClosed: it is over.
    """
    event = get_managed_event(actor=actor_of(request), event_id=event_id)
    if event.status not in EDITABLE:
        raise EventClosed(event_status=event.status)
    return event


def _written(sheet: EventSheet, now: datetime) -> Written:
    """Return what is to be saved, after its picture has been looked at and kept.

    Raises:
        PictureRefused
    """
    given = sheet.form.cleaned_data
    if given.get("no_cover"):
        return sheet.written(cover="")
    sent = given["cover"]
    if sent is None:
        return sheet.written(cover=None)
    return sheet.written(cover=keep_picture(content=cover_from(sent.read(MOST_BYTES + 1)), now=now))


def _saved(request: HttpRequest, event: Event, now: datetime) -> HttpResponse:
    """Publish what was saved if that was asked for; what is missing for it is said on the form."""
    if "publish" not in request.POST:
        messages.success(request, _("Saved."))
        return redirect(edit_address(event))
    event = get_managed_event(actor=actor_of(request), event_id=event.id)
    if missing_for_publication(event=event, types=list(event.ticket_types.all()), now=now):
        return redirect(f"{edit_address(event)}?asked=publish")
    with use_case():
        publish_event(actor=actor_of(request), event_id=event.id, now=now)
    messages.success(request, _("The event is published."))
    return redirect(url_of(event))


def _with_room(request: HttpRequest, *, event: Event | None, organizers: list[Any]) -> EventSheet:
    """Return what was sent with room for one more ticket type; nothing is saved yet."""
    sent = request.POST.copy()
    rows = sent.get("types-TOTAL_FORMS", "")
    sent["types-TOTAL_FORMS"] = str(min(int(rows) + 1, MOST_TYPES) if rows.isdecimal() and len(rows) < 4 else 1)
    return EventSheet(sent, event=event, organizers=organizers).unjudged()


def _overtaken(request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
    """Show what somebody else has saved meanwhile beside what was sent; sent once more, it is written over that."""
    event = _editable(request, event_id)
    sent = request.POST.copy()
    sent["version"] = str(event.version)
    sheet = EventSheet(sent, event=event, organizers=[]).unjudged()
    return _show(request, sheet, status=412, overtaken=True)


def _show(request: HttpRequest, sheet: EventSheet, *, status: int = 200, overtaken: bool = False) -> HttpResponse:
    shown: dict[str, Any] = {"sheet": sheet, "form": sheet.form, "event": sheet.event, "overtaken": overtaken}
    if sheet.event is not None:
        shown |= {"url": url_of(sheet.event), "steps": steps_of(sheet.event, actor=actor_of(request), manages=True)}
        shown["tabs"] = tabs_of(sheet.event)
    return render(request, "events/edit.html", shown, status=status)


def _draft_id(signed: str) -> uuid.UUID:
    """Read the id that the form was given; a torn one makes another draft."""
    try:
        return uuid.UUID(signing.loads(signed, salt=SALT))
    except signing.BadSignature:
        return new_id()
