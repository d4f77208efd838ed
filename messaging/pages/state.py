"""What the chat page is given to start with."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from messaging.models import Message


def conversation_state(conversation: Any) -> dict[str, Any]:
    """Return a conversation as the REST API shows it, as far as the page needs it."""
    return {
        "id": str(conversation.pk),
        "title": conversation.title,
        "epoch": conversation.epoch,
        "last_seq": conversation.last_seq,
        "read_seq": conversation.own_read_seq,
        "unread": conversation.unread,
        "last_text": last_text(conversation),
        "members": [
            {
                "id": str(member.user_id),
                "name": member.user.public_name,
                "delivered_seq": member.delivered_seq,
                "read_seq": member.read_seq,
            }
            for member in conversation.present
        ],
        "members_count": conversation.members_count,
    }


def message_state(message: Message, reactions: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "id": str(message.id),
        "seq": message.seq,
        "sender": str(message.sender_id),
        "kind": message.kind,
        "body": message.body,
        "refers_to": message.refers_to,
        "edited_at": None if message.edited_at is None else message.edited_at.isoformat(),
        "deleted": message.deleted_at is not None,
        "reactions": reactions,
        "at": message.at.isoformat(),
    }


def is_command(message: Message) -> bool:
    """Tell whether it only changes an earlier message, which is shown as it is now."""
    return message.refers_to is not None


def shown_text(message: Message) -> str:
    """Return what stands for a message without JavaScript: its text, or the name of its file."""
    return str(message.body.get("text") or message.body.get("name") or "")


def listed(conversations: Iterable[Any], *, me: Any) -> list[dict[str, Any]]:
    """Return the lines of the list, for browsers without JavaScript too."""
    return [
        {
            "id": one.pk,
            "title": title_of(one, me=me),
            "last_text": last_text(one),
            "unread": one.unread,
        }
        for one in conversations
    ]


def title_of(conversation: Any, *, me: Any) -> str:
    """Return the title, or the names of the others."""
    others = [member.user.public_name for member in conversation.present if member.user_id != me]
    return conversation.title or ", ".join(others) or _("You")


def last_text(conversation: Any) -> str:
    return str((conversation.last_body or {}).get("text", ""))


def words() -> dict[str, str]:
    """Return what the page's code says."""
    return {
        "you": _("You"),
        "somebody": _("Participant"),
        "connecting": _("Connecting…"),
        "reconnecting": _("No connection. Your messages are kept and will be sent."),
        "signed_out": _("You are signed out. Sign in again."),
        "outdated": _("This page is outdated. Reload it."),
        "slow": _("The service is busy. Your messages are kept and will be sent."),
        "sending": _("Sending"),
        "sent": _("Sent"),
        "delivered": _("Delivered"),
        "read": _("Read"),
        "failed": _("Not sent"),
        "retry": _("Try again"),
        "discard": _("Delete"),
        "typing": _("%s is typing…"),
        "unread": _("Unread: %s"),
        "credits_left": _("You are writing fast. Messages left for now: %s"),
        "credits_spent": _("You are writing fast. The rest will be sent in %s s."),
        "no_conversation": _("You are not in this conversation."),
        "invalid": _("This message can't be sent."),
        "too_big": _("This message is too long."),
        "blocked": _("You can't write to each other here."),
        "closed": _("A moderator has closed this conversation."),
        "request_pending": _("Your request has not been accepted yet."),
        "not_allowed": _("You may not do this here."),
        "no_message": _("This message is no longer there."),
        "conflict": _("This message can't be sent."),
        "quota": _("You have uploaded as much as is possible in a day. Try again tomorrow."),
        "slow_down": _("The service is busy. Your messages are kept and will be sent."),
        "upload_refused": _("The file was refused: it is not what it says it is."),
        "edit": _("Edit"),
        "edited": _("edited"),
        "deleted": _("This message was deleted."),
        "more": _("More"),
        "online": _("online"),
        "offline": _("offline"),
        "last_seen": _("was here: %s"),
        "call_calling": _("Calling %s…"),
        "call_ringing": _("%s is calling you"),
        "call_talking": _("In a call with %s"),
        "call_missed": _("Missed call"),
        "call_ended": _("Call ended"),
    }
