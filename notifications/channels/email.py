"""E-mail: over SMTP, or by the interface of a mail service that django-anymail knows."""

import re
import smtplib
from email.charset import Charset
from email.utils import parseaddr
from typing import Any

from anymail.exceptions import AnymailError, AnymailInvalidAddress, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from notifications.channels.ports import (
    Limit,
    Outgoing,
    PermanentRefusal,
    ProviderDown,
    Receipt,
    TemporaryRefusal,
)

# The address doesn't exist or takes no mail (RFC 5321, section 4.2.3); other 5xx refuse the message.
NO_SUCH_MAILBOX = {521, 550, 551, 553, 556}
# It refuses the sender, by a rule of its own (RFC 3463, section 3.8): that says nothing about the address.
POLICY = re.compile(r"SMTP \d{3}: \s*5\.7\.")

# The product sends a mail to each person, where Django's own backend thinks of one mail to many.
QUICKER = {"django.core.mail.backends.smtp.EmailBackend": "notifications.channels.smtp.Backend"}

# Base64: a relay that knows no 8-bit bodies would encode them anew and break their signature (RFC 6376, section 5.3).
SAFE_CHARSET = Charset("utf-8")


class EmailProvider:
    """One mail server, or the interface of a mail service (anymail); one connection per batch of jobs."""

    def __init__(self, *, name: str, backend: str, options: dict[str, Any]) -> None:
        self.name = name
        self._connection = get_connection(QUICKER.get(backend, backend), **options)

    def limits(self, outgoing: Outgoing) -> list[Limit]:
        rate = settings.EMAIL_PER_SECOND
        return [Limit(name=self.name, per_second=rate)] if rate else []

    def deliver(self, outgoing: Outgoing) -> Receipt:
        contact = outgoing.contact_points[0]
        mail = compose(outgoing, to=contact.address)
        try:
            self._connection.open()
            self._connection.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as refused:
            self.close()
            code, words = next(iter(refused.recipients.values()))
            raise self._refusal(code, words, outgoing) from refused
        except smtplib.SMTPDataError as refused:
            self.close()
            raise _message_refused(refused) from refused
        except AnymailRecipientsRefused as refused:
            raise PermanentRefusal(str(refused)[:500], receipt=Receipt(gone={contact.id: "refused"})) from refused
        except AnymailInvalidAddress as refused:
            raise PermanentRefusal(str(refused)[:500], receipt=Receipt(gone={contact.id: "invalid"})) from refused
        except (OSError, smtplib.SMTPException, AnymailError) as error:
            # Of our own account and connection (sign-in, sender, TLS), not of this mail.
            self.close()
            raise ProviderDown(f"{type(error).__name__}: {error}"[:500]) from error
        status = getattr(mail, "anymail_status", None)
        message_id = getattr(status, "message_id", None) or mail.extra_headers["Message-ID"]
        return Receipt(provider_message_id=str(message_id), reached=[str(contact.id)])

    def close(self) -> None:
        self._connection.close()

    @staticmethod
    def _refusal(code: int, words: bytes | str, outgoing: Outgoing) -> TemporaryRefusal | PermanentRefusal:
        reason = _reason(code, words)
        if code < 500:
            return TemporaryRefusal(reason)
        is_gone = code in NO_SUCH_MAILBOX and not POLICY.match(reason)
        gone = {outgoing.contact_points[0].id: reason} if is_gone else {}
        return PermanentRefusal(reason, receipt=Receipt(gone=gone))


def email_providers() -> list[EmailProvider]:
    """Return the mail providers in the order in which they are asked: EMAIL_URL, then EMAIL_FALLBACK_URLS."""
    first = EmailProvider(name="email", backend=settings.EMAIL_BACKEND, options=settings.EMAIL_OPTIONS)
    others = [
        EmailProvider(name=f"email-{number}", **provider)
        for number, provider in enumerate(settings.EMAIL_FALLBACKS, start=2)
    ]
    return [first, *others]


def compose(outgoing: Outgoing, *, to: str) -> EmailMultiAlternatives:
    """Make the mail: text and HTML, an id that a repetition keeps, and one-click unsubscribing (RFC 8058)."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {
        "Message-ID": f"<{outgoing.job_id}@{domain}>",
        "Content-Language": outgoing.message.locale,
        "Auto-Submitted": "auto-generated",
    }
    if outgoing.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{outgoing.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(outgoing.message.subject, outgoing.message.mail_text, to=[to], headers=headers)
    mail.encoding = SAFE_CHARSET
    # A mail service gives these back with its reports.
    mail.metadata = {"job_id": str(outgoing.job_id)}  # type: ignore[attr-defined]
    mail.attach_alternative(outgoing.message.html, "text/html")
    return mail


def _message_refused(refused: smtplib.SMTPDataError) -> TemporaryRefusal | PermanentRefusal:
    reason = _reason(refused.smtp_code, refused.smtp_error)
    return TemporaryRefusal(reason) if refused.smtp_code < 500 else PermanentRefusal(reason)


def _reason(code: int, words: bytes | str) -> str:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"SMTP {code}: {said}"[:500]
