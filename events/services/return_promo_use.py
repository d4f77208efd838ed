"""Give a use of a promo code back: the booking that used it has ended."""

import uuid

from django.db.models import F

from common.transactions import requires_transaction
from events.models import PromoCode, PromoCodeUse


class PromoCounterDrifted(RuntimeError):
    """A booking gives back a use that was never counted: a defect, and it stops the transaction."""


@requires_transaction
def return_promo_use(*, promo_code_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Count one use less, for everybody and for the person.

    Raises:
        PromoCounterDrifted: none is counted.
    """
    counted = PromoCode.objects.filter(id=promo_code_id, used__gte=1).update(used=F("used") - 1)
    of_person = PromoCodeUse.objects.filter(promo_code_id=promo_code_id, user_id=user_id, used__gte=1)
    if not counted or not of_person.update(used=F("used") - 1):
        raise PromoCounterDrifted(str(promo_code_id))
