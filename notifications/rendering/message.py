"""A template's text filled for one recipient."""

from dataclasses import dataclass
from typing import Any

import css_inline
from django.template.loader import render_to_string

from notifications.rendering import sandbox
from notifications.rendering.markdown import to_html, to_text

LONGEST_SUBJECT = 300


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a channel sends; `html` is a whole document with its styles inlined."""

    subject: str
    text: str
    html: str
    link: str
    locale: str


def render_message(*, subject: str, body: str, link: str, context: dict[str, Any]) -> Message:
    """Fill subject, body and link; `context` has the common variables too.

    Raises:
        TemplateIsBroken: a text can't be rendered.
    """
    markdown = sandbox.render(body, context, escape=sandbox.markdown_safe)
    title = sandbox.plain(sandbox.render(subject, context, escape=sandbox.plain))[:LONGEST_SUBJECT]
    page = {
        "subject": title,
        "body": to_html(markdown),
        "locale": context["locale"],
        "site_url": context["site_url"],
        "unsubscribe_url": context["unsubscribe_url"],
    }
    return Message(
        subject=title,
        text=to_text(markdown),
        html=css_inline.inline(render_to_string("notifications/mail.html", page)),
        link=sandbox.plain(sandbox.render(link, context, escape=sandbox.plain)),
        locale=context["locale"],
    )
