"""Conversations as requests make them, with Django's ORM."""

import uuid
from collections.abc import Collection
from datetime import datetime

from accounts.models import User
from common.transactions import requires_transaction
from messaging.adapters.orm import acquaintance
from messaging.domain.conversations import direct_key
from messaging.models import Conversation, Membership


class OrmConversationBook:
    def active_people(self, user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        return set(User.objects.active().filter(id__in=user_ids).values_list("id", flat=True))

    def person_of(self, handle: str) -> uuid.UUID | None:
        return acquaintance.of_handle(handle).values_list("id", flat=True).first()

    def are_close(self, one: uuid.UUID, other: uuid.UUID) -> bool:
        return acquaintance.are_close(one=one, other=other)

    def strangers_to(self, one: uuid.UUID, others: Collection[uuid.UUID]) -> set[uuid.UUID]:
        return acquaintance.list_strangers(to=one, among=others)

    @requires_transaction
    def open_direct(
        self, *, one: uuid.UUID, other: uuid.UUID, is_request: bool, now: datetime
    ) -> tuple[uuid.UUID, bool]:
        """Find or make it: of two who ask at once, one makes it, and the unique key shows it to the other."""
        conversation, is_new = Conversation.objects.get_or_create(
            direct_key=direct_key(one, other),
            defaults={
                "kind": Conversation.Kind.DIRECT,
                "requested_by_id": one if is_request else None,
                "created_at": now,
                "changed_at": now,
            },
        )
        if is_new:
            members = [Membership(conversation=conversation, user_id=user_id) for user_id in (one, other)]
            Membership.objects.bulk_create(members)
        return conversation.pk, is_new

    @requires_transaction
    def open_group(
        self, *, owner_id: uuid.UUID, member_ids: Collection[uuid.UUID], title: str, now: datetime
    ) -> uuid.UUID:
        conversation = Conversation.objects.create(
            kind=Conversation.Kind.GROUP, title=title, created_at=now, changed_at=now
        )
        owner = Membership(conversation=conversation, user_id=owner_id, role=Membership.Role.OWNER)
        others = [Membership(conversation=conversation, user_id=user_id) for user_id in member_ids]
        Membership.objects.bulk_create([owner, *others])
        return conversation.pk

    @requires_transaction
    def open_support(self, *, user_id: uuid.UUID, now: datetime) -> tuple[uuid.UUID, bool]:
        conversation, is_new = Conversation.objects.get_or_create(
            kind=Conversation.Kind.SUPPORT, supported_id=user_id, defaults={"created_at": now, "changed_at": now}
        )
        if is_new:
            Membership.objects.create(conversation=conversation, user_id=user_id)
        return conversation.pk, is_new
