"""Begin to set up a second factor: a new secret that counts only once a code from it was given."""

from uuid import UUID

from accounts.models import Authenticator
from accounts.models.authenticator import new_key
from accounts.selectors import get_authenticator
from common.problems import Problem
from common.transactions import requires_transaction


class SecondFactorAlreadySet(Problem):
    """There is a second factor: it must be removed with its own code before another is set up."""

    code = "second_factor_already_set"
    status = 409
    title = "You already have a second factor."


@requires_transaction
def begin_enrolment(*, user_id: UUID) -> Authenticator:
    """Return the secret that is being set up, the same until it is confirmed.

    Raises:
        SecondFactorAlreadySet
    """
    if get_authenticator(user_id=user_id) is not None:
        raise SecondFactorAlreadySet
    device, _created = Authenticator.objects.get_or_create(
        user_id=user_id, confirmed=False, defaults={"key": new_key(), "name": "authenticator"}
    )
    return device
