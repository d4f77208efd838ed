"""An SMTP sink: each mail becomes one .eml file that a mail program opens."""

import asyncio
import hashlib
import re
import signal
import sys
import uuid
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from stack import paths

# The size at which Gmail refuses a mail too.
LARGEST_MAIL_BYTES = 25 * 1024 * 1024
HEADERS = BytesHeaderParser()


class Sink:
    """Takes any mail for anybody and delivers it nowhere."""

    def __init__(self, folder: Path) -> None:
        self.mailbox = Mailbox(folder)

    async def handle_EHLO(  # noqa: N802  (aiosmtpd's name)
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Say that several commands may come in one write, as mail servers do (RFC 2920)."""
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name)
        """Store one file for all recipients of the envelope."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        file = self.mailbox.store(raw, recipients=envelope.rcpt_tos, now=datetime.now(UTC))
        print(file.name if file else f"came again: {message_id_of(raw)}", flush=True)
        return "250 OK"


class Mailbox:
    """A folder that keeps a Message-ID once for the same recipients, as mail stores do.

    SMTP alone can't promise that a mail comes once (RFC 5321, section 4.5.3.2.6): whoever loses the answer sends it
    again, under the same Message-ID.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known = {path.stem.rpartition("-")[2] for path in folder.glob("*.eml")}

    def store(self, raw: bytes, *, recipients: list[str], now: datetime) -> Path | None:
        """Write the mail under a name that sorts by time and tells the recipient; None if it is here already.

        Readers never see a part of it. The envelope's recipients go on top as X-Envelope-To: the mail's own header
        does not name blind copies.
        """
        identity = identity_of(raw, recipients)
        if identity in self._known:
            return None
        file = self.folder / file_name(recipients, identity=identity, now=now)
        unfinished = file.with_suffix(".part")
        unfinished.write_bytes(f"X-Envelope-To: {', '.join(recipients)}\r\n".encode() + raw)
        unfinished.replace(file)
        self._known.add(identity)
        return file


def message_id_of(raw: bytes) -> str:
    return str(HEADERS.parsebytes(raw)["Message-ID"] or "").strip()


def identity_of(raw: bytes, recipients: list[str]) -> str:
    """Return what is the same when a mail comes again; a mail without a Message-ID is always another one."""
    named = message_id_of(raw) or uuid.uuid4().hex
    return hashlib.sha256("\n".join([named, *sorted(recipients)]).encode()).hexdigest()[:16]


def file_name(recipients: list[str], *, identity: str, now: datetime) -> str:
    to = re.sub(r"[^A-Za-z0-9.@_+-]", "_", recipients[0] if recipients else "nobody")[:100]
    return f"{now:%Y%m%dT%H%M%S.%fZ}-{to}-{identity}.eml"


async def serve(*, port: int) -> None:
    """Listen on the loopback address until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    sink = Sink(paths.mail_folder())
    server = await loop.create_server(
        lambda: SMTP(sink, hostname="localhost", data_size_limit=LARGEST_MAIL_BYTES, enable_SMTPUTF8=True),
        host="127.0.0.1",
        port=port,
    )
    async with server:
        print(f"SMTP on 127.0.0.1:{port}, mails in {sink.mailbox.folder}", flush=True)
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(serve(port=int(sys.argv[1])))
