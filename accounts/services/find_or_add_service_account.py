"""Find the account that stands for another service, or add one that nobody can sign in to."""

from accounts.models import User
from common.problems import Problem
from common.transactions import requires_transaction

# RFC 2606: no mail ever goes there, so nobody proves such an address or gets a link to a new password.
NOWHERE = "services.invalid"


class ServiceNameTaken(Problem):
    """Somebody has signed up with the address of this service's account: they know its password."""

    code = "service_name_taken"
    title = "Another account has this service's name. Choose another name."


class ServiceSwitchedOff(Problem):
    """An administrator has switched the account off, which has ended all its tokens."""

    code = "service_switched_off"
    title = "This service is switched off. Switch its account on first."


@requires_transaction
def find_or_add_service_account(*, name: str) -> User:
    """Return the account of the service with this name.

    Raises:
        ServiceNameTaken, ServiceSwitchedOff
    """
    added = User(email=f"{name}@{NOWHERE}", display_name=name)
    added.set_unusable_password()
    account, _ = User.objects.get_or_create(
        email__iexact=added.email,
        defaults={"email": added.email, "display_name": added.display_name, "password": added.password},
    )
    if account.has_usable_password():
        raise ServiceNameTaken
    if not account.is_active:
        raise ServiceSwitchedOff
    return account
