"""The link to a shop's Telegram bot, through the port and what stands behind it."""

import uuid

import pytest
from django.utils import timezone

from common.transactions import use_case
from loyalty.models import Project
from loyalty.ports import NoLinks
from notifications.models import ContactPoint, Recipient, TelegramBot
from notifications.services.receive_telegram_update import receive_telegram_update
from tests.factories.loyalty import Shop, make_shop

pytestmark = pytest.mark.django_db
REGISTER = {"action": "register_user", "payload": {"email": "anna@example.com"}}


@pytest.fixture
def shop() -> Shop:
    return make_shop()


class TestTelegramLinks:
    def test_let_the_shops_bot_write_to_the_customer(self, shop: Shop) -> None:
        project = shop.project
        bot = TelegramBot.objects.create(
            project_id=project.id, username="shop_bot", token="1:secret", webhook_secret="told"
        )

        answer = shop.post(REGISTER).json()
        code = answer["telegramLink"].removeprefix("https://t.me/shop_bot?start=")
        update = {"message": {"text": f"/start {code}", "chat": {"id": 42, "type": "private"}}}
        with use_case():
            receive_telegram_update(bot=bot, update=update, now=timezone.now())

        customer = Recipient.objects.get(kind="customer", external_id=answer["userId"])
        assert customer.project_id == project.id
        assert ContactPoint.objects.get(recipient=customer).address == "42"

    def test_lead_to_a_bot_that_the_shop_runs_itself(self, shop: Shop) -> None:
        Project.objects.filter(id=shop.project.id).update(telegram_bot="own_bot")

        answer = shop.post(REGISTER).json()

        assert answer["telegramLink"] == f"https://t.me/own_bot?start={answer['referralCode']}"

    def test_are_not_told_without_a_bot(self, shop: Shop) -> None:
        assert "telegramLink" not in shop.post(REGISTER).json()
        assert NoLinks().link(project_id=uuid.uuid4(), customer_id=uuid.uuid4(), now=timezone.now()) == ""
