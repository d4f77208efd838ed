"""The way to a mail server: what is said at once, what its refusals mean then, and the bytes of a mail."""

import re
import smtplib
import uuid
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives

from notifications.channels.email import SAFE_CHARSET
from notifications.channels.smtp import AtOnce, as_bytes
from notifications.models import ContactPoint
from tests.factories.notifications import make_job
from tests.notifications.conftest import MailServer
from tests.notifications.flow import send

LONG = "очень " * 40


@pytest.fixture(params=[False, True], ids=["one by one", "at once"])
def server(mail_server: MailServer, request: pytest.FixtureRequest) -> MailServer:
    """A server that knows PIPELINING, and one that doesn't."""
    mail_server.knows_pipelining = request.param
    return mail_server


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was written to the server, one entry for each time."""
    written: list[Any] = []
    write = smtplib.SMTP.send

    def send_noted(self: smtplib.SMTP, text: Any) -> None:
        written.append(text)
        write(self, text)

    monkeypatch.setattr(smtplib.SMTP, "send", send_noted)
    return written


@pytest.mark.django_db
class TestBackend:
    def test_says_a_mail_in_two_breaths_to_who_can_listen(self, server: MailServer, said: list[Any]) -> None:
        jobs = [make_job() for _ in range(3)]

        send([job.id for job in jobs])

        greeting_and_leave = 2
        assert len(said) - greeting_and_leave == 3 * (2 if server.knows_pipelining else 4)
        assert [mail["Message-ID"].partition("@")[0][1:] for mail in server.mails] == [str(job.id) for job in jobs]

    def test_takes_a_refused_address_for_what_it_is(self, server: MailServer) -> None:
        refused = make_job()
        server.refuse_recipient = "550 5.1.1 nobody here"
        send([refused.id])
        server.refuse_recipient = ""
        taken = make_job()

        send([taken.id])

        for job in (refused, taken):
            job.refresh_from_db()
        assert (refused.status, refused.reason) == ("undeliverable", "refused")
        assert "550" in refused.last_error
        assert ContactPoint.objects.get(recipient=refused.recipient).switched_off_at is not None
        assert (taken.status, len(server.mails)) == ("sent", 1)

    @pytest.mark.parametrize(("answer", "status"), [("550 spam", "dead"), ("451 later", "failed")])
    def test_takes_a_refused_mail_for_what_it_is(self, server: MailServer, answer: str, status: str) -> None:
        job = make_job()
        server.refuse_message = answer

        send([job.id])

        job.refresh_from_db()
        assert (job.status, answer[:3] in job.last_error) == (status, True)


class TestAtOnce:
    @pytest.fixture
    def line(self, server: MailServer, settings: Any) -> Any:
        with AtOnce(settings.EMAIL_HOST, settings.EMAIL_PORT, local_hostname="localhost") as line:
            yield line

    @pytest.mark.parametrize("body", [b".hidden\r\n..two\r\n.\r\nend", b"\r\n.", b"whole\r\n"])
    def test_brings_periods_as_they_are(self, line: AtOnce, server: MailServer, body: bytes) -> None:
        mail = b"Subject: dots\r\n\r\n" + body

        line.sendmail("a@example.com", "b@example.com", mail)

        assert server.raw == [mail if mail.endswith(b"\r\n") else mail + b"\r\n"]

    def test_goes_on_after_a_refusal(self, line: AtOnce, server: MailServer) -> None:
        server.refuse_recipient = "550 nobody"
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            line.sendmail("a@example.com", "b@example.com", b"Subject: one\r\n\r\n")
        server.refuse_recipient = ""
        line.rset()

        line.sendmail("a@example.com", "b@example.com", b"Subject: two\r\n\r\n")

        assert [mail["Subject"] for mail in server.mails] == ["two"]

    def test_takes_a_refused_sender_for_what_it_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        line, written = scripted(monkeypatch, (501, b"who?"), (503, b"sender first"), (503, b"sender first"))

        with pytest.raises(smtplib.SMTPSenderRefused):
            line.sendmail("a@example.com", "b@example.com", b"Subject: one\r\n\r\n")

        assert written == b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"

    def test_ends_the_mail_to_nobody_that_a_server_waits_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Some servers say "go ahead" to DATA though they have refused the recipient."""
        line, written = scripted(monkeypatch, (250, b""), (550, b"nobody"), (354, b"go ahead"), (554, b"to whom?"))

        with pytest.raises(smtplib.SMTPRecipientsRefused):
            line.sendmail("a@example.com", "b@example.com", b"Subject: one\r\n\r\n")

        assert written.endswith(b"DATA\r\n.\r\n")
        assert line.getreply() == (0, b"silence")


def scripted(monkeypatch: pytest.MonkeyPatch, *replies: tuple[int, bytes]) -> tuple[AtOnce, bytearray]:
    """Return a line to a server that knows PIPELINING and says these words, and what it is told."""
    line, written = AtOnce(), bytearray()
    words = iter(replies)
    line.ehlo_resp, line.does_esmtp, line.esmtp_features = b"", True, {"pipelining": ""}
    monkeypatch.setattr(line, "send", lambda text: written.extend(text if isinstance(text, bytes) else text.encode()))
    monkeypatch.setattr(line, "getreply", lambda: next(words, (0, b"silence")))
    return line, written


def parts_of(raw: bytes) -> dict[str, bytes]:
    """Return a mail's headers as they are written, each once, by their names, and its body."""
    head, _, body = raw.partition(b"\r\n\r\n")
    fields = [re.match(rb"([^:]+)(:.*)", one, re.DOTALL) for one in re.split(rb"\r\n(?![ \t])", head)]
    return {one[1].decode(): one[2] for one in fields if one} | {"body": body}


def text_of(written: bytes) -> str:
    """Return what a header says."""
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", written.removeprefix(b":"))
    return str(make_header(decode_header(unfolded.decode()))).strip()


class TestAsBytes:
    @pytest.mark.parametrize("subject", ["Short", "Два слова", LONG, "x " * 200, "double  space", "=?utf-8?q?trick?="])
    def test_writes_what_the_library_would_write(self, subject: str) -> None:
        headers = {
            "Message-ID": f"<{uuid.uuid4()}@example.com>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<https://example.com/notifications/unsubscribe/{'x' * 120}/>",
        }
        mail = EmailMultiAlternatives(subject, f"Hello, {LONG}", to=["a@example.com"], headers=headers)
        mail.encoding = SAFE_CHARSET
        mail.attach_alternative(f"<p>{LONG}</p>", "text/html")
        message: EmailMessage = mail.message()

        library = message.as_bytes(linesep="\r\n")  # type: ignore[call-arg]
        mine, its = parts_of(as_bytes(message)), parts_of(library)
        # Its own way where it leaves no first line empty, and the same words where it does.
        left_empty = {name for name, written in its.items() if written.startswith(b": \r\n")}
        assert left_empty <= {"Subject", "List-Unsubscribe"}
        assert {name: mine[name] for name in mine if name not in left_empty} == {
            name: its[name] for name in its if name not in left_empty
        }
        for name in left_empty:
            assert text_of(mine[name]) == text_of(its[name])

    @pytest.mark.parametrize("subject", [LONG, "Бронирование подтверждено: «Сплав по Катуни», которое не помещается"])
    def test_leaves_no_first_line_empty(self, subject: str) -> None:
        link = f"<https://example.com/notifications/unsubscribe/{'x' * 200}/>"
        mail = EmailMultiAlternatives(subject, "t", to=["a@example.com"], headers={"List-Unsubscribe": link})
        mail.encoding = SAFE_CHARSET

        raw = as_bytes(mail.message())

        assert b": \r\n" not in raw
        assert f"List-Unsubscribe: {link}\r\n".encode() in raw
        assert max(len(line) for line in raw.split(b"\r\n") if b"=?" in line) <= 76
        assert text_of(parts_of(raw)["Subject"]) == subject.strip()
