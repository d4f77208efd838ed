"""Conversations and messages."""

from itertools import count
from typing import Any
from uuid import uuid4

from accounts.models import User
from messaging.domain.conversations import direct_key
from messaging.models import Conversation, Membership, Message
from tests.factories.accounts import make_user

_numbers = count(1)


def make_direct(one: User | None = None, other: User | None = None, **fields: Any) -> Conversation:
    """Make a direct conversation of two people."""
    one, other = one or make_user(), other or make_user()
    fields.setdefault("direct_key", direct_key(one.pk, other.pk))
    conversation = Conversation.objects.create(kind=Conversation.Kind.DIRECT, **fields)
    for user in (one, other):
        Membership.objects.create(conversation=conversation, user=user)
    return conversation


def make_group(*members: User, **fields: Any) -> Conversation:
    """Make a group; the first member owns it."""
    fields.setdefault("title", f"Group {next(_numbers)}")
    conversation = Conversation.objects.create(kind=Conversation.Kind.GROUP, **fields)
    for place, user in enumerate(members):
        role = Membership.Role.MEMBER if place else Membership.Role.OWNER
        Membership.objects.create(conversation=conversation, user=user, role=role)
    return conversation


def make_message(conversation: Conversation, sender: User, text: str = "hello", **fields: Any) -> Message:
    """Make the next message of a conversation, without its id's row."""
    conversation.last_seq += 1
    conversation.save(update_fields=["last_seq"])
    fields.setdefault("id", uuid4())
    return Message.objects.create(
        conversation=conversation,
        seq=conversation.last_seq,
        sender_id=sender.pk,
        kind="text",
        body={"text": text},
        **fields,
    )
