"""What the platform owes an organizer: payments to its own accounts less what went back, by event.

Payments to the organizer's own account, and cash at the door, are with the organizer already and don't stand here.
A payment counts on the day when it succeeded, a refund on the day when it was done.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from accounts.selectors import get_managed_organizer
from bookings.models import Payment, Refund
from common.money import Money

# With the organizer from the beginning.
CASH = "door"


@dataclass(frozen=True, kw_only=True)
class StatementLine:
    """One event in one currency; `due` is what came less what went back."""

    event_id: uuid.UUID
    event_title: str
    payments: int
    paid: Money
    refunded: Money

    @property
    def due(self) -> Money:
        return self.paid - self.refunded


@dataclass(frozen=True, kw_only=True)
class Statement:
    """All lines of a half-open period, and the sums by currency."""

    organizer_id: uuid.UUID
    since: datetime
    until: datetime
    lines: tuple[StatementLine, ...]

    @property
    def totals(self) -> tuple[Money, ...]:
        sums: dict[str, Money] = {}
        for line in self.lines:
            currency = line.paid.currency
            sums[currency] = sums.get(currency, Money.zero(currency)) + line.due
        return tuple(sums[currency] for currency in sorted(sums))


def statement_for_member(*, user_id: uuid.UUID, organizer_id: uuid.UUID, since: datetime, until: datetime) -> Statement:
    """Return the statement of an organizer that the user manages.

    Raises:
        NotFound: it isn't theirs.
    """
    get_managed_organizer(user_id=user_id, organizer_id=organizer_id)
    return statement_of(organizer_id=organizer_id, since=since, until=until)


def statement_of(*, organizer_id: uuid.UUID, since: datetime, until: datetime) -> Statement:
    """Add up by event and currency: two statements, however many bookings there are."""
    here = Payment.objects.filter(account__isnull=True, booking__event__organizer_id=organizer_id)
    here = here.exclude(provider=CASH)
    paid = _sums(here.succeeded().filter(settled_at__gte=since, settled_at__lt=until), "booking__event")
    done = Refund.objects.filter(payment__in=here, status=Refund.Status.SUCCEEDED)
    back = _sums(done.filter(settled_at__gte=since, settled_at__lt=until), "payment__booking__event")
    keys = sorted(paid.keys() | back.keys(), key=lambda key: (key[1], str(key[0]), key[2]))
    lines = tuple(
        StatementLine(
            event_id=event_id,
            event_title=title,
            payments=paid.get((event_id, title, currency), (0, Decimal(0)))[0],
            paid=Money(paid.get((event_id, title, currency), (0, Decimal(0)))[1], currency),
            refunded=Money(back.get((event_id, title, currency), (0, Decimal(0)))[1], currency),
        )
        for event_id, title, currency in keys
    )
    return Statement(organizer_id=organizer_id, since=since, until=until, lines=lines)


def _sums(rows: QuerySet, event: str) -> dict[tuple[uuid.UUID, str, str], tuple[int, Decimal]]:
    grouped = rows.order_by().values_list(f"{event}_id", f"{event}__title", "currency")
    return {row[:3]: row[3:] for row in grouped.annotate(Count("id"), Sum("amount"))}
