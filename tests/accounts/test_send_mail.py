"""Mails with secret links: written in the transaction, sent by a job, once more after a failure."""

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, connection
from django.utils import timezone

from accounts.models import AccountMail
from accounts.services.queue_mail import queue_mail
from accounts.services.send_mail import MAX_ATTEMPTS, send_mail
from accounts.tasks import send_due_mails, send_mail_task
from common.transactions import use_case

pytestmark = pytest.mark.django_db


class BrokenBackend(EmailBackend):
    """A mail server that is away."""

    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected("away")


class ChoosyBackend(EmailBackend):
    """A mail server that doesn't know one of the recipients."""

    def send_messages(self, messages: Any) -> int:
        if messages[0].to == ["nobody@example.com"]:
            raise smtplib.SMTPRecipientsRefused({})
        return super().send_messages(messages)


def queued(**fields: Any) -> AccountMail:
    with use_case():
        mail = queue_mail(recipient="anna@example.com", subject="Hello", text="https://example.com/secret")
    AccountMail.objects.filter(pk=mail.pk).update(**fields)
    mail.refresh_from_db()
    return mail


@pytest.fixture
def no_mail_server(settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.BrokenBackend"


class TestQueueMail:
    def test_keeps_the_text_encrypted(self) -> None:
        queued()

        with connection.cursor() as sql:
            sql.execute("SELECT text FROM accounts_accountmail")
            [stored] = sql.fetchone()

        assert "secret" not in stored


class TestSendMail:
    def test_sends_once_and_forgets_the_text(self) -> None:
        mail = queued()

        sent = [send_mail(mail_id=mail.id, now=timezone.now()) for _ in range(2)]

        mail.refresh_from_db()
        assert sent == [True, False]
        assert [message.body for message in outbox.outbox] == ["https://example.com/secret"]
        assert outbox.outbox[0].extra_headers["Message-ID"].startswith(f"<{mail.id}@")
        assert (mail.status, mail.text) == ("sent", "")
        assert mail.sent_at is not None

    def test_leaves_a_claimed_mail_to_who_claimed_it(self) -> None:
        mail = queued(next_attempt_at=timezone.now() + timedelta(seconds=30))

        assert not send_mail(mail_id=mail.id, now=timezone.now())
        assert outbox.outbox == []

    @pytest.mark.usefixtures("no_mail_server")
    def test_tries_again_later_when_the_server_is_away(self) -> None:
        mail = queued()
        now = timezone.now()

        send_mail(mail_id=mail.id, now=now)

        mail.refresh_from_db()
        assert (mail.status, mail.attempts) == ("pending", 1)
        assert mail.next_attempt_at == now + timedelta(seconds=5)
        assert "SMTPServerDisconnected" in mail.last_error

    @pytest.mark.usefixtures("no_mail_server")
    def test_lets_the_others_rest_while_the_server_is_away(self) -> None:
        queued()
        other = queued()

        send_due_mails()

        other.refresh_from_db()
        assert (other.status, other.attempts) == ("pending", 0)

    def test_goes_on_after_a_mail_that_the_server_refuses(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = f"{__name__}.ChoosyBackend"
        refused = queued(recipient="nobody@example.com")
        queued()

        send_due_mails()

        refused.refresh_from_db()
        assert (refused.status, refused.attempts) == ("pending", 1)
        assert [message.to for message in outbox.outbox] == [["anna@example.com"]]

    @pytest.mark.usefixtures("no_mail_server")
    def test_parks_a_mail_after_its_last_attempt(self) -> None:
        mail = queued(attempts=MAX_ATTEMPTS - 1)

        send_mail(mail_id=mail.id, now=timezone.now())

        mail.refresh_from_db()
        assert mail.status == "parked"

    def test_is_repeated_by_the_sweep(self) -> None:
        queued()
        queued(next_attempt_at=timezone.now() + timedelta(hours=1))

        send_due_mails()

        assert len(outbox.outbox) == 1

    def test_is_done_by_its_task(self) -> None:
        send_mail_task(str(queued().id), some_later_argument=1)

        assert len(outbox.outbox) == 1

    def test_notes_a_time_exactly_when_sent(self) -> None:
        with pytest.raises(IntegrityError, match="accounts_mail_sent_with_time"):
            queued(status="sent")
