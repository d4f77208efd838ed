"""The second phase of a message with a file: the storage reports, the file is proved, the message appears."""

import io
import struct
import uuid
from datetime import datetime

import structlog
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
from messaging.domain.files import IMAGES, Slot, refusal_of, token_of
from messaging.models import Attachment, Membership, Message, MessageId

log = structlog.get_logger(__name__)

THUMBNAIL_PIXELS = 480
# A picture of more is not decoded: a small file can unfold to gigabytes.
GREATEST_PIXELS = 40_000_000
COLLECTED = 500


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


def examine(attachment: Attachment) -> str | None:
    """Hold what the storage has against what was announced; return why not, if so. Nothing that reports say is believed.

    Raises:
        NotFound: there is no file yet.
        PortUnavailable: the storage doesn't answer.
    """
    file = chosen_storage().stored(attachment.key)
    if file is None:
        raise NotFound
    refusal = refusal_of(slot_of(attachment), file)
    if refusal is None and attachment.media_type in IMAGES:
        refusal = _write_thumbnail(attachment)
    return refusal


@requires_transaction
def settle_upload(*, attachment_id: uuid.UUID, refusal: str | None, now: datetime) -> None:
    """Let the message appear, or tell the uploader why not; a slot is settled once, however often it is reported."""
    status = Attachment.Status.READY if refusal is None else Attachment.Status.REFUSED
    waiting = Attachment.objects.filter(id=attachment_id, status=Attachment.Status.WAITING)
    if not waiting.update(status=status, refusal=refusal or "", settled_at=now):
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


def _write_thumbnail(attachment: Attachment) -> str | None:
    """Write a small JPEG beside the picture; a picture that can't be read is refused."""
    storage = chosen_storage()
    try:
        with Image.open(io.BytesIO(b"".join(storage.chunks(attachment.key)))) as picture:
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
    storage.write(attachment.key + ".thumbnail", small.getvalue())
    return None


@requires_transaction
def collect_unused(*, now: datetime) -> list[str]:
    """End slots that were never used, and files whose message was deleted or refused; return the keys to remove."""
    ended = Attachment.objects.filter(
        Q(status=Attachment.Status.WAITING, expires_at__lte=now)
        | Q(status=Attachment.Status.REFUSED)
        | Q(status=Attachment.Status.READY) & Exists(_deleted())
    )
    found = list(ended.order_by("id").values_list("id", "key")[:COLLECTED])
    Attachment.objects.filter(id__in=[one for one, _ in found]).update(
        status=Attachment.Status.GONE, refusal="", settled_at=now
    )
    return [key for _, key in found]


def remove_files(*, keys: list[str]) -> None:
    """Remove files after their rows say that they are gone: what a crash leaves, the next collection does not see."""
    for key in keys:
        chosen_storage().remove(key)
    if keys:
        log.info("messaging.files_collected", count=len(keys))
