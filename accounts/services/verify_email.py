"""An e-mail address was proved: the first one registers the user, a later one replaces the old.

Whoever had the old address is told there: somebody with the account's open browser may have changed it.
"""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.domain_events import UserChanged, UserRegistered
from accounts.models import User
from accounts.services.queue_mail import queue_mail
from audit.services.record_entry import record_entry
from bus.services.record_fact import record_fact
from common.transactions import requires_transaction


@requires_transaction
def verify_email(*, user_id: UUID, previous_email: str, now: datetime) -> None:
    """Note the time of the first proof and state what happened."""
    registered = User.objects.filter(id=user_id, email_verified_at=None).update(email_verified_at=now)
    user = User.objects.get(id=user_id)
    record_fact(UserRegistered.about(user) if registered else UserChanged.about(user))
    if not registered and user.email != previous_email:
        _tell_at_old_address(user, previous_email)


def _tell_at_old_address(user: User, previous_email: str) -> None:
    record_entry(
        actor_id=user.id,
        action="accounts.change_email",
        target_type="accounts.user",
        target_id=str(user.id),
        changes={},
    )
    with override(user.locale):
        queue_mail(
            recipient=previous_email,
            subject=_("Your e-mail address was changed"),
            text=_(
                "Your Aquastream account has another e-mail address now, and letters go there. If it was not you, answer "
                "this mail at once."
            ),
        )
