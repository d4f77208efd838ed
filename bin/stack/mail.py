"""An SMTP sink: each mail becomes one .eml file that a mail program opens."""

import asyncio
import re
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from stack import paths

# The size at which Gmail refuses a mail too.
LARGEST_MAIL_BYTES = 25 * 1024 * 1024


class Sink:
    """Takes any mail for anybody and delivers it nowhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name)
        """Store one file for all recipients of the envelope."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        file = store(raw, recipients=envelope.rcpt_tos, folder=self.folder, now=datetime.now(UTC))
        print(file.name, flush=True)
        return "250 OK"


def store(raw: bytes, *, recipients: list[str], folder: Path, now: datetime) -> Path:
    """Write the mail under a name that sorts by time and tells the recipient; readers never see a part of it.

    The envelope's recipients go on top as X-Envelope-To: the mail's own header does not name blind copies.
    """
    file = folder / file_name(recipients, now=now)
    while file.exists():
        now += timedelta(microseconds=1)
        file = folder / file_name(recipients, now=now)
    unfinished = file.with_suffix(".part")
    unfinished.write_bytes(f"X-Envelope-To: {', '.join(recipients)}\r\n".encode() + raw)
    unfinished.replace(file)
    return file


def file_name(recipients: list[str], *, now: datetime) -> str:
    to = re.sub(r"[^A-Za-z0-9.@_+-]", "_", recipients[0] if recipients else "nobody")[:100]
    return f"{now:%Y%m%dT%H%M%S.%fZ}-{to}.eml"


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
        print(f"SMTP on 127.0.0.1:{port}, mails in {sink.folder}", flush=True)
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(serve(port=int(sys.argv[1])))
