"""Events, their ticket types and categories in the back office; a status changes through services only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from audit.services.record_entry import record_entry
from events import admin_moderation, admin_promo_codes
from events.admin_actors import administrator_of, may_moderate
from events.admin_orders import plan_step, take_step
from events.filters import LANGUAGES
from events.models import Category, Event, TicketType
from events.models.lifecycle import actions_from
from events.services.update_event import update_event
from events.templatetags.event_words import money, refund_words

# Registers its pages when it is imported.
__all__ = ["admin_moderation", "admin_promo_codes"]


OVERTAKEN = _("Somebody has changed the event meanwhile. Copy what you have written, and open this page anew.")


class EventForm(forms.ModelForm):
    """Content; the version that the administrator has read travels with it."""

    read_version = forms.IntegerField(widget=forms.HiddenInput)
    age_rating = forms.ChoiceField(
        label=_("Age rating"),
        choices=[(value, value) for value in Event.AgeRating.values],
        widget=UnfoldAdminSelectWidget,
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Event
        fields = ["title", "summary", "description", "category", "age_rating", "language", "contact"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial_version = self.instance.version
        self.fields["read_version"].initial = self.instance.version

    def clean(self) -> dict[str, Any]:
        """Refuse what somebody has overtaken while all that was written can still be shown; the service asks again."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("read_version") not in (None, self.initial_version):
            raise forms.ValidationError(OVERTAKEN)
        return given


class TicketTypeInline(TabularInline):
    model = TicketType
    hide_title = True
    fields = readonly_fields = [
        "name",
        "cost",
        "capacity",
        "held",
        "sold",
        "sale_opens_at",
        "sale_closes_at",
    ]
    ordering = ["position", "id"]
    extra = 0
    can_delete = False

    @admin.display(description=_("price"))
    def cost(self, ticket_type: TicketType) -> str:
        return money(ticket_type.price, ticket_type.currency)

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
    actions = ["publish", "suspend", "restore", "cancel", "archive", "change_prices"]
    actions_detail = ["publish_this", "suspend_this", "restore_this", "cancel_this", "archive_this"]
    readonly_fields = [
        *("id", "organizer", "status", "status_reason", "version", "published_at", "created_at"),
        *("starts_at", "ends_at", "time_zone", "city", "venue", "address", "online_url", "address_is_public"),
        *("currency", "capacity", "held", "sold", "refund_terms", "cancellable_hours_before"),
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
            {"fields": ["currency", "capacity", "held", "sold", "refund_terms", "cancellable_hours_before"]},
        ),
    ]

    @admin.display(description=_("refund policy"))
    def refund_terms(self, event: Event) -> str:
        return " ".join(refund_words(event))

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_suspend_permission(self, request: HttpRequest, *_: Any) -> bool:
        return may_moderate(request)

    def save_model(self, request: HttpRequest, obj: Event, form: Any, change: Any) -> None:
        """Write what was changed through the service, in the transaction that the admin has opened."""
        changed = {name: form.cleaned_data[name] for name in form.changed_data if name != "read_version"}
        if changed:
            update_event(
                actor=administrator_of(request),
                event_id=obj.pk,
                fields=changed,
                expected_version=form.cleaned_data["read_version"],
                now=timezone.now(),
            )

    @admin.action(permissions=["change"], description=_("Publish"))
    def publish(self, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse:
        return _plan(request, "publish", queryset)

    @admin.action(permissions=["suspend"], description=_("Take down, with a reason"))
    def suspend(self, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse:
        return _plan(request, "suspend", queryset)

    @admin.action(permissions=["suspend"], description=_("Put back what was taken down"))
    def restore(self, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse:
        return _plan(request, "restore", queryset)

    @admin.action(permissions=["change"], description=_("Cancel for good, with a reason"))
    def cancel(self, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse:
        return _plan(request, "cancel", queryset)

    @admin.action(permissions=["change"], description=_("Archive what is over"))
    def archive(self, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse:
        return _plan(request, "archive", queryset)

    @admin.action(permissions=["change"], description=_("Change all prices by a percentage"))
    def change_prices(self, request: HttpRequest, queryset: QuerySet[Event]) -> HttpResponse:
        return _plan(request, "change_prices", queryset)

    @action(description=_("Publish"), permissions=["change"])
    def publish_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._take(request, "publish", object_id)

    @action(description=_("Take down"), permissions=["suspend"])
    def suspend_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._take(request, "suspend", object_id)

    @action(description=_("Put back"), permissions=["suspend"])
    def restore_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._take(request, "restore", object_id)

    @action(description=_("Cancel for good"), permissions=["change"])
    def cancel_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._take(request, "cancel", object_id)

    @action(description=_("Archive"), permissions=["change"])
    def archive_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._take(request, "archive", object_id)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer the steps that the event's status allows."""
        event = self.get_object(request, object_id)
        allowed = actions_from(event.status) if event is not None else []
        offered = super().get_actions_detail(request, object_id)
        return [one for one in offered if any(one.action_name.endswith(f"_{step}_this") for step in allowed)]

    def _take(self, request: HttpRequest, step: str, object_id: str) -> HttpResponse:
        event = self.get_object(request, object_id)
        if event is None:
            raise Http404
        return take_step(request, step, event)


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
            actor_id=administrator_of(request).user_id,
            action="events.change_category" if change else "events.add_category",
            target_type="events.category",
            target_id=str(obj.pk),
            changes={name: [form.initial.get(name), form[name].value()] for name in form.changed_data},
        )

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        record_entry(
            actor_id=administrator_of(request).user_id,
            action="events.delete_category",
            target_type="events.category",
            target_id=str(obj.pk),
            changes={"slug": [obj.slug, None]},
        )
        super().delete_model(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out the deletion of many at once: each is audited by itself."""
        return {name: value for name, value in super().get_actions(request).items() if name != "delete_selected"}


def _plan(request: HttpRequest, step: str, events: QuerySet[Event]) -> HttpResponse:
    """Ask what a step needs and show what hangs on it, for however many events."""
    return plan_step(request, step, events.order_by("starts_at", "id").values_list("pk", flat=True))
