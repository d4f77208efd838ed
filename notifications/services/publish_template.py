"""Put a text into use for a template, a channel and a locale; the one before it is kept, retired.

A text may use only the variables that its template declares. Events that were waiting for the template go on.
"""

from datetime import datetime

from django.db.models import Max

from common.transactions import requires_transaction
from notifications.models import Template, TemplateVersion
from notifications.services.check_texts import check_texts
from notifications.services.release_blocked_events import release_blocked_events

TEXTS = ("subject", "body", "link")


@requires_transaction
def publish_template(
    *,
    template: Template,
    channel: str,
    locale: str,
    subject: str,
    body: str,
    link: str,
    now: datetime,
    is_shipped: bool = False,
) -> TemplateVersion:
    """Publish a new version.

    Raises:
        InvalidInput: a text is broken, or uses undeclared variables.
    """
    texts = dict(zip(TEXTS, (subject, body, link), strict=True))
    check_texts(texts=texts, declared=template.variables, sample=template.sample, locale=locale)
    versions = TemplateVersion.objects.filter(template=template, channel=channel, locale=locale)
    latest = versions.aggregate(latest=Max("version"))["latest"] or 0
    versions.filter(status=TemplateVersion.Status.PUBLISHED).update(status=TemplateVersion.Status.RETIRED)
    published = TemplateVersion.objects.create(
        template=template,
        channel=channel,
        locale=locale,
        version=latest + 1,
        status=TemplateVersion.Status.PUBLISHED,
        is_shipped=is_shipped,
        **texts,
    )
    release_blocked_events(waiting_for=f"template:{template.code}", now=now)
    return published
