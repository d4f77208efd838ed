"""An e-mail address was proved: the first one registers the user, a later one replaces the old."""

from datetime import datetime
from uuid import UUID

from accounts.domain_events import UserChanged, UserRegistered
from accounts.models import User
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction


@requires_transaction
def verify_email(*, user_id: UUID, now: datetime) -> None:
    """Note the time of the first proof and state what happened."""
    registered = User.objects.filter(id=user_id, email_verified_at=None).update(email_verified_at=now)
    user = User.objects.get(id=user_id)
    record_fact(UserRegistered.about(user) if registered else UserChanged.about(user))
