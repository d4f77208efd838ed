"""Seats of one event for one person, and what they cost."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import JSONObject, Now
from django.utils.translation import pgettext_lazy

from bookings.models.lifecycle import ACTIVE, SOLD, BookingStatus, CancelledBy
from common.ids import new_id
from common.money import Money
from events.models import Answer


class BookingOrigin(models.TextChoices):
    """How seats were taken."""

    ONLINE = "online", pgettext_lazy("booking", "online")
    DOOR = "door", pgettext_lazy("booking", "at the door")
    COMPLIMENTARY = "complimentary", pgettext_lazy("booking", "complimentary")


class BookingQuerySet(models.QuerySet["Booking"]):
    def active(self) -> "BookingQuerySet":
        return self.filter(status__in=ACTIVE)

    def overdue(self, now: datetime) -> "BookingQuerySet":
        """Held longer than promised."""
        return self.filter(status=BookingStatus.HELD, hold_expires_at__lte=now)

    def of_user(self, user_id: uuid.UUID) -> "BookingQuerySet":
        return self.filter(user_id=user_id)

    def told(self) -> "BookingQuerySet":
        """With what a reader is told about: the event, its organizer, the items."""
        return self.select_related("event__organizer", "promo_code").prefetch_related("items")

    def with_answers(self) -> "BookingQuerySet":
        """With `answers`: what was answered for its seats, in the order of types and seats."""
        given = Answer.objects.filter(booking_id=models.OuterRef("pk")).order_by(
            "ticket_type__position", "ticket_type_id", "seat", "question__position", "question_id"
        )
        line = JSONObject(question="prompt", ticket_type="ticket_type__name", seat="seat", value="value")
        return self.annotate(answers=ArraySubquery(given.annotate(line=line).values("line")))

    def locked(self) -> "BookingQuerySet":
        return self.order_by("pk").select_for_update(of=("self",))


class Booking(models.Model):
    """One person's seats of one event. Its status changes only in services/change_status.py."""

    Status = BookingStatus
    CancelledBy = CancelledBy

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.CharField(max_length=10, choices=BookingStatus)
    origin = models.CharField(max_length=13, choices=BookingOrigin, default=BookingOrigin.ONLINE)
    seats = models.PositiveSmallIntegerField()
    # What is to be paid with money: the price of the items without the discount and what points pay.
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    promo_code = models.ForeignKey(
        "events.PromoCode", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    discount = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0))
    # Points that pay a part, what they are worth, and how many of them went back.
    points = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0))
    points_worth = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0))
    points_returned = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0))
    # Tickets were handed over: that booking's payments and points paid for these seats too.
    source = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="handed_over", db_index=False
    )
    # The seats were freed for a person on the waiting list, and nobody asked for a payment yet.
    is_offer = models.BooleanField(default=False)
    # The policy as it was when the seats were taken: later changes don't touch this booking.
    refund_policy = models.JSONField(default=dict)
    cancellable_hours_before = models.PositiveSmallIntegerField()
    hold_expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    attended_at = models.DateTimeField(null=True, blank=True)
    expired_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.CharField(max_length=13, choices=CancelledBy, blank=True)
    cancel_reason = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = BookingQuerySet.as_manager()

    class Meta:
        constraints = [
            # A status is one of the table's.
            models.CheckConstraint(
                condition=models.Q(status__in=BookingStatus.values), name="bookings_booking_status_known"
            ),
            # Seats were taken in one of the known ways.
            models.CheckConstraint(
                condition=models.Q(origin__in=BookingOrigin.values), name="bookings_booking_origin_known"
            ),
            # A user has one active booking per event.
            models.UniqueConstraint(
                fields=["user", "event"],
                condition=models.Q(status__in=ACTIVE),
                name="bookings_booking_one_active_per_event",
            ),
            # A booking is for at least one seat.
            models.CheckConstraint(condition=models.Q(seats__gte=1), name="bookings_booking_has_seats"),
            # A price is zero or more.
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="bookings_booking_amount_not_negative"),
            # A discount is zero or more, and has a code.
            models.CheckConstraint(
                condition=models.Q(discount=0) | models.Q(discount__gt=0, promo_code__isnull=False),
                name="bookings_booking_discount_has_code",
            ),
            # Points are worth something, and never more of them go back than were used.
            models.CheckConstraint(
                condition=models.Q(points__gte=0, points_worth__gte=0, points_returned__gte=0)
                & models.Q(points_returned__lte=models.F("points")),
                name="bookings_booking_points_within",
            ),
            # Confirmed has a time; a hold, running or expired, has none; a cancelled one may have been confirmed.
            models.CheckConstraint(
                condition=(~models.Q(status__in=SOLD) | models.Q(confirmed_at__isnull=False))
                & (~models.Q(status__in=["held", "expired"]) | models.Q(confirmed_at__isnull=True)),
                name="bookings_booking_confirmed_at_paired",
            ),
            # Attended has a time; a booking that was never attended has none.
            models.CheckConstraint(
                condition=(~models.Q(status="attended") | models.Q(attended_at__isnull=False))
                & (~models.Q(status__in=["held", "confirmed", "expired"]) | models.Q(attended_at__isnull=True)),
                name="bookings_booking_attended_at_paired",
            ),
            # Expired has a time, and nothing else has one.
            models.CheckConstraint(
                condition=models.Q(status="expired", expired_at__isnull=False)
                | (~models.Q(status="expired") & models.Q(expired_at__isnull=True)),
                name="bookings_booking_expired_at_paired",
            ),
            # Cancelled has a time and says on whose behalf, and nothing else does.
            models.CheckConstraint(
                condition=models.Q(status="cancelled", cancelled_at__isnull=False, cancelled_by__in=CancelledBy.values)
                | (
                    ~models.Q(status="cancelled")
                    & models.Q(cancelled_at__isnull=True, cancelled_by="", cancel_reason="")
                ),
                name="bookings_booking_cancelled_at_paired",
            ),
            # Whoever cancels for others says why.
            models.CheckConstraint(
                condition=models.Q(cancelled_by__in=["", "user"]) | ~models.Q(cancel_reason=""),
                name="bookings_booking_cancel_reason_given",
            ),
        ]
        indexes = [
            # list_overdue_holds
            models.Index(
                fields=["hold_expires_at"], condition=models.Q(status="held"), name="bookings_booking_overdue"
            ),
            # list_bookings_of_user
            models.Index(fields=["user", "-created_at", "-id"], name="bookings_booking_of_user"),
            # list_bookings_of_event
            models.Index(fields=["event", "-created_at", "-id"], name="bookings_booking_of_event"),
            # Whether a promo code may be deleted; few bookings have one.
            models.Index(
                fields=["promo_code"], condition=models.Q(promo_code__isnull=False), name="bookings_booking_of_code"
            ),
            # What was handed over to others.
            models.Index(
                fields=["source"], condition=models.Q(source__isnull=False), name="bookings_booking_handed_on"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.status}"

    @property
    def total(self) -> Money:
        """What is to be paid with money."""
        return Money(self.amount, self.currency)

    @property
    def discount_money(self) -> Money:
        """What the promo code takes off."""
        return Money(self.discount, self.currency)

    @property
    def points_money(self) -> Money:
        """What the points pay."""
        return Money(self.points_worth, self.currency)

    @property
    def payer_id(self) -> uuid.UUID:
        """The booking whose payments and points paid for these seats."""
        return self.source_id or self.id

    @property
    def cancellable_until(self) -> datetime:
        """Until when the person may cancel."""
        return self.event.starts_at - timedelta(hours=self.cancellable_hours_before)

    @property
    def quantities(self) -> dict[uuid.UUID, int]:
        """Seats by ticket type."""
        return {item.ticket_type_id: item.quantity for item in self.items.all()}


class BookingItem(models.Model):
    """Seats of one ticket type, at the price of the moment when they were taken."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="items", db_index=False)
    ticket_type = models.ForeignKey("events.TicketType", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    quantity = models.PositiveSmallIntegerField()
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    # What the promo code takes off all seats of this item.
    discount = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0))
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            # A ticket type stands on a booking once.
            models.UniqueConstraint(fields=["booking", "ticket_type"], name="bookings_booking_item_type_once"),
            # An item is for at least one seat.
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="bookings_booking_item_has_seats"),
            # A price is zero or more.
            models.CheckConstraint(
                condition=models.Q(unit_price__gte=0), name="bookings_booking_item_price_not_negative"
            ),
            # A discount leaves zero or more to pay.
            models.CheckConstraint(
                condition=models.Q(discount__gte=0, discount__lte=models.F("unit_price") * models.F("quantity")),
                name="bookings_booking_item_discount_within",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} × {self.quantity}"

    @property
    def price(self) -> Money:
        """The price of one seat."""
        return Money(self.unit_price, self.currency)

    @property
    def total(self) -> Money:
        """The price of all seats of this item, before the discount."""
        return self.price * self.quantity

    @property
    def net(self) -> Money:
        """The price of all seats of this item, after the discount."""
        return self.total - Money(self.discount, self.currency)
