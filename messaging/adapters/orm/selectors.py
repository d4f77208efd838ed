"""Reads of requests and pages, always scoped to who asks."""

import uuid

from django.db.models import Count, F, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from common.problems import NotFound
from messaging.domain.conversations import LISTED_MEMBERS
from messaging.models import Conversation, Membership, Message, Reaction
from messaging.models.message import COMMANDS


def list_conversations(*, user_id: uuid.UUID) -> QuerySet[Conversation]:
    """Return the user's conversations with `own_read_seq`, `unread`, `last_body` and their first members, latest first.

    Unread is what others have written behind the user's cursor: derived each time, so it can't get stuck.
    """
    own = Membership.objects.filter(conversation=OuterRef("pk"), user_id=user_id)
    unread = (
        Message.objects.filter(conversation=OuterRef("pk"), seq__gt=OuterRef("own_read_seq"))
        .exclude(sender_id=user_id)
        .exclude(kind__in=COMMANDS)
        .order_by()
        .values("conversation")
        .annotate(number=Count("seq"))
        .values("number")
    )
    last = Message.objects.filter(conversation=OuterRef("pk")).exclude(kind__in=COMMANDS).order_by("-seq")
    members = (
        Membership.objects.filter(conversation=OuterRef("pk"), left_at__isnull=True)
        .order_by()
        .values("conversation")
        .annotate(number=Count("id"))
        .values("number")
    )
    return (
        Conversation.objects.of_member(user_id)
        .annotate(
            own_read_seq=Subquery(own.values("read_seq")[:1]),
            own_is_muted=Subquery(own.values("is_muted")[:1]),
            own_has_blocked=Subquery(own.values("has_blocked")[:1]),
            last_body=Subquery(last.values("body")[:1]),
        )
        .annotate(unread=Coalesce(Subquery(unread), 0), members_count=Coalesce(Subquery(members), 0))
        .prefetch_related(Prefetch("memberships", queryset=_present_members()[:LISTED_MEMBERS], to_attr="present"))
        .order_by("-changed_at", "-id")
    )


def get_conversation(*, user_id: uuid.UUID, conversation_id: uuid.UUID) -> Conversation:
    """Return one of the user's conversations, as in the list.

    Raises:
        NotFound: there is none, or the user isn't in it.
    """
    conversation = list_conversations(user_id=user_id).filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound
    return conversation


def find_event_chat(*, user_id: uuid.UUID, event_id: uuid.UUID) -> uuid.UUID | None:
    """Return an event's chat, if the user is in it."""
    own = Conversation.objects.of_member(user_id).filter(kind=Conversation.Kind.EVENT, event_id=event_id)
    return own.values_list("pk", flat=True).first()


def list_members(*, user_id: uuid.UUID, conversation_id: uuid.UUID) -> QuerySet[Membership]:
    """Return who is in one of the user's conversations, the first to come first.

    Raises:
        NotFound: there is none, or the user isn't in it.
    """
    if not Conversation.objects.of_member(user_id).filter(pk=conversation_id).exists():
        raise NotFound
    return _present_members().filter(conversation_id=conversation_id)


def list_no_members() -> QuerySet[Membership]:
    """Return nobody: what the API's documentation looks at."""
    return Membership.objects.none()


def list_messages(*, user_id: uuid.UUID, conversation_id: uuid.UUID) -> QuerySet[Message]:
    """Return the messages of one of the user's conversations, in their order.

    Raises:
        NotFound: there is none, or the user isn't in it.
    """
    if not Conversation.objects.of_member(user_id).filter(pk=conversation_id).exists():
        raise NotFound
    return Message.objects.filter(conversation_id=conversation_id).order_by("seq")


def list_no_messages() -> QuerySet[Message]:
    """Return nothing: what the API's documentation looks at."""
    return Message.objects.none()


def list_last_messages(*, user_id: uuid.UUID, conversation_id: uuid.UUID, limit: int) -> list[Message]:
    """Return the latest messages, oldest first.

    Raises:
        NotFound: there is none, or the user isn't in it.
    """
    latest = list_messages(user_id=user_id, conversation_id=conversation_id).order_by("-seq")[:limit]
    return list(latest)[::-1]


def _present_members() -> QuerySet[Membership]:
    return Membership.objects.filter(left_at__isnull=True).select_related("user").order_by(F("joined_at"), "id")


def list_reactions(*, conversation_id: uuid.UUID, after_seq: int) -> dict[int, dict[str, list[str]]]:
    """Return who has put which emoji under which message."""
    found: dict[int, dict[str, list[str]]] = {}
    reactions = Reaction.objects.filter(conversation_id=conversation_id, seq__gt=after_seq).order_by("seq", "emoji")
    for seq, emoji, user_id in reactions.values_list("seq", "emoji", "user_id"):
        found.setdefault(seq, {}).setdefault(emoji, []).append(str(user_id))
    return found


def list_support_queue() -> QuerySet[Conversation]:
    """Return conversations whose user waits for an answer."""
    return Conversation.objects.filter(kind=Conversation.Kind.SUPPORT, waiting_since__isnull=False)
