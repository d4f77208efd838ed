"""Send no more pushes to a browser."""

from uuid import UUID

from common.problems import NotFound
from common.transactions import requires_transaction
from notifications.selectors.addresses import list_push_subscriptions


@requires_transaction
def remove_push_subscription(*, user_id: UUID, subscription_id: UUID) -> None:
    """Forget the subscription.

    Raises:
        NotFound: the user has none of this id.
    """
    deleted, _ = list_push_subscriptions(user_id=user_id).filter(id=subscription_id).delete()
    if deleted == 0:
        raise NotFound()
