"""A template's text filled for one recipient."""

from dataclasses import dataclass
from typing import Any

import css_inline
from django.template.loader import render_to_string
from django.utils.translation import gettext, override

from notifications.rendering import sandbox
from notifications.rendering.markdown import to_html, to_text
from notifications.settings_links import OF_ACCOUNTS

LONGEST_SUBJECT = 300
LONGEST_LINK = 1000


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a channel sends; `markdown` is what both readings, plain text and HTML, are made from."""

    subject: str
    markdown: str
    text: str
    link: str
    locale: str
    site_url: str
    unsubscribe_url: str
    # Where its reader chooses what comes: a page that they can open.
    settings_url: str

    @property
    def html(self) -> str:
        """A whole document with its styles inlined; made when it is asked for, since only mails need it."""
        page = {
            "subject": self.subject,
            "body": to_html(self.markdown),
            "locale": self.locale,
            "site_url": self.site_url,
            "unsubscribe_url": self.unsubscribe_url,
            "settings_url": self.settings_url,
        }
        return css_inline.inline(render_to_string("notifications/mail.html", page), keep_at_rules=True)

    @property
    def mail_text(self) -> str:
        """The same for who reads mails as plain text: below the signature's mark stand the links of the HTML's foot."""
        with override(self.locale):
            foot = [f"{gettext('Notification settings')}: {self.settings_url}"]
            if self.unsubscribe_url:
                foot.append(f"{gettext('Unsubscribe')}: {self.unsubscribe_url}")
        return "\n".join([self.text, "", "-- ", *foot, ""])


def render_message(*, subject: str, body: str, link: str, context: dict[str, Any]) -> Message:
    """Fill subject, body and link; `context` has the common variables too.

    Raises:
        TemplateIsBroken: a text can't be rendered.
    """
    locale = context["locale"]
    markdown = sandbox.render(body, context, locale=locale, is_markdown=True)
    return Message(
        subject=sandbox.plain(sandbox.render(subject, context, locale=locale))[:LONGEST_SUBJECT],
        markdown=markdown,
        text=to_text(markdown),
        link=sandbox.plain(sandbox.render(link, context, locale=locale))[:LONGEST_LINK],
        locale=locale,
        site_url=context["site_url"],
        unsubscribe_url=context["unsubscribe_url"],
        settings_url=context.get("settings_url") or context["site_url"] + OF_ACCOUNTS,
    )
