"""Send a text, filled with its template's sample, to whoever is editing it."""

from uuid import UUID

from common.ids import new_id
from common.problems import Problem
from notifications.channels.email import email_providers
from notifications.channels.ports import Outgoing, PermanentRefusal, TemporaryRefusal
from notifications.models import ContactPoint, TemplateVersion
from notifications.models.choices import Channel
from notifications.rendering.message import Message
from notifications.rendering.sandbox import TemplateIsBroken
from notifications.services.check_texts import fill_sample


class SampleNotSent(Problem):
    """The text is broken, isn't a mail's, or the mail server has refused it."""

    code = "sample_not_sent"
    status = 409
    title = "The test mail was not sent."


def preview(*, version: TemplateVersion) -> Message:
    """Return the text filled with its template's sample.

    Raises:
        TemplateIsBroken
    """
    texts = {"subject": version.subject, "body": version.body, "link": version.link}
    return fill_sample(texts=texts, sample=version.template.sample, locale=version.locale)


def send_test_mail(*, version: TemplateVersion, recipient_id: UUID, to: str) -> None:
    """Send it now, past every queue and rule.

    Raises:
        SampleNotSent
    """
    if version.channel != Channel.EMAIL:
        raise SampleNotSent(version.channel)
    provider = email_providers()[0]
    try:
        provider.deliver(
            Outgoing(
                job_id=new_id(),
                recipient_id=recipient_id,
                message=preview(version=version),
                contact_points=[ContactPoint(channel=Channel.EMAIL, address=to)],
                unsubscribe_url="",
            )
        )
    except (TemplateIsBroken, TemporaryRefusal, PermanentRefusal) as error:
        raise SampleNotSent(str(error)) from error
    finally:
        provider.close()
