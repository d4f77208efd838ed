"""What the database itself refuses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications.models import (
    Campaign,
    DigestChoice,
    ServiceSource,
    Suppression,
    TelegramBot,
    TelegramLinkCode,
    Template,
)
from tests.factories.accounts import make_user
from tests.factories.notifications import make_notification_event, make_recipient, make_segment

pytestmark = pytest.mark.django_db


def campaign(**fields: Any) -> Campaign:
    template = Template.objects.get(code="black_friday_sale")
    return Campaign.objects.create(
        **{"name": "Sale", "template": template, "segment": make_segment(), "channels": ["email"]} | fields
    )


def bot(**fields: Any) -> TelegramBot:
    return TelegramBot.objects.create(**{"username": "shop_bot", "token": "1:a", "webhook_secret": "s"} | fields)


def twice(make: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: (make(), make())


def link_code() -> TelegramLinkCode:
    recipient = make_recipient()
    return TelegramLinkCode.objects.create(
        code_hash=b"x", bot=TelegramBot.objects.first() or bot(), recipient=recipient, expires_at=timezone.now()
    )


def digest(category: str) -> Callable[[], Any]:
    return lambda: DigestChoice.objects.create(recipient=make_recipient(), category=category, period="daily")


def digest_twice() -> None:
    recipient = make_recipient()
    for period in ("daily", "hourly"):
        DigestChoice.objects.create(recipient=recipient, category="social", period=period)


VIOLATIONS: dict[str, Callable[[], Any]] = {
    "notifications_event_canary_and_pace_positive": lambda: make_notification_event(per_second=0),
    "notifications_suppression_once": twice(
        lambda: Suppression.objects.create(channel="email", address_hash=b"x", reason="bounce")
    ),
    "notifications_suppression_category_unsubscribed": lambda: Suppression.objects.create(
        channel="email", address_hash=b"x", reason="bounce", category="social"
    ),
    "notifications_recipient_consent_or_refusal": lambda: make_recipient(
        marketing_consent_at=timezone.now(), marketing_refused_at=timezone.now()
    ),
    "notifications_service_source_not_our_own": lambda: ServiceSource.objects.create(
        account=make_user(), source="aquastream"
    ),
    "notifications_digest_choice_once": digest_twice,
    "notifications_digest_choice_may_wait": digest("transactional"),
    "notifications_telegram_bot_one_per_project": twice(bot),
    "notifications_telegram_link_code_unique": twice(link_code),
    "notifications_campaign_has_channels": lambda: campaign(channels=[]),
    "notifications_campaign_percentages": lambda: campaign(canary_percent=101),
    "notifications_campaign_pace_positive": lambda: campaign(per_second=0),
}


class TestConstraints:
    @pytest.mark.parametrize("name", VIOLATIONS)
    def test_are_kept_by_the_database(self, name: str) -> None:
        with pytest.raises(IntegrityError, match=f'"{name}"'), transaction.atomic():
            VIOLATIONS[name]()

    def test_take_what_is_in_order(self) -> None:
        made = [campaign(canary_percent=0, per_second=1), bot(), make_notification_event(audience_limit=1), link_code()]

        assert all(one.pk for one in made)
        assert TelegramLinkCode.objects.usable(timezone.now() - timedelta(seconds=9)).count() == 1
