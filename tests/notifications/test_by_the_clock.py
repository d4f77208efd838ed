"""What happens by the clock: digests, reminders; and what mail services report."""

import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from anymail.signals import AnymailTrackingEvent, tracking
from django.utils import timezone

from common.transactions import use_case
from notifications.event_types.registry import OneAddress, OneUser
from notifications.models import DigestChoice, NotificationEvent, NotificationJob, Recipient, Suppression
from notifications.models.suppression import hash_of_address
from notifications.services.collect_digests import collect_digests
from notifications.services.decide_delivery import end_of_period
from notifications.services.know_recipients import key_of
from notifications.services.note_about_recipient import note_about_recipient
from notifications.services.receive_mail_report import receive_mail_report
from notifications.services.remind_of_events import remind_of_events
from notifications.services.suppress_address import suppress_address
from tests.factories.accounts import make_user
from tests.factories.analytics import make_booking, make_hold
from tests.factories.events import make_event
from tests.factories.notifications import make_job, make_notification_event, make_recipient
from tests.notifications.conftest import MailServer
from tests.notifications.flow import deliver_everything, plan_audiences, send

pytestmark = pytest.mark.django_db


def review_job(recipient: Recipient, title: str) -> NotificationJob:
    return make_job(
        event=make_notification_event(event_id=uuid.uuid4()),
        recipient=recipient,
        template_code="review_request",
        category="social",
        context={"event_title": title, "event_id": str(uuid.uuid4())},
    )


def collect(now: datetime) -> int:
    with use_case():
        return collect_digests(now=now)


class TestCollectDigests:
    def test_makes_one_mail_of_what_has_waited(self, mail_server: MailServer) -> None:
        recipient = make_recipient(time_zone="Asia/Barnaul")
        DigestChoice.objects.create(recipient=recipient, category="social", period="daily")
        jobs = [review_job(recipient, title) for title in ("Rafting", "Sailing")]
        now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

        send([job.id for job in jobs], now=now)
        waiting = set(NotificationJob.objects.values_list("status", "reason", "next_attempt_at"))
        counts = [collect(now), collect(now + timedelta(hours=14)), collect(now + timedelta(hours=14))]
        deliver_everything(now=now + timedelta(hours=14))

        assert waiting == {("deferred", "digest", datetime(2026, 3, 2, 2, 0, tzinfo=UTC))}
        assert counts == [0, 1, 0]
        [mail] = mail_server.mails
        body = mail.get_body(("plain",))
        assert body is not None
        assert "Rafting" in body.get_content()
        assert "Sailing" in body.get_content()
        assert mail["List-Unsubscribe"]
        assert set(
            NotificationJob.objects.filter(id__in=[job.id for job in jobs]).values_list("reason", flat=True)
        ) == {"in_digest"}

    @pytest.mark.parametrize(
        ("address", "mails"),
        [
            ("guest@example.com", 1),
            # A plan couldn't name them by their address: each of their messages goes as itself.
            ("other@example.com", 2),
        ],
    )
    def test_reaches_people_without_an_account(self, mail_server: MailServer, address: str, mails: int) -> None:
        _, known_by = key_of(OneAddress(email="guest@example.com"))
        recipient = make_recipient(kind="address", external_id=known_by, email=address)
        DigestChoice.objects.create(recipient=recipient, category="social", period="hourly")
        jobs = [review_job(recipient, title) for title in ("Rafting", "Sailing")]
        now = datetime(2026, 3, 1, 12, 10, tzinfo=UTC)

        send([job.id for job in jobs], now=now)
        collect(now + timedelta(minutes=50))
        deliver_everything(now=now + timedelta(minutes=50))

        assert [mail["To"] for mail in mail_server.mails] == [address] * mails
        assert Recipient.objects.count() == 1

    def test_sends_a_single_message_as_itself(self, mail_server: MailServer) -> None:
        recipient = make_recipient()
        DigestChoice.objects.create(recipient=recipient, category="social", period="hourly")
        job = review_job(recipient, "Rafting")
        now = datetime(2026, 3, 1, 12, 10, tzinfo=UTC)

        send([job.id], now=now)
        assert collect(now + timedelta(minutes=50)) == 0
        send([job.id], now=now + timedelta(minutes=50))

        job.refresh_from_db()
        assert (job.status, len(mail_server.mails)) == ("sent", 1)

    def test_lets_a_single_message_go_after_the_quiet_hours_that_it_met(self, mail_server: MailServer) -> None:
        recipient = make_recipient(time_zone="UTC", quiet_from=time(22), quiet_until=time(10))
        DigestChoice.objects.create(recipient=recipient, category="social", period="daily")
        job = review_job(recipient, "Rafting")
        noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        at_nine, at_ten = noon + timedelta(hours=21), noon + timedelta(hours=22)

        send([job.id], now=noon)
        collect(at_nine)
        send([job.id], now=at_nine)
        send([job.id], now=at_ten)

        job.refresh_from_db()
        assert (job.status, len(mail_server.mails)) == ("sent", 1)

    def test_holds_nothing_back_of_another_category(self, mail_server: MailServer) -> None:
        recipient = make_recipient()
        DigestChoice.objects.create(recipient=recipient, category="marketing", period="daily")

        send([review_job(recipient, "Rafting").id])

        assert len(mail_server.mails) == 1

    @pytest.mark.parametrize(
        ("period", "zone", "now", "until"),
        [
            ("daily", "Europe/Moscow", "2026-03-01T05:59:00+00:00", "2026-03-01T06:00:00+00:00"),
            ("daily", "Europe/Moscow", "2026-03-01T06:00:00+00:00", "2026-03-02T06:00:00+00:00"),
            ("daily", "Europe/Berlin", "2026-03-28T12:00:00+00:00", "2026-03-29T07:00:00+00:00"),
            ("hourly", "Asia/Kathmandu", "2026-03-01T06:00:01+00:00", "2026-03-01T07:00:00+00:00"),
        ],
    )
    def test_ends_its_period_by_the_recipients_clock(self, period: str, zone: str, now: str, until: str) -> None:
        ends = end_of_period(period, zone=zone, now=datetime.fromisoformat(now))

        assert ends == datetime.fromisoformat(until)


class TestRemindOfEvents:
    def test_reminds_those_who_come_a_day_and_two_hours_before(self, mail_server: MailServer) -> None:
        now = timezone.now()
        event = make_event(starts_at=now + timedelta(hours=24), title="Rafting")
        coming, cancelled = make_user(email="coming@example.com"), make_user(email="not@example.com")
        make_booking(event=event, at=now, user=coming)
        make_hold(event=event, at=now, user=cancelled)
        for user in (coming, cancelled):
            with use_case():
                note_about_recipient(person=OneUser(user_id=user.id), now=now)

        def remind(at: datetime) -> int:
            with use_case():
                return remind_of_events(now=at)

        assert [remind(now), remind(now + timedelta(minutes=1))] == [1, 0]
        deliver_everything()
        assert [mail["To"] for mail in mail_server.mails] == ["coming@example.com"]
        assert remind(now + timedelta(hours=22)) == 1
        plan_audiences()
        assert set(NotificationJob.objects.values_list("template_code", "channel")) == {
            ("event_reminder_24h", "email"),
            ("event_reminder_24h", "in_app"),
            ("event_reminder_2h", "in_app"),
        }

    def test_reminds_again_of_another_date_and_never_late(self) -> None:
        now = timezone.now()
        event = make_event(starts_at=now + timedelta(hours=24))
        make_event(starts_at=now + timedelta(hours=20))
        make_event(starts_at=now + timedelta(hours=24), status="draft")
        with use_case():
            first = remind_of_events(now=now)
        event.starts_at += timedelta(days=1)
        event.ends_at += timedelta(days=1)
        event.save()
        with use_case():
            second = remind_of_events(now=now + timedelta(days=1))

        assert (first, second) == (1, 1)
        assert NotificationEvent.objects.count() == 2


class TestNoteAboutRecipient:
    def test_keeps_the_later_booking_whatever_comes_first(self) -> None:
        recipient = make_recipient()
        later, earlier = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
        for moment in (later, earlier):
            with use_case():
                note_about_recipient(
                    person=OneUser(user_id=recipient.external_id),
                    last_booked_at=moment,
                    loyalty_level="Gold",
                    now=later,
                )

        recipient.refresh_from_db()
        assert (recipient.last_booked_at, recipient.loyalty_level) == (later, "Gold")


class TestMailReports:
    @pytest.mark.parametrize(
        ("kind", "status", "suppressed"),
        [
            ("delivered", "delivered", ""),
            ("bounced", "undeliverable", "bounce"),
            ("complained", "sent", "complaint"),
            ("unsubscribed", "sent", "unsubscribe"),
            ("opened", "sent", ""),
        ],
    )
    def test_are_taken_from_a_mail_service(self, kind: str, status: str, suppressed: str) -> None:
        job = make_job(status="sent")
        report = AnymailTrackingEvent(
            event_type=kind, recipient="Some@example.com", metadata={"job_id": str(job.id)}, timestamp=timezone.now()
        )

        for _ in range(2):
            tracking.send(sender=object, event=report, esp_name="Test")

        job.refresh_from_db()
        assert job.status == status
        stored = [(one.reason, bytes(one.address_hash), one.job_id) for one in Suppression.objects.all()]
        assert stored == ([(suppressed, hash_of_address("some@example.com"), job.id)] if suppressed else [])

    @pytest.mark.parametrize("metadata", [None, {}, {"job_id": "x"}, {"job_id": str(uuid.uuid4())}])
    def test_count_for_the_address_when_the_job_is_not_known(self, metadata: Any) -> None:
        tracking.send(
            sender=object,
            event=AnymailTrackingEvent(event_type="bounced", recipient="a@example.com", metadata=metadata),
            esp_name="Test",
        )

        assert Suppression.objects.get().job is None

    def test_suppress_once(self) -> None:
        with use_case():
            receive_mail_report(kind="bounced", address="a@example.com", job_id=None, now=timezone.now())
            assert not suppress_address(channel="email", address="A@example.com", reason="person")
