"""Write down a text that isn't in use yet, to be looked at and tried first."""

from uuid import UUID

from django.db.models import Max

from common.problems import Problem
from common.transactions import requires_transaction
from notifications.models import Template, TemplateVersion
from notifications.selectors.texts import get_template_version
from notifications.services.check_texts import check_texts


class NoDraft(Problem):
    """What was ever sent stays to be read as it was."""

    code = "template_version_no_draft"
    title = "Only a draft can be changed: take a copy of this text."


@requires_transaction
def draft_text(*, template: Template, channel: str, locale: str, subject: str, body: str, link: str) -> TemplateVersion:
    """Keep it as the next version.

    Raises:
        InvalidInput: it can't be rendered with the template's sample.
    """
    texts = {"subject": subject, "body": body, "link": link}
    check_texts(texts=texts, declared=template.variables, sample=template.sample, locale=locale)
    Template.objects.locked().get(id=template.id)
    versions = TemplateVersion.objects.filter(template=template, channel=channel, locale=locale)
    latest = versions.aggregate(latest=Max("version"))["latest"] or 0
    return TemplateVersion.objects.create(
        template=template, channel=channel, locale=locale, version=latest + 1, **texts
    )


@requires_transaction
def change_draft(*, version_id: UUID, subject: str, body: str, link: str) -> None:
    """Write another text into a draft.

    Raises:
        NotFound, NoDraft
        InvalidInput: it can't be rendered with the template's sample.
    """
    version = get_template_version(version_id=version_id)
    texts = {"subject": subject, "body": body, "link": link}
    check_texts(texts=texts, declared=version.template.variables, sample=version.template.sample, locale=version.locale)
    draft = TemplateVersion.objects.filter(id=version_id, status=TemplateVersion.Status.DRAFT)
    if not draft.update(**texts):
        raise NoDraft()
