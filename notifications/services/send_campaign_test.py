"""Send what a campaign will say to whoever prepares it: its mail in each language, filled with the template's sample."""

from uuid import UUID

from notifications.models import Campaign
from notifications.models.choices import Channel
from notifications.selectors.texts import list_texts_in_use
from notifications.services.send_test_mail import SampleNotSent, send_test_mail


def send_campaign_test(*, campaign: Campaign, recipient_id: UUID, to: str) -> int:
    """Return how many mails were sent.

    Raises:
        SampleNotSent: a text is broken or refused, or there is none.
    """
    texts = list(list_texts_in_use(template=campaign.template, channel=Channel.EMAIL))
    if not texts:
        raise SampleNotSent(campaign.template.code)
    for text in texts:
        send_test_mail(version=text, recipient_id=recipient_id, to=to)
    return len(texts)
