"""What people attend."""

from datetime import datetime

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id


class EventQuerySet(models.QuerySet["Event"]):
    def listed(self) -> "EventQuerySet":
        return self.filter(status__in=[Event.Status.PUBLISHED, Event.Status.RUNNING])

    def readable_by_guests(self) -> "EventQuerySet":
        return self.exclude(status__in=[Event.Status.DRAFT, Event.Status.SUSPENDED])

    def upcoming(self, now: datetime) -> "EventQuerySet":
        return self.filter(ends_at__gt=now)

    def of_member(self, user_id: object) -> "EventQuerySet":
        return self.filter(organizer__members__user_id=user_id)


class Event(models.Model):
    """An event of an organizer; `services/change_status.py` holds the table of its life."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")
        ARCHIVED = "archived", _("archived")
        SUSPENDED = "suspended", _("taken down")
        CANCELLED = "cancelled", _("cancelled")

    class AgeRating(models.TextChoices):
        ALL = "0+"
        SIX = "6+"
        TWELVE = "12+"
        SIXTEEN = "16+"
        EIGHTEEN = "18+"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organizer = models.ForeignKey("accounts.Organizer", on_delete=models.PROTECT, related_name="+")
    category = models.ForeignKey("events.Category", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=160)
    slug = models.SlugField(max_length=180)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True)
    language = models.CharField(max_length=5, default="ru")
    tags = models.JSONField(default=list, blank=True)
    age_rating = models.CharField(max_length=3, choices=AgeRating, default=AgeRating.ALL)
    cover = models.CharField(max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    venue = models.CharField(_("venue"), max_length=160, blank=True)
    address = models.CharField(_("address"), max_length=240, blank=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    online_url = models.URLField(blank=True)
    address_is_public = models.BooleanField(default=False)
    contact = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    time_zone = models.CharField(max_length=64, default="Europe/Moscow")
    currency = models.CharField(max_length=3, default="RUB")
    # Seats over all ticket types; empty: only the types limit.
    capacity = models.PositiveIntegerField(null=True, blank=True)
    held = models.PositiveIntegerField(default=0, db_default=0)
    sold = models.PositiveIntegerField(default=0, db_default=0)
    refund_policy = models.JSONField(default=dict, blank=True)
    cancellable_hours_before = models.PositiveSmallIntegerField(default=24)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    status_reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            # An event ends after it starts.
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="events_event_ends_after_start"
            ),
            # Never more seats held and sold than there are.
            models.CheckConstraint(
                condition=models.Q(capacity__isnull=True) | models.Q(capacity__gte=models.F("held") + models.F("sold")),
                name="events_event_within_capacity",
            ),
            # An organizer's addresses are its own.
            models.UniqueConstraint(fields=["organizer", "slug"], name="events_event_slug_unique"),
            # Taken down or cancelled for a reason.
            models.CheckConstraint(
                condition=~models.Q(status__in=["suspended", "cancelled"]) | ~models.Q(status_reason=""),
                name="events_event_reason_given",
            ),
        ]
        indexes = [
            # list_catalogue, soonest first
            models.Index(
                fields=["starts_at", "id"],
                condition=models.Q(status__in=["published", "running"]),
                name="events_event_catalogue",
            ),
            # list_events_of_organizer
            models.Index(fields=["organizer", "-starts_at"], name="events_event_of_organizer"),
            # advance_by_clock
            models.Index(fields=["status", "starts_at"], name="events_event_clock"),
        ]

    def __str__(self) -> str:
        return self.title
