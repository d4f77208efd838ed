"""Demo: the recipient, the segment and the service of the contract's examples, so that they are really delivered."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.utils import timezone

from accounts.models import AccessToken, User
from accounts.services.issue_token import make_token
from notifications.models import ContactPoint, Recipient, ServiceSource
from notifications.models.choices import Channel
from notifications.push_endpoints import SINK_PATH
from notifications.push_sink import make_browser
from notifications.services.define_segment import define_segment
from notifications.services.load_default_templates import load_default_templates
from notifications.services.tell_about_recipient import tell_about_recipient

SERVICE_EMAIL = "services@aquastream.example"
SOURCES = ("auth_service", "content_service", "admin_panel")
SCOPES = ("notifications:events", "notifications:recipients", "read")
RECIPIENT_ID = UUID("f3aa4a0e-97d4-4e21-a2b4-9fb7c8d9f001")
RECIPIENT_EMAIL = "welcome-demo@aquastream.example"
SEGMENT = "bf_2025_loyal_customers"
TAG = "loyal_2025"
MEMBERS = 20
CONSENT_AT = datetime(2025, 1, 15, 9, 0, tzinfo=UTC)
NAMES = ["Анна", "Борис", "Вера", "Глеб", "Дарья", "Егор", "Жанна", "Захар", "Инна", "Кирилл"]
GENRES = [["sci-fi", "action"], ["drama"], ["comedy", "sci-fi"], ["action"], ["documentary"]]


def load_demo(known: dict[str, Any]) -> dict[str, Any]:
    """Make or renew it; return what scripts need to know."""
    load_default_templates(now=timezone.now())
    service = _make_service()
    _make_person(
        service,
        RECIPIENT_ID,
        name="Мария",
        email=RECIPIENT_EMAIL,
        genres=["action", "sci-fi"],
        birth_on=date(1991, 4, 12),
        browser="welcome-demo",
    )
    for number in range(1, MEMBERS):
        _make_person(
            service,
            uuid5(NAMESPACE_URL, f"aquastream/notifications/member-{number}"),
            name=NAMES[number % len(NAMES)],
            email=f"loyal-{number:02}@aquastream.example",
            genres=GENRES[number % len(GENRES)],
            # Every fifth is under age, and every seventh has told no birth date.
            birth_on=None if number % 7 == 0 else date(2012 if number % 5 == 0 else 1985, 6, 1 + number),
            browser=f"loyal-{number:02}",
        )
    define_segment(
        code=SEGMENT,
        description="Постоянные участники 2025 года",
        conditions={"has_any_tag": [TAG]},
        now=timezone.now(),
    )
    return {
        "notifications": {
            "service_token": _make_token(service),
            "demo_recipient_email": RECIPIENT_EMAIL,
            "demo_recipient_id": str(RECIPIENT_ID),
            "demo_push_sink": f"{SINK_PATH}welcome-demo/",
        }
    }


def _make_person(
    service: User, user_id: UUID, *, name: str, email: str, genres: list[str], birth_on: date | None, browser: str
) -> Recipient:
    recipient = tell_about_recipient(
        service_id=service.id,
        sources=SOURCES,
        user_id=user_id,
        told={
            "display_name": name,
            "locale": "ru",
            "email": email,
            "email_verified_at": CONSENT_AT,
            "genres": genres,
            "tags": [TAG],
            "birth_on": birth_on,
            "marketing_consent": True,
        },
        now=CONSENT_AT,
    )
    ContactPoint.objects.update_or_create(
        recipient=recipient,
        channel=Channel.PUSH,
        address=f"{SINK_PATH}{browser}/",
        defaults={"keys": make_browser(browser), "verified_at": CONSENT_AT},
    )
    return recipient


def _make_service() -> User:
    """Return the account that speaks for the sources of the examples."""
    account, _ = User.objects.get_or_create(
        email=SERVICE_EMAIL, defaults={"display_name": "Demo services", "email_verified_at": CONSENT_AT}
    )
    for source in SOURCES:
        ServiceSource.objects.get_or_create(account=account, source=source)
    return account


def _make_token(account: User) -> str:
    AccessToken.objects.filter(user=account).delete()
    _, text = make_token(user_id=account.id, name="demo", scopes=SCOPES, lifetime_days=365, second_factor_at=None)
    return text
