"""Telegram: linking a chat, sending within the limits, and what the Bot API's answers mean."""

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import Min
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from common.transactions import use_case
from notifications.channels import registry
from notifications.channels.route import Route
from notifications.event_types.registry import OneCustomer
from notifications.limits.buckets import Buckets
from notifications.models import ContactPoint, NotificationJob, Recipient, TelegramBot
from notifications.services.deliver_jobs import deliver_jobs
from notifications.services.make_telegram_link import make_telegram_link
from notifications.services.receive_telegram_update import receive_telegram_update
from tests.factories.accounts import bearer, make_user
from tests.factories.notifications import make_job, make_recipient, make_template
from tests.notifications.flow import Clock, send
from tests.notifications.telegram_server import TelegramServer, telegram_server

pytestmark = pytest.mark.django_db
SECRET = "told-to-telegram"


@pytest.fixture
def telegram(settings: Any) -> Iterator[TelegramServer]:
    with telegram_server() as server:
        settings.TELEGRAM_API_URL = server.url
        yield server


def make_bot(**fields: Any) -> TelegramBot:
    return TelegramBot.objects.create(
        **{"username": "aquastream_bot", "token": "1:secret", "webhook_secret": SECRET} | fields
    )


def telegram_jobs(count: int, *, chats: int) -> list[NotificationJob]:
    bot, template = make_bot(), make_template(channels=("telegram",))
    recipients = [make_recipient(email=None) for _ in range(chats)]
    for number, recipient in enumerate(recipients):
        ContactPoint.objects.create(
            recipient=recipient, channel="telegram", address=str(1000 + number), keys={"bot": str(bot.id)}
        )
    return [
        make_job(recipient=recipients[number % chats], channel="telegram", template_code=template.code)
        for number in range(count)
    ]


def start(code: str, chat: int = 42) -> dict[str, Any]:
    return {"message": {"text": f"/start {code}", "chat": {"id": chat, "type": "private"}}}


def post(bot: TelegramBot, update: Any, *, secret: str = SECRET) -> Any:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
    return Client().post(f"/telegram/{bot.id}/", update, content_type="application/json", headers=headers)


class TestLinking:
    def test_is_proved_by_the_code_of_the_link(self, api: APIClient) -> None:
        bot, user = make_bot(), make_user(locale="en")
        api.credentials(**bearer(user))
        link = api.post("/api/v1/me/telegram-link/").json()["url"]

        answer = post(bot, start(link.rpartition("=")[2]))

        assert link.startswith("https://t.me/aquastream_bot?start=")
        assert answer.json()["chat_id"] == 42
        assert "/stop" in answer.json()["text"]
        contact = ContactPoint.objects.get(channel="telegram", recipient__external_id=user.id)
        assert (contact.address, contact.keys) == ("42", {"bot": str(bot.id)})

    def test_works_once_and_not_for_ever(self) -> None:
        bot, now = make_bot(), timezone.now()
        customer = OneCustomer(project_id=uuid.uuid4(), customer_id=uuid.uuid4())
        own_bot = make_bot(project_id=customer.project_id, username="shop_bot")
        with use_case():
            first, second = (make_telegram_link(person=customer, now=now) for _ in range(2))
            late = receive_telegram_update(
                bot=own_bot, update=start(second.rpartition("=")[2]), now=now + timedelta(days=8)
            )
            foreign = receive_telegram_update(bot=bot, update=start(first.rpartition("=")[2]), now=now)
            for chat in (1, 2):
                receive_telegram_update(bot=own_bot, update=start(first.rpartition("=")[2], chat), now=now)

        assert first.startswith("https://t.me/shop_bot")
        assert late == foreign != ""
        assert ContactPoint.objects.get(channel="telegram").address == "1"
        assert Recipient.objects.get().project_id == customer.project_id

    def test_has_no_link_without_a_bot(self) -> None:
        with use_case():
            customer = OneCustomer(project_id=uuid.uuid4(), customer_id=uuid.uuid4())
            assert make_telegram_link(person=customer, now=timezone.now()) == ""

    @pytest.mark.parametrize(
        "update",
        [
            {"message": {"text": "/stop", "chat": {"id": 1000, "type": "private"}}},
            {"my_chat_member": {"chat": {"id": 1000}, "new_chat_member": {"status": "kicked"}}},
        ],
    )
    def test_ends_when_the_person_stops_or_blocks_the_bot(self, update: dict[str, Any]) -> None:
        telegram_jobs(1, chats=1)

        assert post(TelegramBot.objects.get(), update).status_code == 200

        assert ContactPoint.objects.get().switched_off_reason == "stopped by the person"

    @pytest.mark.parametrize(
        "body", ["{", "[]", '{"message": 5}', '{"message": {"text": 5, "chat": {}}}', '{"my_chat_member": {}}', ""]
    )
    def test_takes_what_it_cannot_read_and_forgets_it(self, body: str) -> None:
        assert post(make_bot(), body).status_code == 200

    def test_listens_only_to_telegram(self) -> None:
        bot = make_bot()

        assert post(bot, start("x"), secret="guessed").status_code == 404
        assert Client().post(f"/telegram/{uuid.uuid4()}/").status_code == 404
        assert Client().get(f"/telegram/{bot.id}/").status_code == 405


class TestTelegramProvider:
    def test_sends_text_with_the_link(self, telegram: TelegramServer) -> None:
        [job] = telegram_jobs(1, chats=1)

        send([job.id])

        job.refresh_from_db()
        [(_, chat, text, _)] = telegram.requests
        assert (job.status, job.provider, job.provider_message_id) == ("sent", "telegram", "7")
        assert (chat, text.splitlines()[0]) == ("1000", f"Subject of {job.template_code}")

    @pytest.mark.parametrize(
        ("status", "said"),
        [(403, {"description": "Forbidden: bot was blocked by the user"}), (400, {"description": "chat not found"})],
    )
    def test_writes_no_more_to_who_has_blocked_the_bot(
        self, telegram: TelegramServer, status: int, said: dict[str, Any]
    ) -> None:
        [job] = telegram_jobs(1, chats=1)
        telegram.answers.append((status, said))

        send([job.id])

        job.refresh_from_db()
        assert (job.status, job.reason) == ("undeliverable", "refused")
        assert ContactPoint.objects.get().switched_off_at is not None

    def test_keeps_the_window_that_429_asks_for_and_loses_nothing(self, telegram: TelegramServer) -> None:
        jobs = telegram_jobs(6, chats=6)
        telegram.answers += [(200, {"result": {"message_id": 1}}), (429, {"parameters": {"retry_after": 2}})]

        send([job.id for job in jobs])

        deferred = NotificationJob.objects.filter(status="deferred")
        assert (deferred.count(), len(telegram.requests)) == (5, 2)
        refused_at = telegram.requests[1][0]
        while NotificationJob.objects.unfinished().exists():
            earliest = min(deferred.values_list("next_attempt_at", flat=True))
            time.sleep(max(0.0, (earliest - timezone.now()).total_seconds()))
            send(list(deferred.values_list("id", flat=True)))
        assert min(at for at, *_ in telegram.requests[2:]) - refused_at >= 2
        assert sorted(chat for _, chat, *_ in telegram.taken()) == [str(1000 + number) for number in range(6)]
        assert {job.attempts for job in NotificationJob.objects.all()} == {1}

    def test_waits_as_long_as_429_says(self, telegram: TelegramServer) -> None:
        [job] = telegram_jobs(1, chats=1)
        telegram.answers.append((429, {"parameters": {"retry_after": 600}}))
        now = timezone.now()

        send([job.id], now=now)

        job.refresh_from_db()
        assert (job.status, job.reason, job.attempts) == ("deferred", "too_many", 0)
        assert job.next_attempt_at is not None
        assert now + timedelta(seconds=600) <= job.next_attempt_at < now + timedelta(seconds=602)

    @pytest.mark.parametrize("seconds", [10**400, 86_401])
    def test_asks_again_tomorrow_whatever_429_says(self, telegram: TelegramServer, seconds: int) -> None:
        [job] = telegram_jobs(1, chats=1)
        telegram.answers.append((429, {"parameters": {"retry_after": seconds}}))
        now = timezone.now()

        send([job.id], now=now)

        job.refresh_from_db()
        assert (job.status, job.reason) == ("deferred", "too_many")
        assert job.next_attempt_at is not None
        assert now + timedelta(days=1) <= job.next_attempt_at < now + timedelta(days=1, seconds=2)

    @pytest.mark.parametrize("answer", [b"<html>", b"", b"[]", b"x" * 200_000])
    def test_survives_answers_that_are_none(self, telegram: TelegramServer, answer: bytes) -> None:
        [job] = telegram_jobs(1, chats=1)
        telegram.answers.append((500, {}))
        telegram.raw_answer = answer

        send([job.id])

        job.refresh_from_db()
        assert (job.status, job.reason) == ("failed", "temporary_refusal")

    def test_never_shows_the_token(self, settings: Any) -> None:
        settings.TELEGRAM_API_URL = "http://127.0.0.1:1"
        [job] = telegram_jobs(1, chats=1)

        send([job.id])

        job.refresh_from_db()
        assert job.last_error == "ConnectError"


class TestLimits:
    def test_hold_over_all_workers(self, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """At most 30 in any second over all chats, and one a second in each, measured where the requests arrive.

        Time passes by the workers' waiting only, so that a busy machine measures the same.
        """
        clock = Clock()
        telegram.now = clock
        ids = [job.id for job in telegram_jobs(75, chats=25)]
        workers = [(Buckets(clock), ids[number::3]) for number in range(3)]
        monkeypatch.setattr(registry, "Route", partial(Route, sleep=clock.pass_by))

        def moment() -> datetime:
            return datetime.fromtimestamp(clock(), UTC)

        while NotificationJob.objects.unfinished().exists():
            for buckets, mine in workers:
                monkeypatch.setattr(registry, "_buckets", buckets)
                due = NotificationJob.objects.due(moment()).filter(id__in=mine).order_by("id")
                # A few at a time, so that the workers take turns.
                ready = list(due.values_list("id", flat=True)[:5])
                deliver_jobs(job_ids=ready, clock=moment, jitter=lambda: 0.0)
            earliest = NotificationJob.objects.unfinished().aggregate(at=Min("next_attempt_at"))["at"] or moment()
            clock.pass_by(max(0.0, (earliest - moment()).total_seconds()))

        moments = [at for at, *_ in telegram.requests]
        assert len(telegram.taken()) == 75
        assert 20 <= most_in_a_second(moments) <= 30
        by_chat: dict[str, list[float]] = {}
        for at, chat, *_ in telegram.requests:
            by_chat.setdefault(chat, []).append(at)
        assert max(map(most_in_a_second, by_chat.values())) == 1


def most_in_a_second(moments: list[float]) -> int:
    return max(sum(1 for one in moments if at <= one < at + 1) for at in moments)
