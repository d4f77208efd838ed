"""Bring the texts that ship with the product into the database.

A text that is new, or that was changed in the product while nobody has written another one here, becomes the next
version; a text that people have changed here is left alone.
"""

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from common.transactions import requires_transaction
from notifications.models import Template, TemplateVersion
from notifications.models.choices import Channel, Locale
from notifications.services.publish_template import publish_template

FOLDER = Path(__file__).resolve().parent.parent / "default_templates"
DEFINITION = ("description", "category", "is_urgent", "variables", "sample")


@cache
def shipped_codes() -> frozenset[str]:
    """Return the codes of the product's own messages."""
    return frozenset(path.stem for path in FOLDER.glob("*.toml"))


@requires_transaction
def load_default_templates(*, now: datetime) -> int:
    """Return how many texts were published."""
    return sum(_load(tomllib.loads(path.read_text()), now) for path in sorted(FOLDER.glob("*.toml")))


def _load(shipped: dict[str, Any], now: datetime) -> int:
    template, _ = Template.objects.update_or_create(
        code=shipped["code"], defaults={name: shipped[name] for name in DEFINITION if name in shipped}
    )
    wanted = [
        (channel, locale, shipped[channel][locale])
        for channel in Channel.values
        for locale in Locale.values
        if locale in shipped.get(channel, {})
    ]
    return sum(_publish(template, channel, locale, text, now) for channel, locale, text in wanted)


def _publish(template: Template, channel: str, locale: str, text: dict[str, str], now: datetime) -> bool:
    versions = TemplateVersion.objects.filter(template=template, channel=channel, locale=locale)
    # A draft is nobody's text yet.
    latest = versions.exclude(status=TemplateVersion.Status.DRAFT).order_by("-version").first()
    shipped = {"subject": text["subject"], "body": text["body"].strip(), "link": text.get("link", "")}
    if latest is not None and (not latest.is_shipped or _texts_of(latest) == shipped):
        return False
    publish_template(template=template, channel=channel, locale=locale, is_shipped=True, now=now, **shipped)
    return True


def _texts_of(version: TemplateVersion) -> dict[str, str]:
    return {"subject": version.subject, "body": version.body, "link": version.link}
