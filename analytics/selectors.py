"""Reads of reports, and of the rows below that they are made from."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import Organizer, User
from analytics.calendar_days import bounds_of, day_of, days_between
from analytics.models import DirtyDay, EventDay
from bookings.models import Booking, Refund
from common.problems import NotFound
from events.models import Event

COUNTERS = ("views", "visitors", "holds", "confirmed", "seats", "cancelled")
MONEY = ("revenue", "refunds")
# Money that came too late or twice never was revenue; giving it back is no loss. What a change gives back has left the
# booking's amount.
OF_CANCELLATIONS = (Refund.Reason.CANCELLED, Refund.Reason.EVENT_CANCELLED)
OF_KEPT_BOOKINGS = (Refund.Reason.GOODWILL, Refund.Reason.AT_PROVIDER)
REPORTING_ROLES = ("owner", "manager")
TOP_EVENTS = 10


@dataclass(frozen=True)
class Period:
    """Days from the first one up to, without, the end."""

    first: date
    end: date


def get_viewed_event(*, event_id: UUID) -> Event:
    """Return an event that guests may see.

    Raises:
        NotFound: there is none.
    """
    event = Event.objects.readable_by_guests().only("time_zone").filter(pk=event_id).first()
    if event is None:
        raise NotFound
    return event


def get_reported_event(*, event_id: UUID, user_id: UUID, is_staff: bool) -> Event:
    """Return an event to its organizer's owners and managers, and to verified staff.

    Raises:
        NotFound: absent, or somebody else's.
    """
    events = Event.objects.filter(pk=event_id)
    if not is_staff:
        members = {"organizer__members__user_id": user_id, "organizer__members__role__in": REPORTING_ROLES}
        events = events.filter(**members)
    event = events.first()
    if event is None:
        raise NotFound
    return event


def get_reported_organizer(*, organizer_id: UUID, user_id: UUID, is_staff: bool) -> Organizer:
    """Return an organizer to its owners and managers, and to verified staff.

    Raises:
        NotFound: absent, or somebody else's.
    """
    organizers = Organizer.objects.filter(pk=organizer_id)
    if not is_staff:
        organizers = organizers.filter(members__user_id=user_id, members__role__in=REPORTING_ROLES)
    organizer = organizers.first()
    if organizer is None:
        raise NotFound
    return organizer


def list_bookings(*, booking_ids: Collection[UUID]) -> QuerySet[Booking]:
    """Return the moments of bookings, as the rows say now."""
    return Booking.objects.only("event_id", "created_at", "confirmed_at", "cancelled_at").filter(pk__in=booking_ids)


def list_time_zones(*, event_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return where events take place, by their ids."""
    return dict(Event.objects.filter(pk__in=event_ids).values_list("pk", "time_zone"))


def get_event(*, event_id: UUID) -> Event:
    """Return an event, whatever became of it."""
    return Event.objects.only("time_zone").get(pk=event_id)


def list_refund_moments(*, booking_ids: Collection[UUID]) -> dict[UUID, list[datetime]]:
    """Return when money was promised back, by booking."""
    moments: dict[UUID, list[datetime]] = defaultdict(list)
    refunds = Refund.objects.filter(payment__booking_id__in=booking_ids)
    for booking_id, moment in refunds.values_list("payment__booking_id", "created_at"):
        moments[booking_id].append(moment)
    return moments


def count_bookings(*, event_id: UUID, day: date) -> dict[str, Any]:
    """Return what the rows of bookings and refunds say about one event's day."""
    begin, end = bounds_of(day, get_event(event_id=event_id).time_zone)
    bookings = Booking.objects.filter(event_id=event_id)
    begun = Q(created_at__gte=begin, created_at__lt=end)
    confirmed = Q(confirmed_at__gte=begin, confirmed_at__lt=end)
    cancelled = Q(confirmed_at__isnull=False, cancelled_at__gte=begin, cancelled_at__lt=end)
    figures: dict[str, Any] = bookings.filter(begun | confirmed | cancelled).aggregate(
        holds=Count("pk", filter=begun),
        confirmed=Count("pk", filter=confirmed),
        seats=Coalesce(Sum("seats", filter=confirmed), 0),
        revenue=Coalesce(Sum("amount", filter=confirmed), Decimal(0)),
        cancelled=Count("pk", filter=cancelled),
    )
    refunds = Refund.objects.filter(_refunded_between(begin, end), payment__booking__event_id=event_id)
    return figures | {"refunds": refunds.aggregate(total=Coalesce(Sum("amount"), Decimal(0)))["total"]}


def _refunded_between(begin: datetime, end: datetime) -> Q:
    """A cancellation's refund stands on its day; one without it (a seat that was handed over, goodwill) on its own."""
    on_its_own_day = Q(created_at__gte=begin, created_at__lt=end)
    is_cancelled = Q(payment__booking__cancelled_at__isnull=False)
    on_day_of_cancellation = Q(payment__booking__cancelled_at__gte=begin, payment__booking__cancelled_at__lt=end)
    of_cancellations = on_day_of_cancellation | (on_its_own_day & ~is_cancelled)
    return Q(reason__in=OF_CANCELLATIONS) & of_cancellations | Q(reason__in=OF_KEPT_BOOKINGS) & on_its_own_day


def list_dirty_days(*, limit: int) -> list[tuple[UUID, date]]:
    """Return days to be recounted, the longest marked first."""
    return list(DirtyDay.objects.order_by("id").values_list("event_id", "day")[:limit])


def list_days_with_bookings(*, first: date, end: date) -> list[tuple[UUID, date]]:
    """Return the days of events in a period that have figures, or whose bookings give them some."""
    found = set(EventDay.objects.filter(day__gte=first, day__lt=end).values_list("event_id", "day"))
    # Wide enough for every time zone; the day itself decides.
    begin, stop = bounds_of(first - timedelta(days=1), "UTC")[0], bounds_of(end + timedelta(days=1), "UTC")[0]
    sources: list[tuple[QuerySet[Any], str, str]] = [
        (Booking.objects.all(), "", moment) for moment in ("created_at", "confirmed_at", "cancelled_at")
    ]
    sources.append((Refund.objects.all(), "payment__booking__", "created_at"))
    for rows, booking, moment in sources:
        within = rows.filter(**{f"{moment}__gte": begin, f"{moment}__lt": stop})
        for event_id, time_zone, at in within.values_list(
            f"{booking}event_id", f"{booking}event__time_zone", moment
        ).iterator():
            day = day_of(at, time_zone)
            if first <= day < end:
                found.add((event_id, day))
    return sorted(found)


def list_days(*, period: Period, event_id: UUID) -> list[EventDay]:
    """Return every day of the period in order; days without figures are zero."""
    rows = {row.day: row for row in _within(period).filter(event_id=event_id)}
    return [
        rows.get(day) or EventDay(event_id=event_id, day=day, revenue=Decimal(0), refunds=Decimal(0))
        for day in days_between(period.first, period.end)
    ]


def sum_of_event(*, period: Period, event_id: UUID) -> dict[str, Any]:
    """Return the totals of an event."""
    return _within(period).filter(event_id=event_id).aggregate(**_sums())


def list_sums_by_event(*, period: Period, organizer_id: UUID) -> list[dict[str, Any]]:
    """Return the totals of each event of an organizer that has any, the best-selling first."""
    rows = _within(period).filter(event__organizer_id=organizer_id)
    return list(_by_event(rows).order_by("-revenue", "-confirmed", "-views", "event_id"))


def list_top_events(*, period: Period) -> list[dict[str, Any]]:
    """Return the events with most confirmed bookings on the whole platform."""
    return list(_by_event(_within(period)).order_by("-confirmed", "-views", "event_id")[:TOP_EVENTS])


def list_sums_by_currency(*, period: Period, organizer_id: UUID | None = None) -> list[dict[str, Any]]:
    """Return totals per currency: amounts of two currencies are never added."""
    rows = _within(period)
    if organizer_id is not None:
        rows = rows.filter(event__organizer_id=organizer_id)
    sums: Any = rows.values(currency=F("event__currency")).annotate(**_sums())
    return list(sums.order_by("currency"))


def count_new_users(*, since: datetime) -> int:
    """Return how many have verified their address."""
    return User.objects.filter(email_verified_at__gte=since).count()


def _within(period: Period) -> QuerySet[EventDay]:
    return EventDay.objects.filter(day__gte=period.first, day__lt=period.end)


def _sums() -> dict[str, Any]:
    counters: dict[str, Any] = {name: Coalesce(Sum(name), 0) for name in COUNTERS}
    return counters | {name: Coalesce(Sum(name), Decimal(0)) for name in MONEY}


def _by_event(rows: QuerySet[EventDay]) -> Any:
    return rows.values("event_id", title=F("event__title"), currency=F("event__currency")).annotate(**_sums())
