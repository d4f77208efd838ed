"""Files: what is proved before anybody sees them."""

import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from bus.models import OutboxRow
from common.transactions import use_case
from messaging.adapters.orm.attachments import collect_unused, tidy_up
from messaging.adapters.storage.chosen import chosen_storage
from messaging.domain.files import key_of, token_of
from messaging.models import Attachment, Message
from tests.factories.accounts import bearer, make_user
from tests.factories.messaging import make_attachment, make_direct

pytestmark = pytest.mark.django_db
URL = "/api/v1/attachments/"
WEBHOOK = URL + "storage-webhook/"
SECRET = "storage-secret"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(settings, "STORAGE_FOLDER", tmp_path)
    monkeypatch.setattr(settings, "STORAGE_WEBHOOK_TOKEN", "storage-secret")
    chosen_storage.cache_clear()
    yield tmp_path
    chosen_storage.cache_clear()


def upload_path(attachment: Attachment, token: str | None = None) -> str:
    secret = token or token_of(attachment.id, secret=settings.SECRET_KEY)
    return f"{URL}uploads/{attachment.id.hex}.{secret}/"


def put(attachment: Attachment, content: bytes, **options: Any) -> Any:
    return Client().put(upload_path(attachment, **options), content, content_type="application/octet-stream")


def report(attachment: Attachment, secret: str = SECRET) -> Any:
    body = {"EventName": "s3:ObjectCreated:Post", "Records": [{"s3": {"object": {"key": attachment.key}}}]}
    return APIClient().post(WEBHOOK, body, format="json", headers={"Authorization": f"Bearer {secret}"})


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(content, "PNG")
    return content.getvalue()


def of(content: bytes, **fields: Any) -> Attachment:
    user = make_user()
    digest = hashlib.sha256(content).hexdigest()
    return make_attachment(make_direct(user), user, size=len(content), **{"sha256": digest} | fields)


class TestUpload:
    def test_a_file_that_is_what_was_announced_becomes_a_message(self) -> None:
        attachment = of(b"hello")

        answer = put(attachment, b"hello")

        assert answer.status_code == 204
        attachment.refresh_from_db()
        message = Message.objects.get()
        assert (attachment.status, message.id, message.kind) == ("ready", attachment.message_id, "file")
        assert message.body["attachment"] == str(attachment.id)

    @pytest.mark.parametrize(
        ("fields", "content", "refusal"),
        [
            ({"sha256": "0" * 64}, b"hello", "hash"),
            ({}, b"hell", "size"),
            ({"media_type": "image/png"}, b"hello", "type"),
            ({"media_type": "text/plain"}, b"\x89PNG\r\n\x1a\n\x00", "type"),
        ],
    )
    def test_another_file_is_refused_and_seen_by_nobody(
        self, fields: dict[str, Any], content: bytes, refusal: str
    ) -> None:
        announced = content + b"o" if refusal == "size" else content
        attachment = of(announced, **fields)

        answer = put(attachment, content)

        assert (answer.status_code, answer.json()["reason"]) == (400, refusal)
        attachment.refresh_from_db()
        assert (attachment.status, attachment.refusal) == ("refused", refusal)
        assert not Message.objects.exists()
        assert OutboxRow.objects.get().wire_type == "messaging.system.ordered.v1"

    def test_more_bytes_than_announced_are_not_taken_in(self, folder: Path) -> None:
        attachment = of(b"hello")

        answer = put(attachment, b"hello and more")

        assert answer.status_code == 400
        assert [one for one in folder.rglob("*") if one.is_file()] == []
        attachment.refresh_from_db()
        assert attachment.status == "waiting"

    @pytest.mark.parametrize(
        "fields", [{"expires_at": timezone.now() - timedelta(days=1)}, {"status": "gone", "settled_at": timezone.now()}]
    )
    def test_a_slot_that_has_ended_takes_nothing(self, fields: dict[str, Any]) -> None:
        assert put(of(b"hello", **fields), b"hello").status_code == 404

    def test_nobody_uploads_without_the_token(self) -> None:
        attachment = of(b"hello")

        assert put(attachment, b"hello", token="0" * 64).status_code == 404
        assert Client().put(f"{URL}uploads/nonsense/", b"hello").status_code == 404
        assert Client().get(upload_path(attachment)).status_code == 405

    def test_a_picture_gets_a_thumbnail(self, api: APIClient) -> None:
        content = picture()
        attachment = of(content, media_type="image/png", name="boat.png")

        put(attachment, content)

        place = api.get(f"{URL}{attachment.id}/?variant=thumbnail", **bearer(attachment.uploader))["Location"]
        small = b"".join(Client().get(place.removeprefix(settings.PUBLIC_URL)).streaming_content)  # type: ignore[attr-defined]
        assert max(Image.open(io.BytesIO(small)).size) == 480

    def test_a_picture_that_cannot_be_read_is_refused(self) -> None:
        content = picture()[:200]
        attachment = of(content, media_type="image/png")

        assert put(attachment, content).json()["reason"] == "type"

    def test_a_picture_of_a_great_many_pixels_is_refused_undecoded(self) -> None:
        content = io.BytesIO()
        Image.new("1", (30_000, 30_000)).save(content, "PNG")
        bomb = content.getvalue()

        answer = put(of(bomb, media_type="image/png"), bomb)

        assert (answer.status_code, answer.json()["reason"]) == (400, "pixels")

    def test_a_file_that_was_proved_is_not_replaced_by_a_slower_upload(self) -> None:
        attachment = of(b"hello")
        storage: Any = chosen_storage()
        token = token_of(attachment.id, secret=settings.SECRET_KEY)

        def overtaken() -> Iterator[bytes]:
            yield b"ev"
            put(attachment, b"hello")
            yield b"il!"

        storage.receive(attachment.key, overtaken(), limit=5, token=token)

        attachment.refresh_from_db()
        assert attachment.status == "ready"
        assert b"".join(storage.chunks(attachment.key)) == b"hello"

    def test_who_has_left_meanwhile_shows_nothing(self) -> None:
        attachment = of(b"hello")
        attachment.conversation.memberships.update(left_at=timezone.now())

        put(attachment, b"hello")

        attachment.refresh_from_db()
        assert (attachment.status, attachment.refusal) == ("refused", "no_conversation")


class TestWebhook:
    def store(self, attachment: Attachment, content: bytes, token: str | None = None) -> None:
        token = token or token_of(attachment.id, secret=settings.SECRET_KEY)
        chosen_storage().receive(attachment.key, [content], limit=1000, token=token)  # type: ignore[union-attr]

    def test_a_report_that_comes_twice_shows_one_message(self) -> None:
        attachment = of(b"hello")
        self.store(attachment, b"hello")

        answers = [report(attachment).status_code for _ in range(2)]

        assert answers == [204, 204]
        assert Message.objects.count() == 1

    def test_a_forged_report_does_nothing(self) -> None:
        attachment = of(b"hello")
        self.store(attachment, b"hello")

        forged, nameless = report(attachment, secret="guess"), report(attachment, secret="")

        assert [forged.status_code, nameless.status_code] == [401, 401]
        assert forged.json()["code"] == "untrusted_report"
        assert not Message.objects.exists()

    def test_without_a_secret_no_report_is_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "STORAGE_WEBHOOK_TOKEN", "")

        assert report(of(b"hello"), secret="").status_code == 401

    def test_a_file_with_another_token_is_refused(self) -> None:
        attachment = of(b"hello")
        self.store(attachment, b"hello", token="stolen")

        report(attachment)

        attachment.refresh_from_db()
        assert (attachment.status, attachment.refusal) == ("refused", "token")

    def test_a_report_of_nothing_known_is_taken_and_one_of_a_missing_file_is_not(self) -> None:
        attachment = of(b"hello")
        unknown = Attachment(key="nowhere")

        assert (report(unknown).status_code, report(attachment).status_code) == (204, 404)

    def test_what_is_no_report_is_refused(self) -> None:
        headers = {"Authorization": "Bearer storage-secret"}

        answer = APIClient().post(WEBHOOK, {"Records": [{"s3": {}}]}, format="json", headers=headers)

        assert answer.status_code == 400


class TestDownload:
    def test_members_are_sent_to_an_address_that_is_signed(self, api: APIClient) -> None:
        attachment = of(b"hello")
        put(attachment, b"hello")

        answer = api.get(f"{URL}{attachment.id}/", **bearer(attachment.uploader))
        file = Client().get(answer["Location"].removeprefix(settings.PUBLIC_URL))

        assert answer.status_code == 302
        assert b"".join(file.streaming_content) == b"hello"  # type: ignore[attr-defined]
        assert file["Content-Disposition"].startswith("attachment")
        assert (file["X-Content-Type-Options"], file["Content-Type"]) == ("nosniff", "text/plain")

    def test_strangers_and_forged_addresses_get_nothing(self, api: APIClient) -> None:
        attachment = of(b"hello")
        put(attachment, b"hello")

        assert api.get(f"{URL}{attachment.id}/", **bearer(make_user())).status_code == 404
        assert api.get(f"{URL}{attachment.id}/?variant=thumbnail", **bearer(attachment.uploader)).status_code == 404
        assert Client().get(f"{URL}files/forged/").status_code == 404

    def test_what_was_deleted_is_gone_before_its_file_is_collected(self, api: APIClient) -> None:
        attachment = of(b"hello")
        put(attachment, b"hello")
        Message.objects.filter(id=attachment.message_id).update(body={}, deleted_at=timezone.now())

        assert api.get(f"{URL}{attachment.id}/", **bearer(attachment.uploader)).status_code == 404


class TestCollection:
    def test_unused_slots_and_files_of_deleted_messages_go(self, folder: Path) -> None:
        unused = of(b"never", expires_at=timezone.now() - timedelta(seconds=1))
        shown, kept = of(b"shown"), of(b"kept!")
        put(shown, b"shown")
        put(kept, b"kept!")
        Message.objects.filter(id=shown.message_id).update(body={}, deleted_at=timezone.now())

        for _ in range(2):
            with use_case():
                files = collect_unused(now=timezone.now())
            tidy_up(files=files)

        assert {key for key, is_kept in files if is_kept is None} == {unused.key, key_of(shown.id)}
        kept.refresh_from_db()
        left = {one.name for one in folder.rglob("*") if one.is_file()}
        assert left == {Path(kept.key).name, Path(kept.key).name + ".token"}

    def test_what_is_uploaded_to_a_settled_slot_goes_and_what_was_proved_stays(self, folder: Path) -> None:
        attachment = of(b"hello")
        upload_key = attachment.key
        put(attachment, b"hello")
        storage: Any = chosen_storage()
        storage.receive(upload_key, [b"evil!"], limit=5, token=token_of(attachment.id, secret=settings.SECRET_KEY))

        with use_case():
            files = collect_unused(now=timezone.now())
        tidy_up(files=files)

        attachment.refresh_from_db()
        assert b"".join(storage.chunks(attachment.key)) == b"hello"
        assert storage.stored(upload_key) is None
