"""Change what somebody may do here: switch the account off or on, make or unmake staff, give roles."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import Group

from accounts.models import AccessToken, User
from accounts.services.end_sessions import end_sessions
from audit.services.record_entry import record_entry
from common.problems import NotFound, Problem
from common.transactions import requires_transaction


class OwnAccess(Problem):
    """Nobody changes their own rights."""

    code = "own_access"
    status = 403
    title = "Ask another administrator to change your own access."


@requires_transaction
def change_access(
    *, actor_id: UUID, user_id: UUID, is_active: bool, is_staff: bool, roles: Iterable[str], reason: str = ""
) -> None:
    """Write what differs. An account that is switched off is signed out everywhere and its tokens end.

    Raises:
        OwnAccess, NotFound
    """
    if actor_id == user_id:
        raise OwnAccess
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise NotFound
    before = {
        "is_active": user.is_active,
        "is_staff": user.is_staff,
        "roles": sorted(user.groups.values_list("name", flat=True)),
    }
    wanted_roles = sorted(roles)
    after = {"is_active": is_active, "is_staff": is_staff, "roles": wanted_roles}
    changes = {field: [before[field], after[field]] for field in before if before[field] != after[field]}
    if not changes:
        return
    User.objects.filter(id=user_id).update(is_active=is_active, is_staff=is_staff)
    user.groups.set(Group.objects.filter(name__in=wanted_roles))
    if not is_active:
        end_sessions(user_id=user_id)
        AccessToken.objects.filter(user_id=user_id).delete()
    record_entry(
        actor_id=actor_id,
        action="accounts.change_access",
        target_type="accounts.user",
        target_id=str(user_id),
        changes=changes,
        reason=reason,
    )
