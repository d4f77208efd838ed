"""Revoke one's own token: it stops working at once."""

from uuid import UUID

from accounts.domain_events import SignInEnded
from accounts.models import AccessToken
from bus.services.record_fact import record_fact
from common.problems import NotFound
from common.transactions import requires_transaction


@requires_transaction
def revoke_token(*, user_id: UUID, token_id: UUID) -> None:
    """Delete the token.

    Raises:
        NotFound: there is none, or it isn't the user's.
    """
    deleted, _models = AccessToken.objects.filter(user_id=user_id, id=token_id).delete()
    if not deleted:
        raise NotFound
    record_fact(SignInEnded(user_id=user_id))
