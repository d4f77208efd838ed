"""The second phase of a message with a file: the storage reports, the file is proved, the message appears."""

import io
import struct
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from msgspec.json import encode
from PIL import Image, UnidentifiedImageError

from common.problems import NotFound
from common.transactions import requires_transaction
from messaging.adapters.orm.system_orders import order_system_message
from messaging.adapters.postgres.posting import post_message
from messaging.adapters.storage.chosen import chosen_storage
from messaging.application.ports import Rejected
from messaging.domain.drafts import Draft, fingerprint
from messaging.domain.files import IMAGES, SLOT_SECONDS, Slot, key_of, refusal_of, token_of
from messaging.models import Attachment, Membership, Message, MessageId

THUMBNAIL_PIXELS = 480
# A picture of more is not decoded: a small file can unfold to gigabytes.
GREATEST_PIXELS = 40_000_000
COLLECTED = 500
# Longer than a slot holds, by more than a collection comes late.
LOOKED_AT_AGAIN = timedelta(seconds=3 * SLOT_SECONDS)


def slot_of(attachment: Attachment) -> Slot:
    token = token_of(attachment.id, secret=settings.SECRET_KEY)
    return Slot(attachment.id, attachment.key, token, attachment.size, attachment.media_type, attachment.sha256)


def get_slot(*, attachment_id: uuid.UUID, now: datetime) -> Attachment:
    """Return a slot that waits for its upload.

    Raises:
        NotFound: there is none, or its time is over.
    """
    waiting = Attachment.objects.filter(id=attachment_id, status=Attachment.Status.WAITING, expires_at__gt=now)
    attachment = waiting.first()
    if attachment is None:
        raise NotFound
    return attachment


def find_waiting(*, key: str) -> Attachment | None:
    """Return the slot that a report is about, if it still waits for one."""
    return Attachment.objects.filter(key=key, status=Attachment.Status.WAITING).first()


def get_attachment(*, user_id: uuid.UUID, attachment_id: uuid.UUID) -> Attachment:
    """Return a file of one of the user's conversations.

    Raises:
        NotFound
    """
    own = Membership.objects.filter(conversation_id=OuterRef("conversation_id"), user_id=user_id, left_at__isnull=True)
    shown = Attachment.objects.filter(Exists(own), ~Exists(_deleted()), status=Attachment.Status.READY)
    ready = shown.filter(id=attachment_id).first()
    if ready is None:
        raise NotFound
    return ready


def _deleted() -> QuerySet[Message]:
    """Return an attachment's message if it was deleted; it is found by the number that its id has got."""
    number = MessageId.objects.filter(
        sender_id=OuterRef(OuterRef("uploader_id")), id=OuterRef(OuterRef("message_id"))
    ).values("seq")
    return Message.objects.filter(
        conversation_id=OuterRef("conversation_id"), seq=Subquery(number), deleted_at__isnull=False
    )


def examine(attachment: Attachment) -> tuple[str, str | None]:
    """Hold what the storage has against what was announced. Nothing that reports say is believed.

    What is proved is a copy: the address to upload to holds on, and what lies there may be replaced afterwards.

    Returns:
        The key of the copy, and why it isn't what was announced, if so.

    Raises:
        NotFound: there is no file yet.
        PortUnavailable: the storage doesn't answer.
    """
    storage = chosen_storage()
    key = storage.take(attachment.key)
    file = storage.stored(key) if key is not None else None
    if key is None or file is None:
        raise NotFound
    refusal = refusal_of(slot_of(attachment), file)
    if refusal is None and attachment.media_type in IMAGES:
        refusal = _write_thumbnail(key)
    return key, refusal


@requires_transaction
def settle_upload(*, attachment_id: uuid.UUID, key: str, refusal: str | None, now: datetime) -> None:
    """Let the message appear, or tell the uploader why not; a slot is settled once, however often it is reported."""
    status = Attachment.Status.READY if refusal is None else Attachment.Status.REFUSED
    waiting = Attachment.objects.filter(id=attachment_id, status=Attachment.Status.WAITING)
    if not waiting.update(status=status, key=key, refusal=refusal or "", settled_at=now):
        return
    attachment = Attachment.objects.get(id=attachment_id)
    if refusal is None:
        refusal = _post(attachment)
        if refusal is not None:
            Attachment.objects.filter(id=attachment_id).update(status=Attachment.Status.REFUSED, refusal=refusal)
    if refusal is not None:
        data = {"id": str(attachment.message_id), "reason": refusal}
        order_system_message(users=[attachment.uploader_id], conversation_id=None, code="upload_refused", data=data)


def _post(attachment: Attachment) -> str | None:
    has_thumbnail = attachment.media_type in IMAGES
    Attachment.objects.filter(id=attachment.id).update(has_thumbnail=has_thumbnail)
    body = encode(
        {
            "attachment": str(attachment.id),
            "name": attachment.name,
            "size": attachment.size,
            "media_type": attachment.media_type,
            "thumbnail": has_thumbnail,
        }
    )
    draft = Draft(
        sender_id=attachment.uploader_id,
        id=attachment.message_id,
        conversation_id=attachment.conversation_id,
        kind="file",
        body=body,
        fingerprint=fingerprint(attachment.conversation_id, "file", body, None, None),
    )
    answer = post_message(draft=draft)
    return answer.code if isinstance(answer, Rejected) else None


def _write_thumbnail(key: str) -> str | None:
    """Write a small JPEG beside the picture; a picture that can't be read is refused."""
    storage = chosen_storage()
    try:
        with Image.open(io.BytesIO(b"".join(storage.chunks(key)))) as picture:
            if picture.width * picture.height > GREATEST_PIXELS:
                return "pixels"
            picture.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
            small = io.BytesIO()
            picture.convert("RGB").save(small, "JPEG", quality=80)
    except Image.DecompressionBombError:
        # Pillow's own limit stands above this one, and is asked first.
        return "pixels"
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, struct.error, IndexError):
        return "type"
    storage.write(key + ".thumbnail", small.getvalue())
    return None


@requires_transaction
def collect_unused(*, now: datetime) -> list[tuple[str, str | None]]:
    """End slots that were never used, and files whose message was deleted or refused.

    Returns:
        Upload keys to tidy up, and what is to be kept of each. Those of the last hours come again: a crash may have left
        files behind, and while its address held, somebody may have uploaded to a settled slot once more.
    """
    ended = Attachment.objects.filter(
        Q(status=Attachment.Status.WAITING, expires_at__lte=now)
        | Q(status=Attachment.Status.REFUSED)
        | Q(status=Attachment.Status.READY) & Exists(_deleted())
    )
    found = list(ended.order_by("id").values_list("id", flat=True)[:COLLECTED])
    Attachment.objects.filter(id__in=found).update(status=Attachment.Status.GONE, refusal="", settled_at=now)
    settled = Attachment.objects.filter(settled_at__gt=now - LOOKED_AT_AGAIN).order_by("id")
    return _files_of(settled)


def list_files_of(*, attachment_id: uuid.UUID) -> list[tuple[str, str | None]]:
    """Return the upload key of a slot, if it is settled, and what is to be kept of it."""
    return _files_of(Attachment.objects.filter(id=attachment_id, settled_at__isnull=False))


def _files_of(settled: QuerySet[Attachment]) -> list[tuple[str, str | None]]:
    return [
        (key_of(attachment_id), key if status == Attachment.Status.READY else None)
        for attachment_id, key, status in settled.values_list("id", "key", "status")
    ]


def tidy_up(*, files: list[tuple[str, str | None]]) -> None:
    """Remove what nobody is to see, after the rows say so."""
    for key, kept in files:
        chosen_storage().tidy(key, kept=kept)
