"""Pictures that people upload: events.services.change_cover and events.pictures."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from events.models import Event
from events.pictures import LARGEST, MOST_BYTES, PictureRefused, cover_from
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

        assert (read(cover.content).format, read(cover.content).size) == ("WEBP", (800, 600))

    def test_turns_upright_and_forgets_where_it_was_taken(self) -> None:
        taken = read(photograph())
        cover = read(cover_from(photograph()).content)

        assert taken.getexif()[MAKER] == "Camera"
        assert (taken.size, cover.size) == ((900, 600), (600, 900))
        assert not cover.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(cover.info)

    def test_makes_smaller_what_is_larger_than_a_page(self) -> None:
        cover = read(cover_from(picture((6000, 3000))).content)

        assert cover.size == (1600, 800)
        assert cover.width <= LARGEST[0]

    @pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "I;16"])
    def test_takes_every_kind_of_colour(self, mode: str) -> None:
        out = io.BytesIO()
        Image.new(mode, (800, 600)).save(out, "PNG")

        assert read(cover_from(out.getvalue()).content).mode == "RGB"

    def test_names_the_same_picture_the_same(self) -> None:
        assert cover_from(picture()).name == cover_from(picture()).name != cover_from(picture((801, 600))).name

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
        ],
        ids=["nothing", "svg", "gif", "bmp", "half", "small", "large", "bomb"],
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
