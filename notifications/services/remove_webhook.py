"""Post no more messages to a URL."""

from uuid import UUID

from common.problems import NotFound
from common.transactions import requires_transaction
from notifications.selectors.addresses import list_webhooks


@requires_transaction
def remove_webhook(*, user_id: UUID, webhook_id: UUID) -> None:
    """Forget the webhook and its secret.

    Raises:
        NotFound: the user has none of this id.
    """
    deleted, _ = list_webhooks(user_id=user_id).filter(id=webhook_id).delete()
    if deleted == 0:
        raise NotFound()
