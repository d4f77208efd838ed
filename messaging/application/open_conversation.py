"""Open a conversation: with one person, found or made; or as a group, always made."""

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


class OpenConversation:
    def __init__(self, book: ConversationBook) -> None:
        self._book = book

    def __call__(
        self, *, actor_id: uuid.UUID, kind: str, member_ids: Sequence[uuid.UUID], title: str, now: datetime
    ) -> tuple[uuid.UUID, bool]:
        """Return the conversation's id and whether it was made now. The actor is a member without being named.

        Raises:
            InvalidInput: the members don't fit the kind.
            PersonNotFound: one of them isn't there.
        """
        others = set(member_ids) - {actor_id}
        if kind == Kind.DIRECT and len(others) != 1:
            raise invalid_members("members_not_one", "A direct conversation is with exactly one other person.")
        if not others or len(others) >= GROUP_MEMBERS:
            raise invalid_members("members_count", f"A group has 2 to {GROUP_MEMBERS} members.")
        if self._book.active_people(others) != others:
            raise PersonNotFound
        if kind == Kind.DIRECT:
            return self._book.open_direct(one=actor_id, other=others.pop(), now=now)
        return self._book.open_group(owner_id=actor_id, member_ids=others, title=title, now=now), True


def invalid_members(code: str, detail: str) -> InvalidInput:
    return InvalidInput(errors=(FieldProblem("/members", code, detail),))
