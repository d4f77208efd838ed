"""Storages: the folder, and the object store over a bucket in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from messaging.adapters.storage.folder import FolderStorage
from messaging.adapters.storage.s3 import S3Storage
from messaging.application.ports import Storage
from tests.messaging.fakes.bucket import FakeBucket

KEY = "attachments/af/0199af"
Send = Callable[[str, bytes], None]


@pytest.fixture(params=["folder", "bucket"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Storage, Send]:
    """A storage, and how an upload gets there past everything of ours."""
    if request.param == "folder":
        folder = FolderStorage(tmp_path)
        return folder, lambda key, content: folder.receive(key, [content], limit=100, token="t")
    bucket: Any = FakeBucket()
    storage = S3Storage(endpoint="http://127.0.0.1:1", bucket="b", access_key="a", secret_key="s", region="r")
    storage._client = bucket
    return storage, lambda key, content: bucket.put(key, content, "t")


class TestStorage:
    def test_takes_a_copy_that_later_uploads_do_not_change(self, both: tuple[Storage, Send]) -> None:
        storage, send = both
        send(KEY, b"proved")

        taken = storage.take(KEY)
        storage.tidy(KEY, kept=taken)
        send(KEY, b"other!")

        assert taken is not None
        assert taken.startswith(KEY)
        file = storage.stored(taken)
        assert file is not None
        assert (file.size, file.head, file.token) == (6, b"proved", "t")
        assert b"".join(storage.chunks(taken)) == b"proved"

    def test_takes_another_key_each_time(self, both: tuple[Storage, Send]) -> None:
        storage, send = both
        send(KEY, b"proved")

        assert len({storage.take(KEY), storage.take(KEY), KEY}) == 3

    def test_has_nothing_to_take_where_nothing_was_sent(self, both: tuple[Storage, Send]) -> None:
        storage, _ = both

        assert (storage.take(KEY), storage.stored(KEY)) == (None, None)

    def test_tidies_up_all_but_what_is_kept_and_touches_no_other_slot(self, both: tuple[Storage, Send]) -> None:
        storage, send = both
        other = KEY[:-1] + "0"
        for key in (KEY, other):
            send(key, b"upload")
        kept, left_over = storage.take(KEY), storage.take(KEY)
        assert kept is not None
        assert left_over is not None
        storage.write(kept + ".thumbnail", b"small")

        storage.tidy(KEY, kept=kept)

        assert [storage.stored(key) is None for key in (KEY, left_over, kept, other)] == [True, True, False, False]
        assert b"".join(storage.chunks(kept + ".thumbnail")) == b"small"
        storage.tidy(KEY, kept=None)
        assert storage.stored(kept) is None
