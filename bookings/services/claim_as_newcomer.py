"""Accept a ticket without an account: the mailed link proves the address, so the account is made with it."""

from datetime import datetime

from accounts.models import User
from accounts.services.add_verified_users import add_verified_users
from bookings.models import Booking
from bookings.selectors import get_claimable_transfer
from bookings.services.claim_ticket import claim_ticket
from common.problems import Problem
from common.transactions import requires_transaction, violations


class SignInFirst(Problem):
    """The address has an account: its owner signs in and opens the link again."""

    code = "sign_in_first"
    title = "This address has an account. Sign in to accept the ticket."


@requires_transaction
def claim_as_newcomer(*, token: str, now: datetime) -> Booking:
    """Return the booking of a new user; they choose a password by asking for a new one.

    Raises:
        NotFound, InvalidTransition, CancellationClosed, TicketAlreadyUsed: from `claim_ticket`
        SignInFirst
    """
    transfer = get_claimable_transfer(token=token, now=now)
    if User.objects.filter(email__iexact=transfer.email).exists():
        raise SignInFirst()
    newcomer = User(email=transfer.email.lower())
    newcomer.set_unusable_password()
    # The link was opened twice at once.
    with violations({"accounts_user_email_unique": SignInFirst}):
        add_verified_users(users=[newcomer], now=now)
    return claim_ticket(user_id=newcomer.id, token=token, now=now)
