"""What can be bought for an event: a price and a number of seats."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from common.money import Money


class TicketType(models.Model):
    """Seats of one price. `held` and `sold` are moved by guarded statements only (services/take_seats.py)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="ticket_types", db_index=False)
    name = models.CharField(_("name"), max_length=120)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="RUB")
    capacity = models.PositiveIntegerField(_("capacity"))
    held = models.PositiveIntegerField(default=0, db_default=0)
    sold = models.PositiveIntegerField(default=0, db_default=0)
    sale_opens_at = models.DateTimeField(null=True, blank=True)
    sale_closes_at = models.DateTimeField(null=True, blank=True)
    min_per_booking = models.PositiveSmallIntegerField(default=1)
    max_per_booking = models.PositiveSmallIntegerField(default=10)
    # Who doesn't say this word, in capitals or not, neither sees nor books the type.
    access_code = models.CharField(max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # Never more seats held and sold than there are.
            models.CheckConstraint(
                condition=models.Q(capacity__gte=models.F("held") + models.F("sold")),
                name="events_ticket_type_within_capacity",
            ),
            # A type has at least one seat.
            models.CheckConstraint(condition=models.Q(capacity__gte=1), name="events_ticket_type_has_seats"),
            # Money is one of the currencies that payments know.
            models.CheckConstraint(
                condition=models.Q(currency__in=["RUB", "BYN", "KZT", "EUR", "USD"]),
                name="events_ticket_type_currency_known",
            ),
            # A price is zero or more.
            models.CheckConstraint(condition=models.Q(price__gte=0), name="events_ticket_type_price_not_negative"),
            # A booking may take between min and max, and at least one.
            models.CheckConstraint(
                condition=models.Q(min_per_booking__gte=1) & models.Q(max_per_booking__gte=models.F("min_per_booking")),
                name="events_ticket_type_limits_ordered",
            ),
            # Sales close after they open.
            models.CheckConstraint(
                condition=models.Q(sale_opens_at__isnull=True)
                | models.Q(sale_closes_at__isnull=True)
                | models.Q(sale_closes_at__gt=models.F("sale_opens_at")),
                name="events_ticket_type_sale_window_ordered",
            ),
            # Two types of one event differ by name.
            models.UniqueConstraint(fields=["event", "name"], name="events_ticket_type_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def opened_by(access_code: str) -> models.Q:
        """Return which types somebody sees who says this code; capitals count as little as in promo codes."""
        return models.Q(access_code="") | models.Q(access_code__iexact=access_code)

    def is_opened_by(self, access_code: str) -> bool:
        """Tell the same of a type that has been read."""
        return self.access_code.upper() in ("", access_code.upper())

    @property
    def money(self) -> Money:
        """The price with its currency."""
        return Money(self.price, self.currency)

    @property
    def available(self) -> int:
        """Seats that are neither held nor sold."""
        return self.capacity - self.held - self.sold
