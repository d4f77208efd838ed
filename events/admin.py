"""Events, their ticket types and categories in the back office; a status changes through services only."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import use_case
from events.actors import Actor
from events.models import Category, Event, TicketType
from events.services.cancel_event import cancel_event
from events.services.restore_event import restore_event
from events.services.suspend_event import suspend_event
from events.services.update_event import update_event

MOST_AT_ONCE = 100


def _suspend(administrator: Actor, event_id: UUID, reason: str) -> Event:
    return suspend_event(administrator=administrator, event_id=event_id, reason=reason)


def _cancel(administrator: Actor, event_id: UUID, reason: str) -> Event:
    return cancel_event(actor=administrator, event_id=event_id, reason=reason)


# What needs a reason: how it is asked for, and who does it.
REASONED: dict[str, tuple[Any, Callable[[Actor, UUID, str], Event]]] = {
    "suspend": (_("Take down"), _suspend),
    "cancel": (_("Cancel for good"), _cancel),
}


class ReasonForm(forms.Form):
    """Why; the organizer and everybody with a booking read it."""

    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=UnfoldAdminTextareaWidget)


class EventForm(forms.ModelForm):
    """Content; the version that the administrator has read travels with it."""

    read_version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Event
        fields = ["title", "summary", "description", "category", "age_rating", "language", "contact"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["read_version"].initial = self.instance.version


class TicketTypeInline(TabularInline):
    model = TicketType
    fields = readonly_fields = [
        "name",
        "price",
        "currency",
        "capacity",
        "held",
        "sold",
        "sale_opens_at",
        "sale_closes_at",
    ]
    ordering = ["position", "id"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


@admin.register(Event)
class EventAdmin(ModelAdmin):
    form = EventForm
    list_display = ["title", "organizer", "category", "status", "starts_at", "city", "held", "sold"]
    list_filter = ["status", "category", "starts_at"]
    list_select_related = ["organizer", "category"]
    search_fields = ["title", "organizer__name", "=id", "city"]
    ordering = ["-starts_at", "-id"]
    date_hierarchy = None
    show_full_result_count = False
    list_per_page = 50
    inlines = [TicketTypeInline]
    actions = ["suspend", "restore", "cancel"]
    actions_detail = ["suspend_this", "restore_this", "cancel_this"]
    readonly_fields = [
        *("id", "organizer", "status", "status_reason", "version", "published_at", "created_at"),
        *("starts_at", "ends_at", "time_zone", "city", "venue", "address", "online_url", "address_is_public"),
        *("currency", "capacity", "held", "sold", "refund_policy", "cancellable_hours_before"),
    ]
    fieldsets = [
        (_("Content"), {"fields": [*EventForm.Meta.fields, "read_version"]}),
        (
            _("Status"),
            {"fields": ["id", "organizer", "status", "status_reason", "version", "published_at", "created_at"]},
        ),
        (
            _("Time and place"),
            {
                "fields": [
                    *("starts_at", "ends_at", "time_zone", "city", "venue", "address", "address_is_public"),
                    "online_url",
                ]
            },
        ),
        (
            _("Seats and money"),
            {"fields": ["currency", "capacity", "held", "sold", "refund_policy", "cancellable_hours_before"]},
        ),
    ]

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: Any) -> None:
        """Write what was changed through the service, in the transaction that the admin has opened."""
        changed = {name: form.cleaned_data[name] for name in form.changed_data if name != "read_version"}
        if changed:
            update_event(
                actor=_administrator(request),
                event_id=obj.pk,
                fields=changed,
                expected_version=form.cleaned_data["read_version"],
                now=timezone.now(),
            )

    def get_urls(self) -> list[Any]:
        asking = path("because/<str:step>/", self.admin_site.admin_view(self.ask_reason), name="events_event_because")
        return [asking, *super().get_urls()]

    @admin.action(permissions=["change"], description=_("Take down, with a reason"))
    def suspend(self, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse:
        return _ask("suspend", queryset.values_list("pk", flat=True))

    @admin.action(permissions=["change"], description=_("Cancel for good, with a reason"))
    def cancel(self, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse:
        return _ask("cancel", queryset.values_list("pk", flat=True))

    @admin.action(permissions=["change"], description=_("Put back what was taken down"))
    def restore(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        now = timezone.now()
        self._each(
            request,
            list(queryset),
            lambda event: restore_event(administrator=_administrator(request), event_id=event.pk, now=now),
        )

    @action(description=_("Take down"), permissions=["change"])
    def suspend_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _ask("suspend", [object_id])

    @action(description=_("Cancel for good"), permissions=["change"])
    def cancel_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return _ask("cancel", [object_id])

    @action(description=_("Put back"), permissions=["change"])
    def restore_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        self.restore(request, Event.objects.filter(pk=object_id))
        return HttpResponseRedirect(reverse("admin:events_event_change", args=[object_id]))

    def ask_reason(self, request: HttpRequest, step: str) -> HttpResponse:
        """Show which events a step concerns, ask why, and take it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if step not in REASONED:
            raise BadRequest
        title, take = REASONED[step]
        events = _named(request.GET)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            self._each(request, events, lambda event: take(_administrator(request), event.pk, reason))
            return HttpResponseRedirect(reverse("admin:events_event_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "events": events,
            "seats": sum(event.sold for event in events),
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/events/because.html", context)

    def _each(self, request: HttpRequest, events: list[Event], take: Callable[[Event], Any]) -> None:
        """Run one use case per event: a refusal of one leaves the others done, and is shown."""
        done = 0
        for event in events:
            try:
                with use_case():
                    take(event)
            except Problem as problem:
                self.message_user(request, f"{event.title}: {gettext(problem.title)}", messages.WARNING)
            else:
                done += 1
        if done:
            self.message_user(request, ngettext("%d event done.", "%d events done.", done) % done)


@admin.register(Category)
class CategoryAdmin(ModelAdmin):
    list_display = ["name_ru", "name_en", "slug", "parent", "position"]
    list_select_related = ["parent"]
    list_filter = ["parent"]
    search_fields = ["name_ru", "name_en", "slug"]
    ordering = ["position", "slug"]
    prepopulated_fields = {"slug": ["name_en"]}

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: Any) -> None:
        super().save_model(request, obj, form, change)
        record_entry(
            actor_id=_administrator(request).user_id,
            action="events.change_category" if change else "events.add_category",
            target_type="events.category",
            target_id=str(obj.pk),
            changes={name: [form.initial.get(name), form[name].value()] for name in form.changed_data},
        )

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        record_entry(
            actor_id=_administrator(request).user_id,
            action="events.delete_category",
            target_type="events.category",
            target_id=str(obj.pk),
            changes={"slug": [obj.slug, None]},
        )
        super().delete_model(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out the deletion of many at once: each is audited by itself."""
        return {name: value for name, value in super().get_actions(request).items() if name != "delete_selected"}


def _administrator(request: HttpRequest) -> Actor:
    """Return the member of staff; the admin site lets nobody in without a second factor."""
    return Actor(user_id=UUID(str(request.user.pk)), administers=True)


def _ask(step: str, event_ids: Any) -> HttpResponse:
    query = QueryDict(mutable=True)
    query.setlist("id", [str(event_id) for event_id in list(event_ids)[:MOST_AT_ONCE]])
    return HttpResponseRedirect(f"{reverse('admin:events_event_because', args=[step])}?{query.urlencode()}")


def _named(query: QueryDict) -> list[Event]:
    """Return the events that a query names; what is no id names none."""
    ids = []
    for text in query.getlist("id")[:MOST_AT_ONCE]:
        field = forms.UUIDField(required=False)
        try:
            ids.append(field.clean(text))
        except forms.ValidationError:
            continue
    return list(Event.objects.filter(pk__in=[one for one in ids if one]).select_related("organizer").order_by("id"))
