"""Reads of templates and their texts."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from common.problems import NotFound
from notifications.models import Template, TemplateVersion
from notifications.models.choices import Channel

# Channels whose messages are as short as the inbox's: without a text of their own they use its text.
SPEAKS_AS_INBOX = frozenset({Channel.PUSH, Channel.TELEGRAM, Channel.WEBHOOK})


def find_template(*, code: str) -> Template | None:
    """Return the template of a code, if it is defined."""
    return Template.objects.filter(code=code).first()


def list_templates(*, codes: Collection[str]) -> QuerySet[Template]:
    """Return the templates of these codes that are defined."""
    return Template.objects.filter(code__in=codes)


def list_published_channels(*, codes: Collection[str]) -> set[tuple[str, str]]:
    """Return the channels for which these templates have a text in use: (code, channel)."""
    published = TemplateVersion.objects.filter(template__code__in=codes, status=TemplateVersion.Status.PUBLISHED)
    spoken = set(published.values_list("template__code", "channel"))
    return spoken | {
        (code, other) for code, channel in spoken if channel == Channel.IN_APP for other in SPEAKS_AS_INBOX
    }


def find_text(*, code: str, channel: str, locale: str) -> TemplateVersion | None:
    """Return the text in use: the channel's own, else the inbox's where it may stand in; in the recipient's language,
    else in the other one.
    """
    channels = [channel, Channel.IN_APP] if channel in SPEAKS_AS_INBOX else [channel]
    published = TemplateVersion.objects.filter(
        template__code=code, channel__in=channels, status=TemplateVersion.Status.PUBLISHED
    )
    return min(
        published.order_by("locale"), key=lambda one: (one.channel != channel, one.locale != locale), default=None
    )


def find_template_version(*, version_id: UUID) -> TemplateVersion | None:
    """Return a text of a template, whether in use or not."""
    return TemplateVersion.objects.select_related("template").filter(id=version_id).first()


def get_template_version(*, version_id: UUID) -> TemplateVersion:
    """Return a text of a template.

    Raises:
        NotFound
    """
    version = find_template_version(version_id=version_id)
    if version is None:
        raise NotFound()
    return version


def list_texts_in_use(*, template: Template, channel: str) -> QuerySet[TemplateVersion]:
    """Return a template's published texts for a channel, by language."""
    published = TemplateVersion.objects.filter(
        template=template, channel=channel, status=TemplateVersion.Status.PUBLISHED
    )
    return published.select_related("template").order_by("locale")
