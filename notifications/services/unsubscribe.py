"""Stop a category of messages through a channel by the link in one of them, or let it come again."""

from common.transactions import requires_transaction
from notifications.models import Preference
from notifications.models.choices import Channel
from notifications.selectors.addresses import list_mail_addresses
from notifications.selectors.people import get_recipient_by_id
from notifications.services.keep_refusals import keep_refusals
from notifications.unsubscribe_links import Unsubscribing, read_token


@requires_transaction
def unsubscribe(*, token: str) -> None:
    """Switch it off, for the mail address too; once more changes nothing.

    Raises:
        NotFound: the link isn't ours, or the person is no longer known.
    """
    link = read_token(token)
    _switch(link, is_enabled=False, refused=[link.category], wanted=[])


@requires_transaction
def subscribe_again(*, token: str) -> None:
    """Take it back. A consent that was taken back otherwise isn't given again by this.

    Raises:
        NotFound: the link isn't ours, or the person is no longer known.
    """
    link = read_token(token)
    _switch(link, is_enabled=True, refused=[], wanted=[link.category])


def _switch(link: Unsubscribing, *, is_enabled: bool, refused: list[str], wanted: list[str]) -> None:
    recipient = get_recipient_by_id(recipient_id=link.recipient_id)
    Preference.objects.update_or_create(
        recipient=recipient, category=link.category, channel=link.channel, defaults={"is_enabled": is_enabled}
    )
    if link.channel == Channel.EMAIL:
        keep_refusals(addresses=list_mail_addresses(recipient=recipient), refused=refused, wanted=wanted)
