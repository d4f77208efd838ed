"""What happened to an event on one day: reports add these rows up and never read bookings."""

from django.db import models


class EventDayQuerySet(models.QuerySet["EventDay"]):
    def locked(self) -> "EventDayQuerySet":
        return self.order_by("pk").select_for_update()


class EventDay(models.Model):
    """The figures of one event and one day of the event's own time zone, money in the event's currency.

    `views` and `visitors` grow with each view; the rest is what the bookings' rows say (services/roll_up_day.py).
    """

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    views = models.PositiveIntegerField(default=0, db_default=0)
    visitors = models.PositiveIntegerField(default=0, db_default=0)
    # Bookings begun, whether or not they were paid for.
    holds = models.PositiveIntegerField(default=0, db_default=0)
    confirmed = models.PositiveIntegerField(default=0, db_default=0)
    seats = models.PositiveIntegerField(default=0, db_default=0)
    revenue = models.DecimalField(max_digits=14, decimal_places=2, default=0, db_default=0)
    # Confirmed bookings that were cancelled, and what went back for them.
    cancelled = models.PositiveIntegerField(default=0, db_default=0)
    refunds = models.DecimalField(max_digits=14, decimal_places=2, default=0, db_default=0)

    objects = EventDayQuerySet.as_manager()

    class Meta:
        constraints = [
            # An event has one row per day.
            models.UniqueConstraint(fields=["event", "day"], name="analytics_event_day_once"),
            # A visitor has viewed at least once.
            models.CheckConstraint(
                condition=models.Q(visitors__lte=models.F("views")), name="analytics_event_day_visitors_have_viewed"
            ),
            # Money taken and money given back are counted apart, both from zero up.
            models.CheckConstraint(
                condition=models.Q(revenue__gte=0, refunds__gte=0), name="analytics_event_day_money_not_negative"
            ),
        ]
        indexes = [
            # get_platform_figures
            models.Index(fields=["day"], name="analytics_event_day_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.day}"


class DirtyDay(models.Model):
    """A day whose figures may no longer be what the bookings say; whoever recounts it removes this row first."""

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()

    class Meta:
        constraints = [
            # A day is recounted once for however many facts.
            models.UniqueConstraint(fields=["event", "day"], name="analytics_dirty_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.day}"
