"""Open a conversation: with one person or with support, found or made; or as a group, always made."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from common.problems import FieldProblem, InvalidInput, Problem
from messaging.application.ports import ConversationBook
from messaging.domain.conversations import GROUP_MEMBERS, Kind


class PersonNotFound(Problem):
    """A named member is not there, or can't be written to."""

    code = "person_not_found"
    status = 404
    title = "There is no such person."


class NotAcquainted(Problem):
    """A group isn't a way around the request that a direct conversation would need."""

    code = "not_acquainted"
    status = 403
    title = "Somebody named here doesn't know you. Send them an invitation to the group."


class OpenConversation:
    """Whoever shares an event with a person, deals with the person's organizer or knows the exact handle writes freely.

    To anybody else a direct conversation is a request, which has to be accepted, and a group is joined by invitation.
    """

    def __init__(self, book: ConversationBook) -> None:
        self._book = book

    def __call__(
        self,
        *,
        actor_id: uuid.UUID,
        kind: str,
        member_ids: Sequence[uuid.UUID],
        title: str,
        now: datetime,
        handle: str = "",
    ) -> tuple[uuid.UUID, bool]:
        """Return the conversation's id and whether it was made now. The actor is a member without being named.

        Raises:
            InvalidInput: the members don't fit the kind.
            PersonNotFound: one of them isn't there.
            NotAcquainted: one of a group's members is a stranger.
        """
        if kind == Kind.SUPPORT:
            return self._book.open_support(user_id=actor_id, now=now)
        known = self._book.person_of(handle) if handle else None
        if handle and known is None:
            raise PersonNotFound
        others = ({*member_ids, known} if known is not None else set(member_ids)) - {actor_id}
        if kind == Kind.DIRECT and len(others) != 1:
            raise invalid_members("members_not_one", "A direct conversation is with exactly one other person.")
        if not others or len(others) >= GROUP_MEMBERS:
            raise invalid_members("members_count", f"A group has 2 to {GROUP_MEMBERS} members.")
        if self._book.active_people(others) != others:
            raise PersonNotFound
        if kind == Kind.DIRECT:
            (other,) = others
            is_request = known is None and not self._book.are_close(actor_id, other)
            return self._book.open_direct(one=actor_id, other=other, is_request=is_request, now=now)
        if self._book.strangers_to(actor_id, others - {known}):
            raise NotAcquainted
        return self._book.open_group(owner_id=actor_id, member_ids=others, title=title, now=now), True


def invalid_members(code: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=(FieldProblem("/members", code, detail),))
