import os
import re
import signal
import smtplib
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stack import mail, paths, ports, readiness

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


HELLO = b"Message-ID: <1@example.org>\r\nSubject: hi\r\n\r\n"


class TestStoreMail:
    def test_names_the_file_by_time_and_recipient(self, tmp_path: Path) -> None:
        file = stored(tmp_path, HELLO)

        assert re.fullmatch(r"20260501T120000\.000000Z-anna@example\.org-[0-9a-f]{16}\.eml", file.name)

    def test_sorts_by_time(self, tmp_path: Path) -> None:
        later = stored(tmp_path, to=["a@example.org"], now=NOON + timedelta(microseconds=5))
        earlier = stored(tmp_path, to=["z@example.org"])

        assert sorted(tmp_path.iterdir()) == [earlier, later]

    def test_keeps_two_mails_of_one_moment(self, tmp_path: Path) -> None:
        for _ in range(2):
            stored(tmp_path)

        assert len(list(tmp_path.iterdir())) == 2

    def test_tells_every_recipient_of_the_envelope(self, tmp_path: Path) -> None:
        file = stored(tmp_path, HELLO, to=["anna@example.org", "blind@example.org"])

        assert file.read_bytes() == b"X-Envelope-To: anna@example.org, blind@example.org\r\n" + HELLO

    def test_stays_in_its_folder_whatever_the_recipient_is_called(self, tmp_path: Path) -> None:
        file = stored(tmp_path, to=["../../etc/passwd@example.org"])

        assert file.parent == tmp_path
        assert "/" not in file.name

    def test_keeps_a_mail_that_comes_again_once(self, tmp_path: Path) -> None:
        stored(tmp_path, HELLO)

        again = mail.Mailbox(tmp_path).store(HELLO, recipients=["anna@example.org"], now=NOON + timedelta(hours=1))

        assert again is None
        assert len(list(tmp_path.iterdir())) == 1

    def test_keeps_the_same_mail_to_somebody_else(self, tmp_path: Path) -> None:
        for person in ("anna", "boris"):
            stored(tmp_path, HELLO, to=[f"{person}@example.org"])

        assert len(list(tmp_path.iterdir())) == 2


def stored(folder: Path, raw: bytes = b"", *, to: Sequence[str] = ("anna@example.org",), now: datetime = NOON) -> Path:
    file = mail.Mailbox(folder).store(raw, recipients=list(to), now=now)
    assert file is not None
    return file


class TestServeMail:
    def test_takes_mails_over_smtp_until_told_to_stop(self, state: Path) -> None:
        [port] = ports.unused(1)
        environment = {**os.environ, "PYTHONPATH": str(paths.PROJECT / "bin")}
        server = subprocess.Popen([sys.executable, "-m", "stack.mail", str(port)], env=environment)
        try:
            while readiness.port_answers(port) is not None:
                assert server.poll() is None

            with smtplib.SMTP("127.0.0.1", port) as client:
                client.ehlo()
                pipelining = client.has_extn("pipelining")
                client.send("MAIL FROM:<us@example.org>\r\nRCPT TO:<anna@example.org>\r\nDATA\r\n")
                codes = [client.getreply()[0] for _ in range(3)]
                client.send("Subject: Привет\r\n\r\n.\r\n".encode())
                codes.append(client.getreply()[0])
        finally:
            server.send_signal(signal.SIGTERM)

        assert server.wait(timeout=10) == 0
        assert (pipelining, codes) == (True, [250, 250, 354, 250])
        [file] = paths.mail_folder().glob("*.eml")
        assert "Subject: Привет" in file.read_text(encoding="utf-8")
