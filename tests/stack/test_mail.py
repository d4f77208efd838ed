import os
import signal
import smtplib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stack import mail, paths, ports, readiness

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


class TestStoreMail:
    def test_names_the_file_by_time_and_recipient(self, tmp_path: Path) -> None:
        file = mail.store(b"Subject: hi\r\n\r\n", recipients=["anna@example.org"], folder=tmp_path, now=NOON)

        assert file.name == "20260501T120000.000000Z-anna@example.org.eml"

    def test_sorts_by_time(self, tmp_path: Path) -> None:
        later = mail.store(b"", recipients=["a@example.org"], folder=tmp_path, now=NOON + timedelta(microseconds=5))
        earlier = mail.store(b"", recipients=["z@example.org"], folder=tmp_path, now=NOON)

        assert sorted(tmp_path.iterdir()) == [earlier, later]

    def test_keeps_two_mails_of_one_moment(self, tmp_path: Path) -> None:
        for _ in range(2):
            mail.store(b"", recipients=["anna@example.org"], folder=tmp_path, now=NOON)

        assert len(list(tmp_path.iterdir())) == 2

    def test_tells_every_recipient_of_the_envelope(self, tmp_path: Path) -> None:
        recipients = ["anna@example.org", "blind@example.org"]

        file = mail.store(b"Subject: hi\r\n\r\n", recipients=recipients, folder=tmp_path, now=NOON)

        assert file.read_bytes() == b"X-Envelope-To: anna@example.org, blind@example.org\r\nSubject: hi\r\n\r\n"

    def test_stays_in_its_folder_whatever_the_recipient_is_called(self, tmp_path: Path) -> None:
        file = mail.store(b"", recipients=["../../etc/passwd@example.org"], folder=tmp_path, now=NOON)

        assert file.parent == tmp_path
        assert "/" not in file.name


class TestServeMail:
    def test_takes_mails_over_smtp_until_told_to_stop(self, state: Path) -> None:
        [port] = ports.unused(1)
        environment = {**os.environ, "PYTHONPATH": str(paths.PROJECT / "bin")}
        server = subprocess.Popen([sys.executable, "-m", "stack.mail", str(port)], env=environment)
        try:
            while readiness.port_answers(port) is not None:
                assert server.poll() is None

            with smtplib.SMTP("127.0.0.1", port) as client:
                client.sendmail("us@example.org", ["anna@example.org"], "Subject: Привет\r\n\r\n".encode())
        finally:
            server.send_signal(signal.SIGTERM)

        assert server.wait(timeout=10) == 0
        [file] = paths.mail_folder().glob("*.eml")
        assert "Subject: Привет" in file.read_text(encoding="utf-8")
