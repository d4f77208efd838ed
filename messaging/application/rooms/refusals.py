"""Why a change of a conversation is refused."""

import uuid

from common.problems import NotFound, Problem
from messaging.application.ports import Rooms
from messaging.domain.conversations import Card


class LeadersOnly(Problem):
    """Only the owner and the administrators of a conversation do this."""

    code = "leaders_only"
    status = 403
    title = "Only those who lead the conversation may do this."


class WrongKind(Problem):
    """This can't be done with this kind of conversation."""

    code = "wrong_conversation_kind"
    status = 409
    title = "This can't be done with a conversation of this kind."


class ConversationFull(Problem):
    """A group has as many members as it may have."""

    code = "conversation_full"
    status = 409
    title = "The conversation is full."


def own_room(rooms: Rooms, conversation_id: uuid.UUID, actor_id: uuid.UUID) -> Card:
    """Return a conversation of the actor's, locked.

    Raises:
        NotFound: there is none, or the actor isn't in it.
    """
    card = rooms.locked(conversation_id)
    if card is None or not card.admits(actor_id):
        raise NotFound
    return card


def led_group(rooms: Rooms, conversation_id: uuid.UUID, actor_id: uuid.UUID) -> Card:
    """Return a group that the actor leads, locked.

    Raises:
        NotFound, WrongKind, LeadersOnly
    """
    card = own_room(rooms, conversation_id, actor_id)
    if card.kind != "group":
        raise WrongKind
    if not card.leads(actor_id):
        raise LeadersOnly
    return card
