"""Remove one's own second factor. The caller has just checked a code; staff can't do without one."""

from uuid import UUID

from accounts.domain_events import SecondFactorRemoved
from accounts.models import AccessToken, Authenticator
from accounts.selectors import get_user
from audit.services.record_entry import record_entry
from bus.services.record_fact import record_fact
from common.problems import Problem
from common.transactions import requires_transaction


class StaffNeedSecondFactor(Problem):
    """An administrator always has a verified second factor."""

    code = "staff_need_second_factor"
    status = 403
    title = "Staff can't do without a second factor."


@requires_transaction
def remove_second_factor(*, user_id: UUID) -> None:
    """Delete the device; tokens that were made with it are no longer second-factor verified.

    Raises:
        StaffNeedSecondFactor
    """
    if get_user(user_id=user_id).is_staff:
        raise StaffNeedSecondFactor
    removed, _models = Authenticator.objects.filter(user_id=user_id).delete()
    if not removed:
        return
    AccessToken.objects.filter(user_id=user_id).update(second_factor_at=None)
    record_entry(
        actor_id=user_id,
        action="accounts.remove_second_factor",
        target_type="accounts.user",
        target_id=str(user_id),
        changes={"second_factor": [True, False]},
    )
    record_fact(SecondFactorRemoved(user_id=user_id))
