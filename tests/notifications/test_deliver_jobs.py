import json
import re
import threading
import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.db import connection
from django.utils import timezone

from bus.facts import payload_of
from bus.models import OutboxRow
from bus.wakeup import FIRST, LAST, LATER, PRIORITIES
from common.transactions import use_case
from notifications.channels.email import EmailProvider
from notifications.domain_events import JobPlanned
from notifications.models import ContactPoint, InboxItem, NotificationEvent, NotificationJob, Recipient, TemplateVersion
from notifications.models.choices import Category
from notifications.services.claim_jobs import LEASE_SECONDS, claim_jobs, give_back
from notifications.services.deliver_jobs import LONGEST_TURN, deliver_jobs
from notifications.services.finish_jobs import (
    FIRST_DECISIONS,
    LAST_DECISIONS,
    MAX_ATTEMPTS,
    Finished,
    Outcome,
    finish_jobs,
)
from notifications.services.plan_audience_page import plan_audience_page
from notifications.services.queue_jobs import LOST_TASK_SECONDS, queue_jobs
from notifications.services.replay_jobs import replay_jobs
from notifications.services.requeue_due_jobs import LOST_ANYWAY, requeue_due_jobs
from notifications.services.save_recipient import RecipientDetails, save_recipient
from notifications.settings_links import read_settings_token
from tests.factories.accounts import make_user
from tests.factories.notifications import (
    make_job,
    make_notification_event,
    make_recipient,
    make_segment,
    make_template,
    sample_bytes,
)
from tests.notifications.conftest import MailServer
from tests.notifications.flow import consume, copies_of_jobs, deliver_everything, plan_audiences, send

pytestmark = pytest.mark.django_db

Status = NotificationJob.Status


class TestFromEventToMail:
    def test_greets_a_user(self, post_event: Any, mail_server: MailServer) -> None:
        document = json.loads(sample_bytes("user_registered"))
        make_recipient(external_id=document["payload"]["user_id"], email="anna@example.com", display_name="Анна")

        post_event(document)
        deliver_everything()

        [mail] = mail_server.mails
        assert mail["To"] == "anna@example.com"
        assert mail["Subject"] == "Добро пожаловать, Анна!"
        assert mail.get_body(("plain",)) is not None
        assert "Здравствуйте, Анна!" in mail.get_body(("html",)).get_content()
        assert set(NotificationJob.objects.values_list("channel", "status")) == {
            ("email", "sent"),
            ("in_app", "delivered"),
        }

    def test_sends_nothing_twice_however_often_copies_and_tasks_come(
        self, post_event: Any, mail_server: MailServer
    ) -> None:
        document = json.loads(sample_bytes("user_registered"))
        make_recipient(external_id=document["payload"]["user_id"])

        for _ in range(3):
            post_event(document)
            deliver_everything()

        assert len(mail_server.mails) == 1
        assert InboxItem.objects.count() == 1

    def test_tells_the_audience_of_a_film_and_nobody_else(self, post_event: Any, mail_server: MailServer) -> None:
        consent = {"marketing_consent_at": timezone.now()}
        inside = make_recipient(genres=["drama", "sci-fi"], email="in@example.com", **consent)
        make_recipient(genres=["drama"], **consent)
        make_recipient(genres=["sci-fi"], birth_on=None, **consent)
        make_recipient(genres=["sci-fi"], birth_on=timezone.now().date() - timedelta(days=365 * 15), **consent)
        silent = make_recipient(genres=["action"])

        post_event(sample_bytes("new_film_released"))
        deliver_everything()

        assert [mail["To"] for mail in mail_server.mails] == ["in@example.com"]
        assert set(NotificationJob.objects.values_list("recipient", flat=True)) == {inside.id, silent.id}
        assert set(NotificationJob.objects.filter(recipient=silent).values_list("status", "reason")) == {
            ("suppressed", "no_consent")
        }

    def test_delivers_a_campaign_once_its_segment_is_defined(self, post_event: Any, mail_server: MailServer) -> None:
        from notifications.services.define_segment import define_segment

        make_recipient(tags=["loyal_2025"], marketing_consent_at=timezone.now())
        make_recipient(marketing_consent_at=timezone.now())
        post_event(sample_bytes("campaign_triggered"))
        deliver_everything()
        assert mail_server.mails == []

        with use_case():
            define_segment(
                code="bf_2025_loyal_customers",
                description="",
                conditions={"has_any_tag": ["loyal_2025"]},
                now=timezone.now(),
            )
        deliver_everything()

        [mail] = mail_server.mails
        assert "Чёрная пятница" in mail["Subject"]

    def test_blocks_a_campaign_whose_template_speaks_of_one_person(self, post_event: Any) -> None:
        make_segment(code="bf_2025_loyal_customers")
        document = json.loads(sample_bytes("campaign_triggered"))
        document["payload"] |= {"template_code": "second_factor_off", "channels": ["email"]}

        answer = post_event(document)

        assert (answer.status_code, answer.json()["status"]) == (202, "blocked")
        assert answer.json()["blocked_on"] == "template:second_factor_off/variables"

    def test_sends_no_campaign_to_who_has_not_consented_whatever_its_template(
        self, post_event: Any, mail_server: MailServer
    ) -> None:
        make_segment(code="bf_2025_loyal_customers")
        template = make_template(category="transactional")
        make_recipient()
        document = json.loads(sample_bytes("campaign_triggered"))
        document["payload"] |= {"template_code": template.code, "channels": ["email"]}

        post_event(document)
        deliver_everything()

        assert NotificationJob.objects.get().reason == "no_consent"
        assert mail_server.mails == []

    def test_writes_in_the_recipients_language(self, post_event: Any, mail_server: MailServer) -> None:
        document = json.loads(sample_bytes("user_registered"))
        make_recipient(external_id=document["payload"]["user_id"], locale="en", display_name="Ann")

        post_event(document)
        deliver_everything()

        assert mail_server.mails[0]["Subject"] == "Welcome, Ann!"
        assert mail_server.mails[0]["Content-Language"] == "en"

    def test_falls_back_to_the_language_that_there_is(self, mail_server: MailServer) -> None:
        TemplateVersion.objects.filter(template__code="welcome", locale="en").delete()
        job = make_job(recipient=make_recipient(display_name="Ann"), locale="en", context={"registration_channel": ""})

        send([job.id])

        assert mail_server.mails[0]["Subject"] == "Добро пожаловать, Ann!"


class TestDeliverJobs:
    def test_waits_for_an_address_and_sends_when_it_comes(self, mail_server: MailServer) -> None:
        recipient = make_recipient(email=None)
        job = make_job(recipient=recipient)
        send([job.id])
        job.refresh_from_db()
        assert (job.status, job.reason, job.attempts) == ("deferred", "no_address", 0)

        with use_case():
            save_recipient(
                user_id=recipient.external_id, details=RecipientDetails(email="new@example.com"), now=timezone.now()
            )
        send([job.id])

        assert [mail["To"] for mail in mail_server.mails] == ["new@example.com"]

    @pytest.mark.parametrize("hours", [72, 5])
    def test_gives_up_an_address_that_never_came(self, mail_server: MailServer, settings: Any, hours: int) -> None:
        settings.ADDRESS_WAIT_HOURS = hours
        job = make_job(recipient=make_recipient(email=None))
        ends_at = job.created_at + timedelta(hours=hours)
        stood = []

        for now in (ends_at - timedelta(minutes=1), ends_at):
            send([job.id], now=now)
            job.refresh_from_db()
            stood.append((job.status, job.reason, job.next_attempt_at))

        assert stood == [("deferred", "no_address", ends_at), ("undeliverable", "no_address_in_time", None)]

    def test_tries_a_temporary_refusal_again(self, mail_server: MailServer) -> None:
        mail_server.refuse_recipient = "451 4.3.0 come back later"
        job = make_job()
        now = timezone.now()
        send([job.id], now=now)
        job.refresh_from_db()
        assert (job.status, job.attempts) == ("failed", 1)
        assert "come back later" in job.last_error
        assert send([job.id], now=now) == 0

        mail_server.refuse_recipient = ""
        send([job.id], now=job.next_attempt_at)

        job.refresh_from_db()
        assert (job.status, job.attempts, len(mail_server.mails)) == ("sent", 2, 1)

    def test_waits_longer_before_each_attempt_and_ends_dead(self, mail_server: MailServer) -> None:
        mail_server.refuse_recipient = "451 later"
        job = make_job()
        now = timezone.now()
        waits = []
        for _ in range(MAX_ATTEMPTS):
            send([job.id], now=now)
            job.refresh_from_db()
            if job.next_attempt_at:
                waits.append((job.next_attempt_at - now).total_seconds())
                now = job.next_attempt_at

        assert waits == [10, 30, 90, 270, 810, 2430, 3600]
        assert (job.status, job.reason) == ("dead", "attempts_used_up")

    def test_switches_off_an_address_that_does_not_exist(self, mail_server: MailServer) -> None:
        mail_server.refuse_recipient = "550 5.1.1 no such user"
        job = make_job()

        send([job.id])

        job.refresh_from_db()
        point = ContactPoint.objects.get(recipient=job.recipient)
        assert (job.status, job.attempts) == ("undeliverable", 1)
        assert "no such user" in point.switched_off_reason

    def test_keeps_an_address_whose_server_refuses_the_sender(self, mail_server: MailServer) -> None:
        mail_server.refuse_recipient = "550 5.7.1 our address is on a blocklist"
        job = make_job()

        send([job.id])

        job.refresh_from_db()
        assert job.status == "dead"
        assert ContactPoint.objects.get(recipient=job.recipient).switched_off_at is None

    def test_gives_up_a_message_that_is_refused_but_keeps_the_address(self, mail_server: MailServer) -> None:
        mail_server.refuse_message = "554 5.6.0 smells of spam"
        job = make_job()

        send([job.id])

        job.refresh_from_db()
        assert job.status == "dead"
        assert ContactPoint.objects.get(recipient=job.recipient).switched_off_at is None

    @pytest.mark.parametrize(
        ("refusal", "words", "status"),
        [
            ("refuse_message", "550 5.6.0 no such letters", "dead"),
            ("refuse_recipient", "550 5.1.1 no such user", "undeliverable"),
            ("refuse_recipient", "451 4.2.2 full", "failed"),
        ],
    )
    def test_keeps_who_refused_it_and_in_which_words(
        self, mail_server: MailServer, refusal: str, words: str, status: str
    ) -> None:
        setattr(mail_server, refusal, words)
        job = make_job()

        send([job.id])

        job.refresh_from_db()
        code, _, said = words.partition(" ")
        assert [(one["rule"], one["answer"]) for one in job.decisions[-2:]] == [
            ("provider email", f"refused: SMTP {code}: {said}"),
            ("outcome", status),
        ]
        assert job.provider == "email"

    def test_tries_again_when_nobody_answers(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        job = make_job()

        send([job.id])

        job.refresh_from_db()
        assert job.status == "failed"

    def test_keeps_the_rest_of_the_batch_going_when_one_breaks(self, mail_server: MailServer) -> None:
        broken = make_job(template_code="booking_confirmed", context={})
        fine = make_job()

        send([broken.id, fine.id])

        broken.refresh_from_db()
        assert (broken.status, broken.reason) == ("dead", "template_broken")
        assert len(mail_server.mails) == 1

    def test_defers_to_the_end_of_quiet_hours_but_not_what_is_urgent(self, mail_server: MailServer) -> None:
        night = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)
        sleeper = make_recipient(time_zone="Europe/Moscow", quiet_from=time(22), quiet_until=time(8))
        calm = make_job(recipient=sleeper)
        urgent = make_job(recipient=sleeper, is_urgent=True)

        send([calm.id, urgent.id], now=night)

        calm.refresh_from_db()
        assert (calm.status, calm.reason) == ("deferred", "quiet_hours")
        assert calm.next_attempt_at == datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
        assert len(mail_server.mails) == 1

    def test_remembers_how_it_began_and_how_it_ended_however_long_it_took(self, mail_server: MailServer) -> None:
        mail_server.refuse_recipient = "451 later"
        job = make_job()
        began = now = timezone.now()
        for _ in range(MAX_ATTEMPTS):
            send([job.id], now=now)
            job.refresh_from_db()
            now = job.next_attempt_at or now

        outcomes = [one["answer"] for one in job.decisions if one["rule"] == "outcome"]
        assert len(job.decisions) == FIRST_DECISIONS + LAST_DECISIONS
        assert (outcomes[0], outcomes[-1]) == ("failed", "dead")
        assert (job.decisions[0]["at"], job.decisions[-1]["at"]) == (began.isoformat(), now.isoformat())
        assert [one["at"] for one in job.decisions] == sorted(one["at"] for one in job.decisions)

    def test_tells_why_each_thing_was_decided(self, mail_server: MailServer) -> None:
        job = make_job()

        send([job.id])

        job.refresh_from_db()
        assert [(one["rule"], one["answer"]) for one in job.decisions] == [
            ("mailing", "passed"),
            ("consent", "passed"),
            ("preference", "passed"),
            ("contact_point", "passed"),
            ("frequency", "passed"),
            ("digest", "passed"),
            ("quiet_hours", "passed"),
            ("provider email", "taken"),
            ("outcome", "sent"),
        ]


class TestMail:
    def test_carries_both_forms_and_an_id_that_a_repetition_keeps(self, mail_server: MailServer) -> None:
        job = make_job()

        send([job.id])

        [mail] = mail_server.mails
        assert mail["Message-ID"].startswith(f"<{job.id}@")
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        html = mail.get_body(("html",)).get_content()
        # All is inlined but the dark colours, which can't be.
        assert 'style="' in html
        assert ".sheet" not in html

    def test_can_be_unsubscribed_from_with_one_click_unless_it_is_about_a_booking(
        self, mail_server: MailServer
    ) -> None:
        consenting = make_recipient(marketing_consent_at=timezone.now())
        offer = make_job(
            recipient=consenting, category="marketing", template_code="black_friday_sale", context={"campaign_id": ""}
        )
        greeting = make_job(recipient=consenting)

        send([offer.id])
        send([greeting.id])

        of_offer, of_greeting = mail_server.mails
        assert "/notifications/unsubscribe/" in of_offer["List-Unsubscribe"]
        assert of_offer["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert of_greeting["List-Unsubscribe"] is None
        link = of_offer["List-Unsubscribe"].strip(" <>")
        foot, foot_of_greeting = (
            mail.get_body(("plain",)).get_content().partition("\n-- \n")[2].splitlines() for mail in mail_server.mails
        )
        assert foot == [
            "Настройки уведомлений: http://127.0.0.1:8000/inbox/preferences/",
            f"Отписаться: {link}",
        ]
        assert foot_of_greeting == foot[:1]

    def test_leads_to_settings_that_its_reader_can_open(self, mail_server: MailServer) -> None:
        told = make_recipient(told_by=make_user())
        customer = make_recipient(kind="customer")

        for recipient in (told, customer, make_recipient()):
            send([make_job(recipient=recipient).id])

        for form in ("plain", "html"):
            of_told, of_customer, of_account = (mail.get_body((form,)).get_content() for mail in mail_server.mails)
            assert "/inbox/preferences/" in of_account
            assert "/notifications/settings/" not in of_account
            for text, recipient in ((of_told, told), (of_customer, customer)):
                [token] = re.findall(r"127\.0\.0\.1:8000/notifications/settings/([^/]+)/", text)
                assert read_settings_token(token).recipient_id == recipient.id
                assert "/inbox/preferences/" not in text

    def test_shows_a_value_as_text_whatever_it_holds(self, mail_server: MailServer) -> None:
        evil = "<script>x</script> [free](https://evil.example)\r\nBcc: all@example.com"
        job = make_job(recipient=make_recipient(display_name=evil))

        send([job.id])

        [mail] = mail_server.mails
        page = mail.get_body(("html",)).get_content()
        assert "<script>" not in page
        assert 'href="https://evil.example"' not in page
        assert mail["Bcc"] is None


class TestQueueJobs:
    def test_queues_a_planned_job_once(self) -> None:
        job = make_job(status=Status.PLANNED)
        now = timezone.now()

        with use_case():
            first = queue_jobs(job_ids=[job.id], now=now)
        with use_case():
            second = queue_jobs(job_ids=[job.id], now=now)

        assert (first, second) == ([job.id], [])

    def test_brings_webhooks_by_tasks_of_their_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tasks: list[list[str]] = []
        monkeypatch.setattr(
            "notifications.services.queue_jobs.queue_after_commit", lambda task, args, **_: tasks.append(args[0])
        )
        recipient = make_recipient()
        mails = [make_job(status=Status.PLANNED) for _ in range(3)]
        hooks = [make_job(status=Status.PLANNED, recipient=recipient, channel="webhook") for _ in range(11)]

        with use_case():
            queue_jobs(job_ids=[job.id for job in (*hooks, *mails)], now=timezone.now())

        assert [len(task) for task in tasks] == [3, 10, 1]
        assert set(tasks[0]) == {str(job.id) for job in mails}

    def test_lets_marketing_wait_for_all_others_and_all_others_for_what_is_urgent(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tasks: dict[int, list[str]] = {}
        monkeypatch.setattr(
            "notifications.services.queue_jobs.queue_after_commit",
            lambda task, args, *, queue, priority: tasks.update({priority: args[0]}),
        )
        mailing = [make_job(status=Status.PLANNED, category=Category.MARKETING) for _ in range(3)]
        reminder = make_job(status=Status.PLANNED, category=Category.REMINDERS)
        urgent = make_job(status=Status.PLANNED, is_urgent=True)

        with use_case():
            queue_jobs(job_ids=[job.id for job in (*mailing, reminder, urgent)], now=timezone.now())

        assert {priority: set(ids) for priority, ids in tasks.items()} == {
            FIRST: {str(urgent.id)},
            LATER: {str(reminder.id)},
            LAST: {str(job.id) for job in mailing},
        }

    def test_names_a_copy_that_it_cannot_read(self, post_event: Any) -> None:
        post_event(sample_bytes("user_registered"))
        good, other = copies_of_jobs()
        bad = (
            type(good)(**{name: getattr(good, name) for name in good.__slots__} | {"value": b"{}", "id": "bad"})
            if (hasattr(good, "__slots__"))
            else good.__class__(**(good.__dict__ | {"value": b"{}", "id": "bad"}))
        )

        dead = consume("consume_planned_jobs", [good, bad, other])

        assert [message.id for message, _ in dead] == ["bad"]
        assert NotificationJob.objects.filter(status="queued").count() == 2


class TestClaimJobs:
    def test_gives_a_job_to_one_worker(self) -> None:
        job = make_job()
        now = timezone.now()

        with use_case():
            first = claim_jobs(job_ids=[job.id], now=now)
        with use_case():
            second = claim_jobs(job_ids=[job.id], now=now)

        assert [one.id for one in first] == [job.id]
        assert second == []

    def test_needs_as_many_queries_for_many_jobs_as_for_one(self, django_assert_num_queries: Any) -> None:
        jobs = [make_job() for _ in range(5)]
        now = timezone.now()

        with django_assert_num_queries(5), use_case():
            claim_jobs(job_ids=[jobs[0].id], now=now)
        with django_assert_num_queries(5), use_case():
            claim_jobs(job_ids=[job.id for job in jobs[1:]], now=now)


class TestSlowBatch:
    def test_gives_back_what_it_has_no_time_for(self, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """Servers that answer late must neither hold up what is urgent nor use up attempts of what had no turn."""
        jobs = [make_job() for _ in range(4)]
        tasks: list[Any] = []
        monkeypatch.setattr(
            "notifications.services.queue_jobs.queue_after_commit", lambda task, args, **_: tasks.append(args[0])
        )
        now = began = timezone.now()
        deliver = EmailProvider.deliver

        def slow(provider: EmailProvider, outgoing: Any) -> Any:
            nonlocal now
            now += LONGEST_TURN
            return deliver(provider, outgoing)

        monkeypatch.setattr(EmailProvider, "deliver", slow)
        turns = 0
        tasks.append([str(job.id) for job in jobs])
        while tasks:
            deliver_jobs(job_ids=[UUID(one) for one in tasks.pop()], clock=lambda: now, jitter=lambda: 0.5)
            turns += 1
            left = NotificationJob.objects.filter(status=Status.QUEUED, attempts=0, lease_token=None)
            assert left.count() == len(jobs) - turns

        assert now == began + turns * LONGEST_TURN
        assert set(NotificationJob.objects.values_list("status", "attempts")) == {("sent", 1)}
        assert len(mail_server.mails) == turns == len(jobs)


class TestFinishJobs:
    def test_refuses_the_late_word_of_a_worker_that_lost_its_lease(self) -> None:
        job = make_job()
        now = timezone.now()
        with use_case():
            [slow] = claim_jobs(job_ids=[job.id], now=now)
        later = now + timedelta(seconds=LEASE_SECONDS + 1)
        with use_case():
            assert requeue_due_jobs(now=later) == [job.id]
        with use_case():
            [quick] = claim_jobs(job_ids=[job.id], now=later)

        ended = Outcome(status=Status.SENT)
        with use_case():
            assert finish_jobs(finished=[Finished(job=slow, outcome=ended)], now=later) == {job.id}
            give_back(jobs=[slow], now=later)
            assert finish_jobs(finished=[Finished(job=quick, outcome=ended)], now=later) == set()

        job.refresh_from_db()
        assert (job.status, job.attempts) == ("sent", 2)


class TestRequeueDueJobs:
    def test_takes_up_what_a_lost_copy_task_or_worker_has_left(self) -> None:
        now = timezone.now()
        past, future = now - timedelta(seconds=1), now + timedelta(seconds=60)
        overdue = [
            make_job(status=Status.PLANNED, next_attempt_at=past),
            make_job(status=Status.QUEUED, next_attempt_at=past),
            make_job(status=Status.SENDING, next_attempt_at=past, lease_token=uuid.uuid4()),
            make_job(status=Status.FAILED, next_attempt_at=past),
            make_job(status=Status.DEFERRED, next_attempt_at=past),
        ]
        make_job(status=Status.PLANNED, next_attempt_at=future)
        make_job(status=Status.SENT)

        with use_case():
            requeued = requeue_due_jobs(now=now)

        assert set(requeued) == {job.id for job in overdue}
        with use_case():
            assert requeue_due_jobs(now=now) == []
            assert len(requeue_due_jobs(now=now + timedelta(seconds=LOST_TASK_SECONDS))) == len(overdue)

    @pytest.mark.parametrize(
        ("priority", "job"),
        [
            (FIRST, {"is_urgent": True, "category": Category.MARKETING}),
            (LATER, {"category": Category.TRANSACTIONAL}),
            (LATER, {"category": Category.SOCIAL}),
            (LAST, {"category": Category.MARKETING}),
        ],
    )
    def test_takes_what_waits_behind_others_for_lost_only_after_long(self, priority: int, job: dict[str, Any]) -> None:
        now = timezone.now()
        waits = make_job(status=Status.QUEUED, next_attempt_at=now, **job)
        failed = make_job(status=Status.FAILED, next_attempt_at=now, **job)
        busy = {one: 7 if one == priority else 0 for one in PRIORITIES}
        others_busy = {one: 0 if one == priority else 7 for one in PRIORITIES}

        with use_case():
            assert requeue_due_jobs(now=now, waiting=busy) == [failed.id]
            assert requeue_due_jobs(now=now + timedelta(seconds=LOST_TASK_SECONDS - 1), waiting=others_busy) == [
                waits.id
            ]
            later = now + timedelta(seconds=2 * LOST_TASK_SECONDS)
            assert requeue_due_jobs(now=later, waiting=busy) == []
            assert set(requeue_due_jobs(now=later + LOST_ANYWAY, waiting=busy)) == {waits.id, failed.id}

    def test_takes_the_urgent_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("notifications.services.requeue_due_jobs.LIMIT", 1)
        now = timezone.now()
        make_job(status=Status.FAILED, next_attempt_at=now - timedelta(hours=1))
        urgent = make_job(status=Status.FAILED, next_attempt_at=now, is_urgent=True)

        with use_case():
            assert requeue_due_jobs(now=now) == [urgent.id]

    def test_ends_a_job_that_takes_every_worker_down(self) -> None:
        job = make_job(
            status=Status.SENDING, attempts=MAX_ATTEMPTS, lease_token=uuid.uuid4(), next_attempt_at=timezone.now()
        )

        with use_case():
            requeue_due_jobs(now=timezone.now() + timedelta(seconds=1))

        job.refresh_from_db()
        assert (job.status, job.reason) == ("dead", "worker_died")


class TestReplayJobs:
    def test_sends_dead_jobs_again_and_no_others(self, mail_server: MailServer) -> None:
        dead = make_job(status=Status.DEAD, attempts=MAX_ATTEMPTS)
        make_job(status=Status.SENT)

        with use_case():
            count = replay_jobs(jobs=NotificationJob.objects.all(), now=timezone.now())
        send(list(NotificationJob.objects.values_list("id", flat=True)))

        dead.refresh_from_db()
        assert (count, dead.status, len(mail_server.mails)) == (1, "sent", 1)


class TestPlanAudiencePage:
    def test_goes_on_where_a_killed_walk_has_stopped(self, post_event: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        from notifications.services import plan_audience_page as walk
        from notifications.services.resume_walks import resume_walks

        monkeypatch.setattr(walk, "PAGE", 2)
        make_segment(code="bf_2025_loyal_customers")
        for _ in range(5):
            make_recipient()
        post_event(sample_bytes("campaign_triggered"))
        event = NotificationEvent.objects.get()
        with use_case():
            assert walk.plan_audience_page(event_id=event.id, now=timezone.now()).goes_on
        event.refresh_from_db()
        assert (event.recipients_planned, event.audience_size, event.progress_percent) == (2, 5, 40)

        with use_case():
            assert resume_walks(now=event.next_attempt_at + timedelta(seconds=1)) == [event.id]
        plan_audiences()

        event.refresh_from_db()
        assert (event.status, event.recipients_planned, event.jobs_planned) == ("planned", 5, 10)
        assert NotificationJob.objects.count() == 10

    @pytest.mark.django_db(transaction=True)
    def test_lets_only_one_of_two_walkers_plan_a_page(self, post_event: Any) -> None:
        make_segment(code="bf_2025_loyal_customers")
        make_recipient()
        post_event(sample_bytes("campaign_triggered"))
        event = NotificationEvent.objects.get()
        steps = []

        def walk() -> None:
            with use_case():
                steps.append(plan_audience_page(event_id=event.id, now=timezone.now()).goes_on)
            connection.close()

        with use_case():
            assert NotificationEvent.objects.planning().filter(id=event.id).locked().first() == event
            other = threading.Thread(target=walk)
            other.start()
            other.join()

        assert steps == [False]
        assert NotificationJob.objects.count() == 0

    def test_states_in_the_database_what_a_fact_would_state(self, post_event: Any) -> None:
        make_segment(code="bf_2025_loyal_customers")
        recipient = make_recipient()
        post_event(sample_bytes("campaign_triggered"))

        plan_audiences()

        rows = list(OutboxRow.objects.order_by("id"))
        stated = [msgspec.json.decode(row.payload, type=JobPlanned, strict=True) for row in rows]
        assert [msgspec.json.decode(payload_of(one)) for one in stated] == [
            msgspec.json.decode(row.payload) for row in rows
        ]
        assert {one.job_id for one in stated} == set(NotificationJob.objects.values_list("id", flat=True))
        assert {row.key for row in rows} == {str(recipient.external_id)} == {str(one.user_id) for one in stated}
        assert {(row.wire_type, row.topic) for row in rows} == {(JobPlanned.wire_type, JobPlanned.topic)}

    def test_keeps_its_pace(self, post_event: Any) -> None:
        make_segment(code="bf_2025_loyal_customers")
        Recipient.objects.bulk_create(Recipient(external_id=uuid.uuid4()) for _ in range(100))
        post_event(sample_bytes("campaign_triggered"))
        event = NotificationEvent.objects.get()
        NotificationEvent.objects.update(per_second=10)
        began_at = timezone.now()
        planned = []

        for second in (0, 1, 1.05, 3):
            with use_case():
                plan_audience_page(event_id=event.id, now=began_at + timedelta(seconds=second))
            event.refresh_from_db()
            planned.append(event.recipients_planned)

        assert planned == [10, 20, 20, 40]

    def test_takes_three_thousand_recipients_in_a_few_statements(
        self, post_event: Any, django_assert_max_num_queries: Any
    ) -> None:
        make_segment(code="bf_2025_loyal_customers")
        Recipient.objects.bulk_create(Recipient(external_id=uuid.uuid4()) for _ in range(3000))
        post_event(sample_bytes("campaign_triggered"))

        with django_assert_max_num_queries(4 * 11):
            plan_audiences()

        assert NotificationJob.objects.count() == 6000


class TestConstraints:
    def test_keep_a_job_in_order(self) -> None:
        from django.db import IntegrityError, transaction

        job = make_job()
        broken = {
            "notifications_job_once": {"event": job.event, "recipient": job.recipient},
            "notifications_job_leased_while_sending": {"status": Status.SENDING},
            "notifications_job_finished_or_swept": {"status": Status.SENT, "next_attempt_at": timezone.now()},
        }

        for name, fields in broken.items():
            with pytest.raises(IntegrityError, match=name), transaction.atomic():
                make_job(**fields)

    def test_keep_an_event_in_order(self) -> None:
        from django.db import IntegrityError, transaction

        event = make_notification_event()
        broken: dict[str, dict[str, Any]] = {
            "notifications_event_once": {"event_id": event.event_id},
            "notifications_event_blocked_on_something": {"status": "blocked"},
            "notifications_event_planned_with_time": {"planned_at": None},
            "notifications_event_planning_is_swept": {"status": "planning"},
        }

        for name, fields in broken.items():
            with pytest.raises(IntegrityError, match=name), transaction.atomic():
                make_notification_event(**fields)
