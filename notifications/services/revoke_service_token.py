"""Revoke a service's token: it stops working at once. The service's other tokens and its sources stay."""

from uuid import UUID

from accounts.services.revoke_token import revoke_token
from audit.services.record_entry import record_entry
from common.problems import NotFound
from common.transactions import requires_transaction
from notifications.models import ServiceToken


@requires_transaction
def revoke_service_token(*, token_id: UUID, actor_id: UUID | None, reason: str) -> None:
    """Delete it and write down why.

    Raises:
        NotFound: there is none, or it is a user's own.
    """
    token = ServiceToken.objects.for_services().filter(id=token_id).first()
    if token is None:
        raise NotFound
    revoke_token(user_id=token.user_id, token_id=token_id)
    record_entry(
        actor_id=actor_id,
        action="notifications.revoke_service_token",
        target_type="notifications.servicetoken",
        target_id=str(token_id),
        changes={"service": [token.user.display_name, None], "scopes": [token.scopes, None]},
        reason=reason,
    )
