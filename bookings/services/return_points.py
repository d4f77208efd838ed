"""Give spent points back: to the lots that they came from, never more than the booking had."""

from datetime import datetime
from decimal import Decimal

from django.db.models import F

from bookings.models import Booking
from bookings.ports import points
from common.ids import new_id
from common.transactions import requires_transaction


class PointsExceedBooking(RuntimeError):
    """More points were to go back than the booking has left: a defect of the caller."""


@requires_transaction
def return_points(*, booking: Booking, amount: Decimal, now: datetime) -> None:
    """Give points back to whoever spent them: the payer, should the seats have been handed over.

    Raises:
        PointsExceedBooking: the booking has not so many left.
    """
    if not amount:
        return
    enough = Booking.objects.filter(id=booking.id, points__gte=F("points_returned") + amount)
    if not enough.update(points_returned=F("points_returned") + amount):
        raise PointsExceedBooking(f"{booking.id}: {amount}")
    points().give_back(booking_id=booking.payer_id, refund_id=new_id(), points=amount, now=now)
