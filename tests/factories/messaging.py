"""Conversations and messages."""

from datetime import timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from messaging.domain.conversations import direct_key
from messaging.domain.files import key_of, token_of
from messaging.models import Attachment, Conversation, Membership, Message
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
    given = {"id": uuid4(), "kind": "text", "body": {"text": text}} | fields
    return Message.objects.create(conversation=conversation, seq=conversation.last_seq, sender_id=sender.pk, **given)


def make_event_chat(*members: User, **fields: Any) -> Conversation:
    """Make an event's chat; the first member leads it."""
    fields.setdefault("event_id", uuid4())
    conversation = Conversation.objects.create(kind=Conversation.Kind.EVENT, **fields)
    for place, user in enumerate(members):
        role = Membership.Role.MEMBER if place else Membership.Role.OWNER
        Membership.objects.create(conversation=conversation, user=user, role=role)
    return conversation


def make_attachment(conversation: Conversation, uploader: User, **fields: Any) -> Attachment:
    """Make a slot that waits for a text file with the content `hello`."""
    fields.setdefault("id", uuid4())
    fields.setdefault("message_id", uuid4())
    fields.setdefault("name", "notes.txt")
    fields.setdefault("size", 5)
    fields.setdefault("media_type", "text/plain")
    fields.setdefault("sha256", sha256(b"hello").hexdigest())
    token = token_of(fields["id"], secret=settings.SECRET_KEY)
    fields.setdefault("token_hash", sha256(token.encode()).hexdigest())
    fields.setdefault("key", key_of(fields["id"]))
    fields.setdefault("expires_at", timezone.now() + timedelta(hours=1))
    return Attachment.objects.create(conversation=conversation, uploader=uploader, **fields)
