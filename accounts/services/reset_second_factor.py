"""Reset somebody's second factor: the phone is lost, and another administrator vouches for the person.

The owner is told by mail; all sessions and tokens end, because whoever has the phone may have them.
"""

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import AccessToken, Authenticator
from accounts.selectors import get_user
from accounts.services.end_sessions import end_sessions
from accounts.services.queue_mail import queue_mail
from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import requires_transaction


class OwnSecondFactor(Problem):
    """One's own second factor is reset by somebody else, or the reset would prove nothing."""

    code = "own_second_factor"
    status = 403
    title = "Ask another administrator to reset your second factor."


class NothingToReset(Problem):
    """The account has no second factor."""

    code = "nothing_to_reset"
    status = 409
    title = "This account has no second factor."


@requires_transaction
def reset_second_factor(*, actor_id: UUID, user_id: UUID, reason: str) -> None:
    """Delete the device, end sessions and tokens, write it down, tell the owner.

    Raises:
        OwnSecondFactor, NothingToReset
    """
    if actor_id == user_id:
        raise OwnSecondFactor
    user = get_user(user_id=user_id)
    removed, _models = Authenticator.objects.filter(user_id=user_id).delete()
    if not removed:
        raise NothingToReset
    AccessToken.objects.filter(user_id=user_id).delete()
    end_sessions(user_id=user_id)
    record_entry(
        actor_id=actor_id,
        action="accounts.reset_second_factor",
        target_type="accounts.user",
        target_id=str(user_id),
        changes={"second_factor": [True, False]},
        reason=reason,
    )
    with override(user.locale):
        queue_mail(
            recipient=user.email,
            subject=_("Your second factor was reset"),
            text=_(
                "An administrator of Aquastream has reset the second factor of your account, and you were signed out "
                "everywhere. Sign in to set up a new one. If you did not ask for this, answer this mail at once."
            ),
        )
