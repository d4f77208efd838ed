"""What the platform owes every organizer for a month: what came, what went back, the platform's fee, and what is left.

A payment counts in the month in which it succeeded, a refund in the one in which it was done, by the clock of the
settlement's time zone. The fee is a share of what stayed; a refund of an earlier month gives its share back. Rates
have a first month, so that a new rate never changes an old statement.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet, Sum

from audit.services.record_entry import record_entry
from bookings.models import Payment, Refund
from common.money import Money
from common.transactions import requires_transaction

# An organizer's id and name, and a currency.
Key = tuple[uuid.UUID, str, str]
NOTHING = (0, Decimal(0))
# With the organizer from the beginning.
CASH = "door"
YEARS = range(2000, 2100)


class FeeNotUnderstood(ValueError):
    """A rate isn't written as its first month and a percentage: 2026-01:5."""


@dataclass(frozen=True, order=True)
class Month:
    """A month of the calendar."""

    year: int
    number: int

    @classmethod
    def read(cls, text: str) -> "Month":
        """Read `2026-01`; raises ValueError for anything else, and for a month at the edge of the calendar."""
        moment = datetime.strptime(text, "%Y-%m")  # noqa: DTZ007  (only its year and month are used)
        if moment.year not in YEARS:
            raise ValueError(text)
        return cls(moment.year, moment.month)

    @classmethod
    def of(cls, moment: datetime, time_zone: str) -> "Month":
        local = moment.astimezone(ZoneInfo(time_zone))
        return cls(local.year, local.month)

    @property
    def next(self) -> "Month":
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def previous(self) -> "Month":
        return Month(self.year - (self.number == 1), (self.number - 2) % 12 + 1)

    def begins(self, time_zone: str) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=ZoneInfo(time_zone))

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


@dataclass(frozen=True, kw_only=True)
class MonthLine:
    """One organizer in one currency."""

    organizer_id: uuid.UUID
    organizer_name: str
    payments: int
    gross: Money
    refunds: Money
    fee: Money

    @property
    def net(self) -> Money:
        """What the organizer gets."""
        return self.gross - self.refunds - self.fee


def read_fees(words: Sequence[str]) -> tuple[tuple[Month, Decimal], ...]:
    """Return the rates that the settings name, the oldest first.

    Raises:
        FeeNotUnderstood
    """
    fees = []
    for word in words:
        month, _colon, percent = word.partition(":")
        try:
            fees.append((Month.read(month), Decimal(percent)))
        except (ValueError, InvalidOperation) as error:
            raise FeeNotUnderstood(word) from error
        if not 0 <= fees[-1][1] <= 100:
            raise FeeNotUnderstood(word)
    return tuple(sorted(fees))


def settle_month(
    *, month: Month, time_zone: str, fees: Sequence[tuple[Month, Decimal]], words: str = ""
) -> tuple[MonthLine, ...]:
    """Add up by organizer and currency: two statements, however many there are. `words` narrows by name."""
    period = {"settled_at__gte": month.begins(time_zone), "settled_at__lt": month.next.begins(time_zone)}
    here = Payment.objects.filter(account__isnull=True).exclude(provider=CASH)
    paid = _sums(here.succeeded().filter(**period), "booking__event__organizer", words)
    done = Refund.objects.filter(payment__account__isnull=True, status=Refund.Status.SUCCEEDED, **period)
    back = _sums(done.exclude(payment__provider=CASH), "payment__booking__event__organizer", words)
    rate = rate_of(month=month, fees=fees)
    keys = sorted(paid.keys() | back.keys(), key=lambda key: (key[1].casefold(), str(key[0]), key[2]))
    return tuple(_line(key, paid.get(key, NOTHING), back.get(key, NOTHING), rate) for key in keys)


def rate_of(*, month: Month, fees: Sequence[tuple[Month, Decimal]]) -> Decimal:
    """Return the platform's percentage of a month; `fees` begin with the oldest."""
    return next((percent for since, percent in reversed(fees) if since <= month), Decimal(0))


@requires_transaction
def note_settlement_export(*, administrator_id: uuid.UUID, month: Month) -> None:
    """Write down who takes the statements out."""
    record_entry(
        actor_id=administrator_id,
        action="bookings.export_settlement",
        target_type="bookings.settlement",
        target_id=str(month),
        changes={},
    )


def totals_of(lines: Sequence[MonthLine]) -> tuple[tuple[Money, Money, Money, Money], ...]:
    """Return gross, refunds, fee and net of all lines, by currency."""
    sums: dict[str, tuple[Money, Money, Money, Money]] = {}
    for line in lines:
        zero = Money.zero(line.gross.currency)
        gross, refunds, fee, net = sums.get(line.gross.currency, (zero, zero, zero, zero))
        sums[line.gross.currency] = (gross + line.gross, refunds + line.refunds, fee + line.fee, net + line.net)
    return tuple(sums[currency] for currency in sorted(sums))


def _line(key: Key, paid: tuple[int, Decimal], back: tuple[int, Decimal], rate: Decimal) -> MonthLine:
    organizer_id, name, currency = key
    gross, refunds = Money(paid[1], currency), Money(back[1], currency)
    return MonthLine(
        organizer_id=organizer_id,
        organizer_name=name,
        payments=paid[0],
        gross=gross,
        refunds=refunds,
        fee=(gross - refunds).percent(rate),
    )


def _sums(rows: QuerySet, organizer: str, words: str) -> dict[Key, tuple[int, Decimal]]:
    if words:
        rows = rows.filter(**{f"{organizer}__name__icontains": words})
    grouped = rows.order_by().values_list(f"{organizer}_id", f"{organizer}__name", "currency")
    return {row[:3]: row[3:] for row in grouped.annotate(Count("id"), Sum("amount"))}
