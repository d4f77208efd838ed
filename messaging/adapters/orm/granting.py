"""Credits that an administrator gives."""

import uuid

from accounts.models import User
from audit.services.record_entry import record_entry
from common.problems import NotFound
from common.transactions import requires_transaction
from messaging.adapters.redis.credit_grants import add_credits


@requires_transaction
def grant_credits(*, actor_id: uuid.UUID | None, email: str, amount: int, reason: str) -> uuid.UUID:
    """Give a person credits, written down with the reason; return who it was.

    The credits are given before the commit: a grant that is written down and not given would be the worse lie.

    Raises:
        NotFound: there is no such active person.
        CreditsUnavailable
    """
    user_id = User.objects.active().filter(email__iexact=email).values_list("id", flat=True).first()
    if user_id is None:
        raise NotFound
    record_entry(
        actor_id=actor_id,
        action="messaging.grant_credits",
        target_type="accounts.user",
        target_id=str(user_id),
        changes={"credits": [0, amount]},
        reason=reason,
    )
    add_credits(user_ids=[user_id], amount=amount)
    return user_id
