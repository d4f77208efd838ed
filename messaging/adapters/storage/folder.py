"""Files in a local folder: uploads come to the web process itself, which then reports them like any other storage."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core import signing
from django.urls import reverse

from messaging.application.ports import UploadTarget
from messaging.domain.files import DOWNLOAD_SECONDS, HEAD_BYTES, Slot, StoredFile, another_key

CHUNK = 64 * 1024
SALT = "messaging.download"


class TooLong(Exception):
    """More bytes come than were announced."""


class FolderStorage:
    """The token of an upload is kept beside its file, as an object store keeps metadata."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def upload_target(self, slot: Slot) -> UploadTarget:
        path = reverse("attachment_upload", kwargs={"token": f"{slot.id.hex}.{slot.token}"})
        return UploadTarget("PUT", settings.PUBLIC_URL + path, {})

    def download_url(self, key: str, *, name: str, media_type: str) -> str:
        ticket = signing.dumps([key, name, media_type], salt=SALT)
        return settings.PUBLIC_URL + reverse("attachment_file", kwargs={"ticket": ticket})

    def ticket_of(self, ticket: str) -> tuple[Path, str, str]:
        """Return what a download's ticket opens.

        Raises:
            django.core.signing.BadSignature: it is not one of ours, or too old.
        """
        key, name, media_type = signing.loads(ticket, salt=SALT, max_age=DOWNLOAD_SECONDS)
        return self._path(key), name, media_type

    def receive(self, key: str, chunks: Iterable[bytes], *, limit: int, token: str) -> None:
        """Write an upload; it stands under its key only when it is complete, and nothing replaces it there.

        Two uploads of one slot may run at once: what the first has brought may have been proved by the time the second
        comes to its end.

        Raises:
            TooLong
        """
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{secrets.token_hex(8)}.part")
        size = 0
        try:
            with partial.open("wb") as file:
                for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise TooLong
                    file.write(chunk)
            path.with_suffix(".token").write_text(token)
            # Another upload of the slot was there first, or was proved and tidied up after, this one with it.
            with suppress(FileExistsError, FileNotFoundError):
                path.hardlink_to(partial)
        finally:
            partial.unlink(missing_ok=True)

    def take(self, key: str) -> str | None:
        taken = another_key(key)
        try:
            self._path(taken).hardlink_to(self._path(key))
            self._path(taken).with_suffix(".token").hardlink_to(self._path(key).with_suffix(".token"))
        except FileNotFoundError:
            return None
        return taken

    def stored(self, key: str) -> StoredFile | None:
        path = self._path(key)
        try:
            token = path.with_suffix(".token").read_text()
            digest, size, head = hashlib.sha256(), 0, b""
            for chunk in self.chunks(key):
                head = head or chunk[:HEAD_BYTES]
                digest.update(chunk)
                size += len(chunk)
        except FileNotFoundError:
            return None
        return StoredFile(size, digest.hexdigest(), head, token)

    def chunks(self, key: str) -> Iterator[bytes]:
        with self._path(key).open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def write(self, key: str, content: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def tidy(self, key: str, *, kept: str | None) -> None:
        path = self._path(key)
        for one in path.parent.glob(f"{path.name}*"):
            if kept is None or not one.name.startswith(self._path(kept).name):
                one.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._root / key
