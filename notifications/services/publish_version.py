"""Put a draft into use, or a version that was in use before; the one in use now is kept, retired."""

from datetime import datetime
from uuid import UUID

from audit.services.record_entry import record_entry
from common.problems import Problem
from common.transactions import requires_transaction
from notifications.models import Template, TemplateVersion
from notifications.selectors.texts import get_template_version
from notifications.services.check_texts import check_texts
from notifications.services.release_blocked_events import release_blocked_events

Status = TemplateVersion.Status


class VersionInUse(Problem):
    """There is nothing to put into use."""

    code = "version_in_use"
    title = "This text is in use already."


@requires_transaction
def publish_version(*, version_id: UUID, actor_id: UUID, now: datetime) -> TemplateVersion:
    """Use the text from now on; events that were waiting for it go on.

    Raises:
        NotFound, VersionInUse
        InvalidInput: it can't be rendered with the template as it is now.
    """
    version = get_template_version(version_id=version_id)
    template = Template.objects.locked().get(id=version.template_id)
    texts = {"subject": version.subject, "body": version.body, "link": version.link}
    check_texts(texts=texts, declared=template.variables, sample=template.sample, locale=version.locale)
    of_its_kind = TemplateVersion.objects.filter(template=template, channel=version.channel, locale=version.locale)
    before = of_its_kind.filter(status=Status.PUBLISHED).values_list("version", flat=True).first()
    of_its_kind.filter(status=Status.PUBLISHED).exclude(id=version_id).update(status=Status.RETIRED)
    if not of_its_kind.filter(id=version_id).exclude(status=Status.PUBLISHED).update(status=Status.PUBLISHED):
        raise VersionInUse()
    record_entry(
        actor_id=actor_id,
        action="notifications.publish_template",
        target_type="notifications.templateversion",
        target_id=str(version_id),
        changes={"version": [before, version.version]},
    )
    release_blocked_events(waiting_for=f"template:{template.code}", now=now)
    return get_template_version(version_id=version_id)
