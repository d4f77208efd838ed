"""What the platform owes an organizer: payments to its own accounts less what went back, by event.

Payments to the organizer's own account, and cash at the door, are with the organizer already and don't stand here.
A payment counts on the day when it succeeded, a refund on the day when it was done. The platform's fee is that of each
month's settlement (settle_month.py), for as much of the month as lies in the period.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncMonth

from accounts.selectors import get_managed_organizer
from bookings.models import Payment, Refund
from bookings.services.settle_month import CASH, Month, rate_of
from common.money import Money

# An event's id and title, and a currency; then payments or refunds: how many, how much.
Key = tuple[uuid.UUID, str, str]
Sums = dict[Key, dict[Month, tuple[int, Decimal]]]


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
    """All lines of a half-open period, the sums and the platform's fees by currency."""

    organizer_id: uuid.UUID
    since: datetime
    until: datetime
    lines: tuple[StatementLine, ...]
    fees: tuple[Money, ...]

    @property
    def totals(self) -> tuple[Money, ...]:
        sums: dict[str, Money] = {}
        for line in self.lines:
            currency = line.paid.currency
            sums[currency] = sums.get(currency, Money.zero(currency)) + line.due
        return tuple(sums[currency] for currency in sorted(sums))

    @property
    def payouts(self) -> tuple[Money, ...]:
        """What is left of the totals when the fees are taken off."""
        return tuple(total - fee for total, fee in zip(self.totals, self.fees, strict=True))


def statement_for_member(
    *,
    user_id: uuid.UUID,
    organizer_id: uuid.UUID,
    since: datetime,
    until: datetime,
    time_zone: str,
    fees: Sequence[tuple[Month, Decimal]],
) -> Statement:
    """Return the statement of an organizer that the user manages.

    Raises:
        NotFound: it isn't theirs.
    """
    get_managed_organizer(user_id=user_id, organizer_id=organizer_id)
    return statement_of(organizer_id=organizer_id, since=since, until=until, time_zone=time_zone, fees=fees)


def statement_of(
    *,
    organizer_id: uuid.UUID,
    since: datetime,
    until: datetime,
    time_zone: str,
    fees: Sequence[tuple[Month, Decimal]],
) -> Statement:
    """Add up by event and currency: two statements, however many bookings there are."""
    here = Payment.objects.filter(account__isnull=True, booking__event__organizer_id=organizer_id)
    here = here.exclude(provider=CASH)
    paid = _sums(here.succeeded().filter(settled_at__gte=since, settled_at__lt=until), "booking__event", time_zone)
    done = Refund.objects.filter(payment__in=here, status=Refund.Status.SUCCEEDED)
    back = _sums(done.filter(settled_at__gte=since, settled_at__lt=until), "payment__booking__event", time_zone)
    keys = sorted(paid.keys() | back.keys(), key=lambda key: (key[1], str(key[0]), key[2]))
    lines = tuple(
        StatementLine(
            event_id=event_id,
            event_title=title,
            payments=sum(number for number, _amount in paid[event_id, title, currency].values()),
            paid=_sum(paid[event_id, title, currency], currency),
            refunded=_sum(back[event_id, title, currency], currency),
        )
        for event_id, title, currency in keys
    )
    return Statement(organizer_id=organizer_id, since=since, until=until, lines=lines, fees=_fees(paid, back, fees))


def _fees(paid: Sums, back: Sums, fees: Sequence[tuple[Month, Decimal]]) -> tuple[Money, ...]:
    """Return the fees by currency, each month rounded as its settlement rounds it."""
    stayed: dict[str, dict[Month, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for sums, sign in ((paid, 1), (back, -1)):
        for (_event, _title, currency), months in sums.items():
            for month, (_number, amount) in months.items():
                stayed[currency][month] += sign * amount
    return tuple(
        sum(
            (
                Money(left, currency).percent(rate_of(month=month, fees=fees))
                for month, left in stayed[currency].items()
            ),
            Money.zero(currency),
        )
        for currency in sorted(stayed)
    )


def _sum(months: dict[Month, tuple[int, Decimal]], currency: str) -> Money:
    return Money(sum((amount for _number, amount in months.values()), Decimal(0)), currency)


def _sums(rows: QuerySet, event: str, time_zone: str) -> Sums:
    month = TruncMonth("settled_at", tzinfo=ZoneInfo(time_zone))
    grouped = rows.order_by().values_list(f"{event}_id", f"{event}__title", "currency", month)
    sums: Sums = defaultdict(dict)
    for event_id, title, currency, begins, number, amount in grouped.annotate(Count("id"), Sum("amount")):
        sums[event_id, title, currency][Month.of(begins, time_zone)] = number, amount
    return sums
