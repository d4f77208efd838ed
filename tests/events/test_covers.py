"""Pictures that people upload: events.pictures, events.services.change_cover, watch_cover and remove_covers."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from common.transactions import use_case
from events.actors import Actor
from events.api import content_views
from events.models import CoverFile, Event
from events.pictures import LARGEST, MOST_BYTES, PictureRefused, cover_from
from events.services.change_cover import change_cover, keep_picture
from events.services.delete_draft import delete_draft
from events.services.duplicate_event import duplicate_event
from events.services.remove_covers import remove_covers
from events.services.watch_cover import GRACE
from tests.events.api.conftest import calling
from tests.factories.events import make_event

Calling = Callable[..., APIClient]
__all__ = ["calling"]
ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F


def picture(size: tuple[int, int] = (800, 600), kind: str = "JPEG", mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "teal").save(out, kind, **options)
    return out.getvalue()


def photograph() -> bytes:
    """A picture that lies on its side and says where it was taken."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "Camera"
    exif.get_ifd(GPS)[1] = "N"
    return picture((900, 600), exif=exif)


def with_broken_notes() -> bytes:
    """A photograph that lies on its side, with a number in the camera's notes that doesn't fit where it belongs."""
    short, long, compression = 3, 4, 0x0103
    rows = [(ORIENTATION, short, 1, 6), (compression, long, 1, 70_000)]
    notes = struct.pack("<H", len(rows)) + b"".join(struct.pack("<HHLL", *row) for row in rows) + bytes(4)
    return picture(exif=b"Exif\0\0II*\0\x08\0\0\0" + notes)


def bomb() -> bytes:
    """A PNG of a few kilobytes that says it has 60,000 × 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9999))
        + chunk(b"IEND", b"")
    )


def read(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


class TestCoverFrom:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_writes_every_kind_anew_as_webp(self, kind: str) -> None:
        cover = cover_from(picture(kind=kind))

        assert (read(cover).format, read(cover).size) == ("WEBP", (800, 600))

    def test_turns_upright_and_forgets_where_it_was_taken(self) -> None:
        taken = read(photograph())
        cover = read(cover_from(photograph()))

        assert taken.getexif()[MAKER] == "Camera"
        assert (taken.size, cover.size) == ((900, 600), (600, 900))
        assert not cover.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(cover.info)

    def test_makes_smaller_what_is_larger_than_a_page(self) -> None:
        cover = read(cover_from(picture((6000, 3000))))

        assert cover.size == (1600, 800)
        assert cover.width <= LARGEST[0]

    @pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "I;16"])
    def test_takes_every_kind_of_colour(self, mode: str) -> None:
        out = io.BytesIO()
        Image.new(mode, (800, 600)).save(out, "PNG")

        assert read(cover_from(out.getvalue())).mode == "RGB"

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "not_a_picture"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "not_a_picture"),
            (b"GIF89a" + b"\0" * 99, "not_a_picture"),
            (picture(kind="BMP"), "not_a_picture"),
            (picture()[:2000], "not_a_picture"),
            (picture((399, 600)), "too_small"),
            (picture() + b"\0" * MOST_BYTES, "too_large"),
            (bomb(), "too_many_pixels"),
            (with_broken_notes(), "not_a_picture"),
        ],
        ids=["nothing", "svg", "gif", "bmp", "half", "small", "large", "bomb", "broken notes of a camera"],
    )
    def test_refuses_what_is_no_cover(self, data: bytes, reason: str) -> None:
        with pytest.raises(PictureRefused) as refused:
            cover_from(data)

        assert refused.value.extra == {"reason": reason}


@pytest.mark.django_db
class TestChangeCover:
    @pytest.fixture(autouse=True)
    def store(self, tmp_path: Path, settings: Any) -> Path:
        settings.MEDIA_ROOT = tmp_path
        return tmp_path

    def send(self, client: APIClient, event: Event, data: bytes, **headers: str) -> Any:
        sent = {"file": SimpleUploadedFile("../../cover.php", data, "text/html")}
        return client.put(f"/api/v1/events/{event.id}/cover/", sent, format="multipart", headers=headers)

    def test_shows_the_picture(self, calling: Calling, store: Path) -> None:
        event = make_event()

        response = self.send(calling("owner", event), event, photograph())

        [kept] = list((store / "covers").iterdir())
        assert response.status_code == 200
        assert response.json()["cover"] == f"/media/covers/{kept.name}"
        assert response["ETag"] == '"v2"'
        assert read(kept.read_bytes()).format == "WEBP"

    def test_is_taken_away_again(self, calling: Calling) -> None:
        event = make_event()
        owner = calling("owner", event)
        self.send(owner, event, picture())

        owner.delete(f"/api/v1/events/{event.id}/cover/")

        assert owner.get(f"/api/v1/events/{event.id}/").json()["cover"].startswith("/static/img/covers/")

    def test_refuses_what_is_no_picture(self, calling: Calling, store: Path) -> None:
        event = make_event()

        response = self.send(calling("owner", event), event, b"<html>")

        assert (response.status_code, response.json()["code"]) == (400, "picture_refused")
        assert not list(store.iterdir())

    def test_does_not_read_what_is_much_too_large(self, calling: Calling, monkeypatch: pytest.MonkeyPatch) -> None:
        event = make_event()
        monkeypatch.setattr(content_views, "MOST_BYTES", 1000)
        monkeypatch.setattr("events.api.content_views.cover_from", None)

        response = self.send(calling("owner", event), event, bytes(content_views.MOST_AROUND + 2000))

        assert (response.status_code, response.json()["reason"]) == (400, "too_large")

    def test_refuses_a_stale_version(self, calling: Calling) -> None:
        event = make_event()

        assert self.send(calling("owner", event), event, picture(), **{"If-Match": '"v9"'}).status_code == 412

    def test_wants_a_file(self, calling: Calling) -> None:
        event = make_event()

        response = calling("owner", event).put(f"/api/v1/events/{event.id}/cover/", {}, format="multipart")

        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, "/file")

    @pytest.mark.parametrize(
        ("caller", "answer"), [("guest", 401), ("user", 404), ("foreign_owner", 404), ("door", 403)]
    )
    def test_is_for_those_who_manage_the_event(self, calling: Calling, store: Path, caller: str, answer: int) -> None:
        event = make_event()
        client = calling(caller, event)

        assert self.send(client, event, picture()).status_code == answer
        assert client.delete(f"/api/v1/events/{event.id}/cover/").status_code == answer
        assert not list(store.iterdir())


def shown_by(event: Event, store: Path) -> Path:
    event.refresh_from_db()
    return store / event.cover


@pytest.mark.django_db
class TestRemoveCovers:
    NOW = timezone.now()
    LATER = NOW + GRACE

    @pytest.fixture(autouse=True)
    def store(self, tmp_path: Path, settings: Any) -> Path:
        settings.MEDIA_ROOT = tmp_path
        return tmp_path

    def change(self, event: Event, data: bytes | None) -> None:
        name = "" if data is None else keep_picture(content=cover_from(data), now=self.NOW)
        with use_case():
            change_cover(actor=Actor(administers=True), event_id=event.id, name=name, now=self.NOW)

    def test_leaves_what_an_event_shows_and_removes_what_it_showed_before(self, store: Path) -> None:
        event = make_event()
        self.change(event, picture())
        replaced = shown_by(event, store)
        self.change(event, picture())

        remove_covers(now=self.LATER)

        assert not replaced.exists()
        assert shown_by(event, store).is_file()
        assert not CoverFile.objects.exists()

    def test_waits_for_transactions_that_may_name_it_yet(self, store: Path) -> None:
        event = make_event()
        self.change(event, picture())
        replaced = shown_by(event, store)
        self.change(event, None)

        assert remove_covers(now=self.NOW) == 0
        assert replaced.is_file()

    def test_leaves_what_a_copy_shows_until_that_is_gone_too(self, store: Path) -> None:
        event = make_event()
        self.change(event, picture())
        shared = shown_by(event, store)
        with use_case():
            copy = duplicate_event(actor=Actor(administers=True), event_id=event.id)
        self.change(event, None)
        remove_covers(now=self.LATER)
        still_there = shared.is_file()

        with use_case():
            delete_draft(actor=Actor(administers=True), event_id=copy.id, now=self.NOW)
        remove_covers(now=self.LATER)

        assert still_there
        assert not shared.exists()

    def test_removes_an_upload_that_no_event_came_to_show(self, store: Path) -> None:
        name = keep_picture(content=cover_from(picture()), now=self.NOW)

        remove_covers(now=self.LATER)

        assert not (store / name).exists()

    def test_tries_again_what_the_store_keeps_and_removes_the_others(
        self, store: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stuck, other = (keep_picture(content=cover_from(picture()), now=self.NOW) for _ in range(2))
        delete = default_storage.delete

        def refuse(name: str) -> None:
            if name == stuck:
                raise PermissionError(name)
            delete(name)

        monkeypatch.setattr(default_storage, "delete", refuse)
        remove_covers(now=self.LATER)
        monkeypatch.undo()
        first = ((store / stuck).exists(), (store / other).exists())
        again = remove_covers(now=self.LATER + GRACE)

        assert (first, again) == ((True, False), 1)
        assert not (store / stuck).exists()
