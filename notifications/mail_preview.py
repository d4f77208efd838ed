"""A text as the mail that it becomes, for who is writing it: in a frame in which nothing runs and nothing is followed."""

from typing import Any
from uuid import UUID

from csp.decorators import csp_replace
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.clickjacking import xframe_options_sameorigin

from notifications.models import TemplateVersion
from notifications.models.choices import Channel
from notifications.rendering.sandbox import TemplateIsBroken
from notifications.selectors.texts import find_template_version
from notifications.services.send_test_mail import preview

# Mails have their styles inline. The page that frames it is one of ours.
POLICY: dict[str, Any] = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["https:", "data:"],
    "frame-ancestors": ["'self'"],
    "sandbox": True,
}
FRAME = '<iframe class="w-full rounded-default border border-base-200" height="480" sandbox="" src="{}" title="{}"></iframe>'


@xframe_options_sameorigin
@csp_replace(POLICY)  # type: ignore[arg-type]  # it hands on what the path gives
def show_mail(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Show the HTML of the text, filled with its template's sample."""
    if not request.user.has_perm("notifications.view_templateversion"):
        raise PermissionDenied
    version = find_template_version(version_id=version_id)
    if version is None:
        raise Http404
    try:
        return HttpResponse(preview(version=version).html)
    except TemplateIsBroken as error:
        return HttpResponse(str(error), content_type="text/plain; charset=utf-8")


def preview_of(version: TemplateVersion) -> SafeString:
    """Return all readings of a text: its subject, the mail where it is one, plain text, its link, and with which values."""
    try:
        message = preview(version=version)
    except TemplateIsBroken as error:
        return format_html("{}", error)
    mail = SafeString()
    if version.channel == Channel.EMAIL:
        page = reverse("admin:notifications_templateversion_mail", args=[version.pk])
        mail = format_html(FRAME, page, message.subject)
    values = format_html_join("", "<li><code>{}</code>: {}</li>", version.template.sample.items())
    return format_html(
        '<strong>{}</strong>{}<pre class="plain-text">{}</pre>{}<ul class="mt-2">{}</ul>',
        message.subject,
        mail,
        message.mail_text if version.channel == Channel.EMAIL else message.text,
        message.link,
        values,
    )
