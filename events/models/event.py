"""What people attend."""

from datetime import datetime, timedelta

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Cast, Now, Upper
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from events.models import lifecycle, search
from events.models.event_queryset import EventManager

LISTED = models.Q(status__in=["published", "running"])


class Event(models.Model):
    """An event of an organizer; `lifecycle.py` holds the table of its life."""

    Status = lifecycle.Status

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
    # Doors admit nobody earlier than so many hours before the start; empty: whenever somebody stands there and scans.
    doors_open_hours_before = models.PositiveSmallIntegerField(null=True, blank=True)
    # Whether confirmed bookings that nobody scanned count as attended after the end.
    counts_unscanned = models.BooleanField(default=True, db_default=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    status_reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    published_at = models.DateTimeField(null=True, blank=True)
    # Moved to another time or place: until then whoever had booked before may leave without a loss.
    rescheduled_at = models.DateTimeField(null=True, blank=True)
    free_cancellation_until = models.DateTimeField(null=True, blank=True)
    series = models.ForeignKey(
        "events.EventSeries", on_delete=models.PROTECT, related_name="events", null=True, blank=True
    )
    series_position = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    # Of the ticket types that need no access code, kept by a trigger of theirs; `price_to` is empty without any. What can
    # be bought now counts; if nothing can, what will be on sale; if nothing will, what was.
    price_from = models.DecimalField(max_digits=12, decimal_places=2, default=0, db_default=0, editable=False)
    price_to = models.DecimalField(max_digits=12, decimal_places=2, null=True, editable=False)
    # When a sale opens or closes next, and both are worked out again (services/follow_sales.py).
    prices_until = models.DateTimeField(null=True, editable=False)
    # The mean stars of its own reviews, or of its organizer's while it has none; and what lists are ordered by.
    rating = models.DecimalField(max_digits=3, decimal_places=2, null=True, editable=False)
    rating_score = models.DecimalField(max_digits=5, decimal_places=4, default=4, db_default=4, editable=False)
    rating_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    rated_at = models.DateTimeField(null=True, editable=False)
    # services/roll_up_popularity.py
    popularity = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    # The day of the start by the calendar of the place.
    starts_on = models.GeneratedField(
        expression=Cast(
            models.Func("time_zone", "starts_at", function="timezone", output_field=models.DateTimeField()),
            models.DateField(),
        ),
        output_field=models.DateField(),
        db_persist=True,
    )
    online = models.GeneratedField(
        expression=models.Case(models.When(online_url="", then=False), default=True),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # Where the map and the radius put it: to about a kilometre, unless everybody may see the address. A search by
    # distance would find an exact point by asking often enough.
    map_latitude = models.GeneratedField(
        expression=search.coarse("latitude", "address_is_public"), output_field=models.FloatField(), db_persist=True
    )
    map_longitude = models.GeneratedField(
        expression=search.coarse("longitude", "address_is_public"), output_field=models.FloatField(), db_persist=True
    )
    search = models.GeneratedField(expression=search.document(), output_field=SearchVectorField(), db_persist=True)

    objects = EventManager()

    class Meta:
        permissions = [("suspend_event", "Can take events down and put them back")]
        constraints = [
            # A status is one of the table's.
            models.CheckConstraint(
                condition=models.Q(status__in=lifecycle.Status.values), name="events_event_status_known"
            ),
            # What has left the draft was published at some time.
            models.CheckConstraint(
                condition=models.Q(status="draft") | models.Q(published_at__isnull=False),
                name="events_event_published_at_known",
            ),
            # An age rating is one of the law's five.
            models.CheckConstraint(
                condition=models.Q(age_rating__in=["0+", "6+", "12+", "16+", "18+"]),
                name="events_event_age_rating_known",
            ),
            # The site speaks two languages, and so do events.
            models.CheckConstraint(condition=models.Q(language__in=["ru", "en"]), name="events_event_language_known"),
            # Money is one of the currencies that payments know.
            models.CheckConstraint(
                condition=models.Q(currency__in=["RUB", "BYN", "KZT", "EUR", "USD"]), name="events_event_currency_known"
            ),
            # An overall capacity leaves room for somebody.
            models.CheckConstraint(
                condition=models.Q(capacity__isnull=True) | models.Q(capacity__gte=1), name="events_event_has_room"
            ),
            # Free cancellation begins with a reschedule and ends after it.
            models.CheckConstraint(
                condition=models.Q(rescheduled_at__isnull=True, free_cancellation_until__isnull=True)
                | models.Q(
                    rescheduled_at__isnull=False,
                    free_cancellation_until__isnull=False,
                    free_cancellation_until__gt=models.F("rescheduled_at"),
                ),
                name="events_event_free_cancellation_after_reschedule",
            ),
            # An event of a series has its place in it, and only it.
            models.CheckConstraint(
                condition=models.Q(series__isnull=True, series_position__isnull=True)
                | models.Q(series__isnull=False, series_position__isnull=False),
                name="events_event_series_position_known",
            ),
            # Two events of a series don't share a place.
            models.UniqueConstraint(fields=["series", "series_position"], name="events_event_series_position_unique"),
            # A point on the map has both coordinates, and is on the Earth.
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="events_event_position_on_earth",
            ),
            # The cheapest ticket costs no more than the dearest.
            models.CheckConstraint(
                condition=models.Q(price_to__isnull=True) | models.Q(price_to__gte=models.F("price_from")),
                name="events_event_prices_ordered",
            ),
            # Stars go from one to five, and come with reviews.
            models.CheckConstraint(
                condition=models.Q(rating__isnull=True, rating_count=0)
                | models.Q(rating__isnull=False, rating__range=(1, 5)),
                name="events_event_rating_of_stars",
            ),
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
                condition=LISTED,
                name="events_event_catalogue",
            ),
            # list_catalogue by day, and the calendar strip
            models.Index(
                fields=["starts_on"],
                condition=LISTED,
                name="events_event_calendar",
            ),
            # list_catalogue, newest first
            models.Index(fields=["-published_at", "-id"], condition=LISTED, name="events_event_newest"),
            # list_catalogue, cheapest first, free ones and price ranges: with the dearest, so that a range passes over
            # what is too cheap without a look at the rows
            models.Index(
                fields=["price_from", "starts_at", "id", "price_to"], condition=LISTED, name="events_event_cheapest"
            ),
            # list_catalogue, best rated first, and by the least number of stars
            models.Index(fields=["-rating_score", "starts_at", "id"], condition=LISTED, name="events_event_best"),
            # list_catalogue, most popular first
            models.Index(fields=["-popularity", "starts_at", "id"], condition=LISTED, name="events_event_popular"),
            # list_catalogue of a category
            models.Index(fields=["category", "starts_at", "id"], condition=LISTED, name="events_event_in_category"),
            # list_catalogue of a city, however it is written
            models.Index(Upper("city"), "starts_at", "id", condition=LISTED, name="events_event_in_city"),
            # list_catalogue around a point
            models.Index(fields=["map_latitude", "map_longitude"], condition=LISTED, name="events_event_around"),
            # list_catalogue by tags
            GinIndex(fields=["tags"], opclasses=["jsonb_path_ops"], name="events_event_tagged"),
            # count_facets, without a look at the rows
            models.Index(
                fields=["starts_on", "category", "city", "language", "age_rating", "price_from"],
                include=["price_to", "online", "rating", "tags"],
                condition=LISTED,
                name="events_event_facets",
            ),
            # list_catalogue by words
            GinIndex(fields=["search"], name="events_event_search"),
            # list_events_of_organizer
            models.Index(fields=["organizer", "-starts_at"], name="events_event_of_organizer"),
            # remove_covers
            models.Index(fields=["cover"], condition=~models.Q(cover=""), name="events_event_covered"),
            # follow_sales
            models.Index(
                fields=["prices_until"],
                condition=models.Q(prices_until__isnull=False),
                name="events_event_prices_due",
            ),
            # advance_by_clock
            models.Index(fields=["status", "starts_at"], name="events_event_clock"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def doors_open_at(self) -> datetime | None:
        """From when on tickets are let in, where the organizer has said so."""
        if self.doors_open_hours_before is None:
            return None
        return self.starts_at - timedelta(hours=self.doors_open_hours_before)
