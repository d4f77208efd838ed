"""What messaging keeps about people: stands at the port of accounts (config/wiring.py)."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from messaging.models import Attachment, ChatProfile, Membership, Message, MessageReport, Reaction
from messaging.models.message import COMMANDS

# Deletions and reactions say nothing of themselves.
SAYING_NOTHING = ("delete", "react", "unreact")


class RecordsOfMessaging:
    """Conversations, and what somebody has said in them."""

    name: ClassVar[str] = "messaging"

    def tell(self, *, user_id: UUID) -> dict[str, Any]:
        members = Membership.objects.filter(user_id=user_id).order_by("joined_at", "id")
        said = _said_by(user_id).filter(deleted_at__isnull=True).exclude(kind__in=SAYING_NOTHING)
        files = Attachment.objects.filter(uploader_id=user_id).order_by("created_at", "id")
        reports = MessageReport.objects.filter(reporter_id=user_id).order_by("created_at", "id")
        return {
            "conversations": list(
                members.values(
                    *("conversation_id", "conversation__kind", "conversation__title", "role", "joined_at", "left_at")
                )
            ),
            "messages": list(
                said.order_by("conversation_id", "seq").values(
                    "conversation_id", "seq", "kind", "body", "at", "edited_at"
                )
            ),
            "files": list(files.values("conversation_id", "name", "size", "media_type", "status", "created_at")),
            "reports": list(reports.values("conversation_id", "reason", "comment", "created_at")),
        }

    def erase(self, *, user_id: UUID, email: str, now: datetime) -> None:
        """Empty what the person has said: numbers stay, and others see that something was deleted."""
        mine = _said_by(user_id).filter(deleted_at__isnull=True)
        mine.filter(kind="edit").exclude(body={}).update(body={})
        mine.exclude(kind__in=COMMANDS).update(body={}, deleted_at=now)
        # The files themselves go with the next collection, as those of every deleted message.
        Attachment.objects.filter(uploader_id=user_id).exclude(name="").update(name="")
        MessageReport.objects.filter(reporter_id=user_id).exclude(comment="").update(comment="")
        Reaction.objects.filter(conversation_id__in=_conversations_of(user_id), user_id=user_id).delete()
        ChatProfile.objects.filter(user_id=user_id).delete()


def _conversations_of(user_id: UUID) -> Any:
    return Membership.objects.filter(user_id=user_id).values("conversation_id")


def _said_by(user_id: UUID) -> Any:
    """Return the person's messages by way of their conversations: messages have no index by sender, on purpose."""
    return Message.objects.filter(conversation_id__in=_conversations_of(user_id), sender_id=user_id)
