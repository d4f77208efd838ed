"""Send a queued mail: claim it, speak to the mail server, write the outcome down.

Two transactions around the network call. The claim is a lease: a worker that dies leaves the mail to the next one, so
a mail may arrive twice, with the same Message-ID. While the mail server is away nobody waits for it but one attempt now
and then: holds and payments are served by the same workers.
"""

import smtplib
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone

from accounts.models import AccountMail
from common.transactions import use_case

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 10
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=15)
# What says that the server is not there for anybody, whatever the mail.
AWAY = (TimeoutError, ConnectionError, smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError)
AWAY_KEY = "accounts.mail_server_away"
PAUSE_SECONDS = 30


def send_mail(*, mail_id: UUID, now: datetime) -> bool:
    """Send the mail if it is due; return whether it was sent now. A failure is written down and tried again later."""
    if cache.get(AWAY_KEY):
        return False
    with use_case():
        claimed = (
            AccountMail.objects.due().filter(id=mail_id).update(attempts=F("attempts") + 1, next_attempt_at=now + LEASE)
        )
        mail = AccountMail.objects.get(id=mail_id) if claimed else None
    if mail is None:
        return False
    try:
        _message(mail).send()
    except Exception as error:  # a mail that can't be sent at all must be parked, not claimed for ever
        if isinstance(error, AWAY):
            cache.set(AWAY_KEY, True, PAUSE_SECONDS)  # noqa: FBT003  (Django's own order)
        with use_case():
            _record_failure(mail, error, now)
        return False
    with use_case():
        AccountMail.objects.filter(id=mail_id).update(
            status=AccountMail.Status.SENT, sent_at=timezone.now(), text="", last_error=""
        )
    return True


def _message(mail: AccountMail) -> EmailMessage:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return EmailMessage(
        mail.subject,
        mail.text,
        settings.DEFAULT_FROM_EMAIL,
        [mail.recipient],
        headers={"Message-ID": f"<{mail.id}@{domain}>", "Auto-Submitted": "auto-generated"},
    )


def _record_failure(mail: AccountMail, error: Exception, now: datetime) -> None:
    parked = mail.attempts >= MAX_ATTEMPTS
    delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** (mail.attempts - 1))
    AccountMail.objects.filter(id=mail.id).update(
        status=AccountMail.Status.PARKED if parked else AccountMail.Status.PENDING,
        next_attempt_at=now + delay,
        last_error=f"{type(error).__name__}: {error}"[:2000],
    )
    log.error("accounts.mail.failed", mail_id=str(mail.id), attempts=mail.attempts, parked=parked, exc_info=error)
