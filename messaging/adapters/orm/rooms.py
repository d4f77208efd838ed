"""Conversations as requests change them. The row's lock is the one under which messages are numbered."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db.models import F

from bus.services.record_fact import record_fact
from bus.wakeup import wake_after_commit
from common.transactions import requires_transaction
from messaging.domain.conversations import Card
from messaging.domain_events import ConversationChanged
from messaging.models import Conversation, Membership


class OrmRooms:
    @requires_transaction
    def locked(self, conversation_id: uuid.UUID) -> Card | None:
        conversation = Conversation.objects.locked().filter(pk=conversation_id).first()
        if conversation is None:
            return None
        present = Membership.objects.filter(conversation_id=conversation_id, left_at__isnull=True).order_by(
            "joined_at", "id"
        )
        members = list(present.values_list("user_id", "role", "has_blocked"))
        return Card(
            conversation.pk,
            conversation.kind,
            conversation.members_version,
            {user_id: role for user_id, role, _ in members},
            conversation.requested_by_id,
            any(has_blocked for _, _, has_blocked in members),
            conversation.closed_at is not None,
        )

    @requires_transaction
    def put_in(self, conversation_id: uuid.UUID, user_ids: Collection[uuid.UUID], *, role: str, now: datetime) -> None:
        if not user_ids:
            return
        Membership.objects.bulk_create(
            [
                Membership(conversation_id=conversation_id, user_id=user_id, role=role, joined_at=now, changed_at=now)
                for user_id in user_ids
            ],
            update_conflicts=True,
            unique_fields=["conversation", "user"],
            update_fields=["role", "left_at", "is_banned", "changed_at"],
        )
        self._tell(conversation_id, user_ids)

    @requires_transaction
    def take_out(
        self, conversation_id: uuid.UUID, user_ids: Collection[uuid.UUID], *, is_banned: bool, now: datetime
    ) -> None:
        members = Membership.objects.filter(conversation_id=conversation_id, user_id__in=user_ids, left_at__isnull=True)
        if members.update(left_at=now, is_banned=is_banned, role=Membership.Role.MEMBER, changed_at=now):
            self._tell(conversation_id, user_ids)

    @requires_transaction
    def write(self, conversation_id: uuid.UUID, **fields: object) -> None:
        Conversation.objects.filter(pk=conversation_id).update(**fields)
        self._tell(conversation_id, ())

    @requires_transaction
    def mark(self, conversation_id: uuid.UUID, user_id: uuid.UUID, **fields: object) -> None:
        members = Membership.objects.filter(conversation_id=conversation_id, user_id=user_id, left_at__isnull=True)
        if members.update(**fields):
            self._tell(conversation_id, [user_id])

    def _tell(self, conversation_id: uuid.UUID, user_ids: Collection[uuid.UUID]) -> None:
        """Make what nodes remember of it untrue, and let them know."""
        Conversation.objects.filter(pk=conversation_id).update(members_version=F("members_version") + 1)
        record_fact(ConversationChanged(conversation_id=conversation_id, user_ids=sorted(user_ids)))
        wake_after_commit("chat")


class OrmInvitations:
    def opened_by(self, invitation: str) -> uuid.UUID | None:
        if not invitation:
            return None
        return Conversation.objects.filter(invitation=invitation).values_list("pk", flat=True).first()

    def is_banned(self, conversation_id: uuid.UUID, user_id: uuid.UUID) -> bool:
        return Membership.objects.filter(conversation_id=conversation_id, user_id=user_id, is_banned=True).exists()
