"""Take a use of a promo code: one conditional statement for the code and one for the person, after the seats.

Everybody who books with the code wants its row: call it as the last step of a use case, behind `take_seats`.
"""

import uuid

from django.db import connection
from django.db.models import F, Q

from common.transactions import requires_transaction
from events.models import PromoCode
from events.services.check_promo_code import PromoExhausted

# A person's first use makes the row; a further one counts only below the limit.
TAKE_FOR_PERSON = """
    INSERT INTO events_promocodeuse AS mine (promo_code_id, user_id, used) VALUES (%(code)s, %(user)s, 1)
    ON CONFLICT (promo_code_id, user_id) DO UPDATE SET used = mine.used + 1
    WHERE mine.used < coalesce((SELECT per_user_limit FROM events_promocode WHERE id = %(code)s), mine.used + 1)
"""


@requires_transaction
def take_promo_use(*, promo_code_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Count one more use.

    Raises:
        PromoExhausted: there is none left; the open transaction must not be committed.
    """
    left = Q(total_limit__isnull=True) | Q(used__lt=F("total_limit"))
    if not PromoCode.objects.filter(left, id=promo_code_id).update(used=F("used") + 1):
        raise PromoExhausted(limit="total")
    with connection.cursor() as sql:
        sql.execute(TAKE_FOR_PERSON, {"code": promo_code_id, "user": user_id})
        if not sql.rowcount:
            raise PromoExhausted(limit="per_user")
