"""Find the account of somebody who stands at a door, or add one that nobody can sign in to yet."""

from accounts.models import User
from common.ids import new_id
from common.transactions import requires_transaction

# RFC 2606: no mail ever goes there.
NOWHERE = "guests.invalid"


@requires_transaction
def find_or_add_guest(*, name: str, email: str) -> User:
    """Return the active account with this address, or a new one without an address, a password or a way in."""
    known = User.objects.active().filter(email__iexact=email).first() if email else None
    if known is not None:
        return known
    identifier = new_id()
    guest = User(id=identifier, email=f"{identifier}@{NOWHERE}", display_name=name[:60], is_active=False)
    guest.set_unusable_password()
    guest.save(force_insert=True)
    return guest
