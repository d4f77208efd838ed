"""Recipients, templates and events of the notifications."""

import uuid
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.models import User
from notifications.models import (
    ContactPoint,
    NotificationEvent,
    NotificationJob,
    Recipient,
    Segment,
    ServiceSource,
    Template,
    TemplateVersion,
)
from tests.factories.accounts import make_token, make_user

_numbers = count(1)
SAMPLES = Path(__file__).resolve().parent.parent / "samples" / "notification-events"
SCOPES = ("notifications:events", "notifications:recipients")


def sample_bytes(name: str) -> bytes:
    """Return a sample of the contract as it was given, byte for byte."""
    return (SAMPLES / f"{name}.json").read_bytes()


def make_service_token(*sources: str, scopes: tuple[str, ...] = SCOPES, user: User | None = None) -> str:
    """Make a program's token whose account may speak for these sources; return its secret."""
    account = user or make_user()
    for source in sources:
        ServiceSource.objects.get_or_create(account=account, source=source)
    return make_token(account, scopes=scopes)[1]


def make_recipient(*, email: str | None = "", push: str = "", **fields: Any) -> Recipient:
    """Make an adult, with an e-mail address unless it is None, and a push subscription if one is given."""
    number = next(_numbers)
    fields.setdefault("external_id", uuid.uuid4())
    fields.setdefault("display_name", f"Recipient {number}")
    fields.setdefault("birth_on", date(1990, 5, 17))
    recipient = Recipient.objects.create(**fields)
    if email is not None:
        address = email or f"recipient{number}@example.com"
        ContactPoint.objects.create(recipient=recipient, channel="email", address=address)
    if push:
        ContactPoint.objects.create(recipient=recipient, channel="push", address=push)
    return recipient


def make_segment(**fields: Any) -> Segment:
    number = next(_numbers)
    fields.setdefault("code", f"segment_{number}")
    fields.setdefault("conditions", {})
    return Segment.objects.create(**fields)


def make_template(*, channels: tuple[str, ...] = ("email",), locale: str = "ru", **fields: Any) -> Template:
    """Make a template with a published text for each channel."""
    number = next(_numbers)
    fields.setdefault("code", f"template_{number}")
    fields.setdefault("category", "transactional")
    template = Template.objects.create(**fields)
    for channel in channels:
        TemplateVersion.objects.create(
            template=template,
            channel=channel,
            locale=locale,
            version=1,
            status=TemplateVersion.Status.PUBLISHED,
            subject=f"Subject of {template.code}",
            body="Hello, {{ recipient_name }}!",
        )
    return template


def make_notification_event(**fields: Any) -> NotificationEvent:
    """Make a planned event without jobs."""
    fields.setdefault("source", "auth_service")
    fields.setdefault("event_id", uuid.uuid4())
    fields.setdefault("event_type", "user_registered")
    fields.setdefault("occurred_at", timezone.now())
    fields.setdefault("payload", {})
    fields.setdefault("plan", {})
    fields.setdefault("body_hash", b"x" * 32)
    fields.setdefault("status", NotificationEvent.Status.PLANNED)
    if fields["status"] == NotificationEvent.Status.PLANNED:
        fields.setdefault("planned_at", timezone.now())
    return NotificationEvent.objects.create(**fields)


def make_job(**fields: Any) -> NotificationJob:
    """Make a queued e-mail job of the greeting."""
    fields.setdefault("event", None)
    fields["event"] = fields["event"] or make_notification_event()
    fields.setdefault("recipient", None)
    fields["recipient"] = fields["recipient"] or make_recipient()
    fields.setdefault("template_code", "welcome")
    fields.setdefault("channel", "email")
    fields.setdefault("locale", "ru")
    fields.setdefault("category", "transactional")
    fields.setdefault("status", NotificationJob.Status.QUEUED)
    if fields["status"] in NotificationJob.UNFINISHED:
        fields.setdefault("next_attempt_at", timezone.now())
    else:
        fields.setdefault("finished_at", timezone.now())
    return NotificationJob.objects.create(**fields)
