"""Stop a category of messages through a channel, by the link in one of them."""

from common.problems import NotFound
from common.transactions import requires_transaction
from notifications.models import Preference, Recipient
from notifications.unsubscribe_links import read_token


@requires_transaction
def unsubscribe(*, token: str) -> None:
    """Switch it off; once more changes nothing.

    Raises:
        NotFound: the link isn't ours, or the person is no longer known.
    """
    link = read_token(token)
    if not Recipient.objects.filter(id=link.recipient_id).exists():
        raise NotFound()
    Preference.objects.update_or_create(
        recipient_id=link.recipient_id,
        category=link.category,
        channel=link.channel,
        defaults={"is_enabled": False},
    )
