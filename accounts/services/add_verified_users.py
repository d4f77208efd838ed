"""Add users whose addresses need no proof: for commands and the demo, never for a public door."""

from collections.abc import Sequence
from datetime import datetime

from allauth.account.models import EmailAddress

from accounts.domain_events import UserRegistered
from accounts.models import User
from bus.services.record_fact import record_facts
from common.transactions import requires_transaction


@requires_transaction
def add_verified_users(*, users: Sequence[User], now: datetime) -> None:
    """Write new users as if they had just proved their addresses; state that they are registered."""
    for user in users:
        user.email_verified_at = now
    User.objects.bulk_create(users)
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users]
    )
    record_facts([UserRegistered.about(user) for user in users])
