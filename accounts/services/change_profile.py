"""Change one's own profile."""

from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.domain_events import UserChanged
from accounts.models import User
from accounts.selectors import get_user
from bus.services.record_fact import record_fact
from common.problems import FieldProblem, InvalidInput, Problem
from common.transactions import requires_transaction, violations


class PhoneTaken(Problem):
    """Another account has this phone."""

    code = "phone_taken"
    status = 409
    title = "This phone belongs to another account."


class HandleTaken(Problem):
    """Another account has this handle."""

    code = "handle_taken"
    status = 409
    title = "This handle belongs to another account."


class Profile(TypedDict, total=False):
    """What a user may change about themselves."""

    display_name: str
    phone: str
    handle: str
    locale: str
    time_zone: str
    birth_on: date | None


@requires_transaction
def change_profile(*, user_id: UUID, changes: Profile, now: datetime) -> User:
    """Write what differs; state that the user has changed if anything did.

    Raises:
        PhoneTaken, HandleTaken
        InvalidInput: the birth date lies in the future.
    """
    birth_on = changes.get("birth_on")
    if birth_on is not None and birth_on > now.date():
        raise InvalidInput(errors=(FieldProblem("/birth_on", "in_the_future", _("Nobody is born in the future.")),))
    user = get_user(user_id=user_id)
    differing = {field: value for field, value in changes.items() if getattr(user, field) != value}
    if not differing:
        return user
    with violations({"accounts_user_phone_unique": PhoneTaken, "accounts_user_handle_unique": HandleTaken}):
        User.objects.filter(id=user_id).update(**differing)
    changed = get_user(user_id=user_id)
    record_fact(UserChanged.about(changed))
    return changed
