"""SMTP for many small mails: fewer exchanges with the server, and less work to put a mail into bytes.

A mail takes four exchanges: the sender, the recipient, "here it comes", and the mail itself. A server that knows
PIPELINING (RFC 2920) takes the first three at once.
"""

import smtplib
from collections.abc import Sequence
from email.generator import BytesGenerator
from email.header import Header, decode_header, make_header
from email.message import Message
from email.policy import Compat32
from functools import lru_cache
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import smtp
from django.core.mail.message import sanitize_address

Reply = tuple[int, bytes]
TAKEN = {250, 251}
GO_AHEAD = 354
# Of a line of a header, without its end.
LONGEST_LINE = 998


class AtOnce(smtplib.SMTP):
    """Says sender, recipient and DATA in one breath to a server that has said it can listen to that."""

    def sendmail(  # type: ignore[override]
        self,
        from_addr: str,
        to_addrs: str | Sequence[str],
        msg: bytes,
        mail_options: Sequence[str] = (),
        rcpt_options: Sequence[str] = (),
    ) -> dict[str, Reply]:
        """Send as smtplib does, with its exceptions; several recipients or options go by its own way."""
        self.ehlo_or_helo_if_needed()
        recipients = [to_addrs] if isinstance(to_addrs, str) else list(to_addrs)
        if not self.has_extn("pipelining") or len(recipients) != 1 or mail_options or rcpt_options:
            return super().sendmail(from_addr, recipients, msg, mail_options, rcpt_options)
        [recipient] = recipients
        size = f" SIZE={len(msg)}" if self.has_extn("size") else ""
        sender = f"MAIL FROM:{smtplib.quoteaddr(from_addr)}{size}"
        self.send(f"{sender}\r\nRCPT TO:{smtplib.quoteaddr(recipient)}\r\nDATA\r\n")
        self._go_ahead(from_addr, recipient, [self.getreply() for _ in range(3)])
        code, words = self._say(msg)
        if code != 250:
            raise smtplib.SMTPDataError(code, words)
        return {}

    def _go_ahead(self, from_addr: str, recipient: str, replies: list[Reply]) -> None:
        """Return when the mail may come.

        Raises:
            SMTPSenderRefused, SMTPRecipientsRefused, SMTPDataError: it may not; the session is as before.
        """
        of_sender, of_recipient, of_data = replies
        is_refused = of_sender[0] != 250 or of_recipient[0] not in TAKEN
        if is_refused and of_data[0] == GO_AHEAD:
            # It waits for a mail to nobody, and is given an empty one (RFC 2920, section 3.1).
            self._say(b"")
        if of_sender[0] != 250:
            raise smtplib.SMTPSenderRefused(*of_sender, from_addr)
        if of_recipient[0] not in TAKEN:
            raise smtplib.SMTPRecipientsRefused({recipient: of_recipient})
        if of_data[0] != GO_AHEAD:
            raise smtplib.SMTPDataError(*of_data)

    def _say(self, content: bytes) -> Reply:
        """Send what follows DATA: a line that begins with a period gets another one (RFC 5321, section 4.5.2)."""
        stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
        end = b".\r\n" if not stuffed or stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
        self.send(stuffed + end)
        return self.getreply()


class AtOnceOverTls(AtOnce, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


class PlainHeaders(Compat32):
    """Writes a header that needs neither folding nor encoding as it is: most of them, and the general way is dear.

    That way leaves the first line empty where the first word is long, and some programs show the blank that is left.
    """

    def fold(self, name: str, value: Any) -> str:
        if self._is_plain(name, value):
            return f"{name}: {value}{self.linesep}"
        return self._begun_at_once(name, super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        if self._is_plain(name, value):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        folded = super().fold_binary(name, value)
        return self._begun_at_once(name, folded.decode("ascii")).encode("ascii") if folded.isascii() else folded

    def _begun_at_once(self, name: str, folded: str) -> str:
        """Return the header with its first line filled: a subject is parted anew, a link stays whole (RFC 5322, 2.1.1)."""
        nothing = f"{name}: {self.linesep}"
        if not folded.startswith(nothing):
            return folded
        words = folded.removeprefix(nothing).strip()
        if name.lower() == "subject" and words.startswith("=?"):
            text = str(make_header(decode_header(words)))
            words = Header(text, "utf-8", header_name=name, maxlinelen=75).encode(linesep=self.linesep)
        is_short = all(len(line) <= LONGEST_LINE for line in f"{name}: {words}".splitlines())
        return f"{name}: {words}{self.linesep}" if is_short else folded

    def _is_plain(self, name: str, value: Any) -> bool:
        is_short = isinstance(value, str) and len(name) + 2 + len(value) <= (self.max_line_length or 0)
        return is_short and value.isascii() and value.isprintable() and value == value.strip()


WIRE = PlainHeaders(linesep="\r\n", mangle_from_=False)


class Backend(smtp.EmailBackend):
    """Django's, with the connection and the form of above."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return AtOnceOverTls if self.use_ssl else AtOnce

    def _send(self, email_message: EmailMessage) -> bool:
        encoding = str(email_message.encoding or settings.DEFAULT_CHARSET)
        sender = envelope_address(email_message.from_email, encoding)
        recipients = [sanitize_address(one, encoding) for one in email_message.recipients()]
        self.connection.sendmail(sender, recipients, as_bytes(email_message.message()))  # type: ignore[union-attr]
        return True


@lru_cache(maxsize=16)
def envelope_address(address: str, encoding: str) -> str:
    """Return an address as it stands on the envelope; there are few senders."""
    return str(sanitize_address(address, encoding))


def as_bytes(message: Message) -> bytes:
    """Return the mail as it travels."""
    written = BytesIO()
    BytesGenerator(written, policy=WIRE).flatten(message)
    return written.getvalue()
