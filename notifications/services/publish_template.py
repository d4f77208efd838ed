"""Put a text into use for a template, a channel and a locale; the one before it is kept, retired.

A text may use only the variables that its template declares. Events that were waiting for the template go on.
"""

from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext

from common.problems import FieldProblem, InvalidInput
from common.transactions import requires_transaction
from notifications.models import Template, TemplateVersion
from notifications.rendering.sandbox import TemplateIsBroken, undeclared_variables
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
    check_texts(texts=texts, declared=template.variables)
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


def check_texts(*, texts: dict[str, str], declared: list[str]) -> None:
    """Refuse what could not be rendered later.

    Raises:
        InvalidInput
    """
    problems = [
        FieldProblem(f"/{name}", "invalid_value", reason)
        for name, text in texts.items()
        if (reason := _problem_of(text, declared))
    ]
    if problems:
        raise InvalidInput(errors=tuple(problems))


def _problem_of(text: str, declared: list[str]) -> str:
    try:
        unknown = undeclared_variables(text, declared)
    except TemplateIsBroken as error:
        return str(error)
    return gettext("These variables are not declared: %s.") % ", ".join(unknown) if unknown else ""
