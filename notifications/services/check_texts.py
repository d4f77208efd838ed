"""Refuse texts that could not be rendered later, or that would lead where no message may lead."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext

from common.problems import FieldProblem, InvalidInput
from notifications.rendering.markdown import links_in
from notifications.rendering.message import Message, render_message
from notifications.rendering.sandbox import TemplateIsBroken, undeclared_variables

SAMPLE_NAME = "Anna"


def fill_sample(*, texts: Mapping[str, str], sample: Mapping[str, Any], locale: str) -> Message:
    """Return the texts filled with a template's sample.

    Raises:
        TemplateIsBroken
    """
    context = dict(sample) | {
        "recipient_name": SAMPLE_NAME,
        "site_url": settings.PUBLIC_URL,
        "unsubscribe_url": "",
        "locale": locale,
    }
    return render_message(subject=texts["subject"], body=texts["body"], link=texts["link"], context=context)


def check_texts(*, texts: Mapping[str, str], declared: Sequence[str], sample: Mapping[str, Any], locale: str) -> None:
    """Judge subject, body and link, and fill them with the sample.

    Raises:
        InvalidInput
    """
    problems = [
        FieldProblem(f"/{name}", "invalid_value", reason)
        for name, text in texts.items()
        if (reason := _problem_of(name, text, declared))
    ]
    if not problems:
        problems = _problems_of_filled(texts, sample, locale)
    if problems:
        raise InvalidInput(errors=tuple(problems))


def _problem_of(name: str, text: str, declared: Sequence[str]) -> str:
    if name != "body" and len(text.splitlines()) > 1:
        return gettext("This is one line.")
    try:
        unknown = undeclared_variables(text, list(declared))
    except TemplateIsBroken as error:
        return str(error)
    return gettext("These variables are not declared: %s.") % ", ".join(unknown) if unknown else ""


def _problems_of_filled(texts: Mapping[str, str], sample: Mapping[str, Any], locale: str) -> list[FieldProblem]:
    for name in texts:
        alone = {one: text if one == name else "" for one, text in texts.items()}
        try:
            message = fill_sample(texts=alone, sample=sample, locale=locale)
        except TemplateIsBroken as error:
            return [FieldProblem(f"/{name}", "invalid_value", str(error))]
        if name == "link" and not _leads_somewhere(message.link):
            detail = gettext("A link begins with {{ site_url }}, https:// or a single slash.")
            return [FieldProblem("/link", "invalid_value", detail)]
        if astray := [link for link in links_in(message.markdown) if not _leads_somewhere(link)]:
            detail = gettext("These links lead nowhere: %s.") % ", ".join(astray)
            return [FieldProblem("/body", "invalid_value", detail)]
    return []


def _leads_somewhere(link: str) -> bool:
    """Tell whether a click on it is a way within the web: no script, no other scheme, no address that only looks like a path."""
    if not link:
        return True
    if " " in link or "\\" in link or link.startswith("//"):
        return False
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    is_path = not parts.scheme and link.startswith("/")
    return is_path or (parts.scheme == "https" and bool(parts.hostname)) or link.startswith(f"{settings.PUBLIC_URL}/")
