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
    }


def message_state(message: Message) -> dict[str, Any]:
    return {
        "id": str(message.id),
        "seq": message.seq,
        "sender": str(message.sender_id),
        "kind": message.kind,
        "body": message.body,
        "at": message.at.isoformat(),
    }


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
    }
