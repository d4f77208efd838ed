"""Retention of messages: what is older than the installation keeps goes, from the beginning of each conversation.

Numbers are never given again, and the memory of ids stays. The conversation's `epoch` tells clients to forget theirs.
"""

import uuid
from datetime import datetime

from django.db.models import F, Max

from common.transactions import requires_transaction
from messaging.adapters.orm.rooms import OrmRooms
from messaging.models import Attachment, Message, Reaction

AT_ONCE = 200


def find_overdue(*, limit: datetime, after: uuid.UUID) -> list[uuid.UUID]:
    """Return conversations, by id from `after`, whose first message is older than `limit`."""
    old = Message.objects.filter(conversation_id__gt=after, at__lt=limit)
    return list(old.order_by("conversation_id").values_list("conversation_id", flat=True).distinct()[:AT_ONCE])


@requires_transaction
def cut_history(*, conversation_id: uuid.UUID, limit: datetime, now: datetime) -> int:
    """Remove a conversation's messages from before `limit` with what belongs to them; return how many.

    The files go with the next collection.
    """
    if OrmRooms().locked(conversation_id) is None:
        return 0
    own = Message.objects.filter(conversation_id=conversation_id)
    last = own.filter(at__lt=limit).aggregate(last=Max("seq"))["last"]
    if last is None:
        return 0
    cut = own.filter(seq__lte=last)
    files = cut.filter(kind="file").values("id")
    Attachment.objects.filter(
        conversation_id=conversation_id, status=Attachment.Status.READY, message_id__in=files
    ).update(status=Attachment.Status.REFUSED, refusal="cut", settled_at=now)
    Reaction.objects.filter(conversation_id=conversation_id, seq__lte=last).delete()
    removed = cut.delete()[0]
    OrmRooms().write(conversation_id, epoch=F("epoch") + 1)
    return removed
