"""Conversations and messages as the REST API shows them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from accounts.models import User
from common.visible_text import VisibleTextField
from messaging.api.examples import CONVERSATION
from messaging.domain.conversations import GROUP_MEMBERS
from messaging.models import Conversation, Membership, Message, MessageReport


class NewConversationSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["direct", "group", "support"])
    members = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=GROUP_MEMBERS
    )
    handle = serializers.CharField(max_length=41, required=False, allow_blank=True, default="")
    title = VisibleTextField(max_length=120, required=False, allow_blank=True, default="")


class ConversationMemberSerializer(serializers.ModelSerializer[Membership]):
    id = serializers.UUIDField(source="user_id")
    name = serializers.CharField(source="user.public_name")

    class Meta:
        model = Membership
        fields = ["id", "name", "role", "delivered_seq", "read_seq"]


@extend_schema_serializer(examples=[OpenApiExample("Conversation", value=CONVERSATION, response_only=True)])
class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    members = ConversationMemberSerializer(source="present", many=True)
    members_count = serializers.IntegerField()
    read_seq = serializers.IntegerField(source="own_read_seq")
    unread = serializers.IntegerField()
    last_text = serializers.SerializerMethodField()
    requested_by = serializers.UUIDField(source="requested_by_id", allow_null=True)
    event = serializers.UUIDField(source="event_id", allow_null=True)
    is_muted = serializers.BooleanField(source="own_is_muted")
    has_blocked = serializers.BooleanField(source="own_has_blocked")
    is_closed = serializers.SerializerMethodField()

    class Meta:
        model = Conversation
        fields = [
            "id",
            "kind",
            "title",
            "epoch",
            "last_seq",
            "read_seq",
            "unread",
            "last_text",
            "requested_by",
            "event",
            "is_muted",
            "has_blocked",
            "is_closed",
            "members",
            "members_count",
            "changed_at",
        ]

    @extend_schema_field(serializers.CharField())
    def get_last_text(self, conversation: Any) -> str:
        return str((conversation.last_body or {}).get("text", ""))

    def get_is_closed(self, conversation: Any) -> bool:
        return conversation.closed_at is not None


class MessageSerializer(serializers.ModelSerializer[Message]):
    sender = serializers.UUIDField(source="sender_id")

    class Meta:
        model = Message
        fields = ["id", "seq", "sender", "kind", "body", "reply_to", "refers_to", "edited_at", "deleted_at", "at"]


class MembersSerializer(serializers.Serializer[Any]):
    members = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=GROUP_MEMBERS)


class RoleSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Membership.Role.choices)


@extend_schema_serializer(
    examples=[OpenApiExample("Invitation", value={"invitation": "kq0Z0s8T6bM3n8wq5G0s1w9v4x2y7u6t5r4e3w2q1a0"})]
)
class InvitationSerializer(serializers.Serializer[Any]):
    invitation = serializers.CharField(max_length=43)


class MarkSerializer(serializers.Serializer[Any]):
    is_muted = serializers.BooleanField(required=False)
    has_blocked = serializers.BooleanField(required=False)


class ReportSerializer(serializers.ModelSerializer[MessageReport]):
    seq = serializers.IntegerField(min_value=1, max_value=2**53 - 1)
    comment = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    class Meta:
        model = MessageReport
        fields = ["seq", "reason", "comment"]


class HandleSerializer(serializers.Serializer[Any]):
    handle = serializers.CharField(max_length=41, required=False, allow_blank=True, default="")


@extend_schema_serializer(
    examples=[
        OpenApiExample("Person", value={"id": "0199a1b2-0000-7000-8000-000000000002", "name": "Anna", "handle": "anna"})
    ]
)
class PersonSerializer(serializers.ModelSerializer[User]):
    name = serializers.CharField(source="public_name")

    class Meta:
        model = User
        fields = ["id", "name", "handle"]


@extend_schema_serializer(examples=[OpenApiExample("Hidden", value={"shows_presence": False})])
class ProfileSerializer(serializers.Serializer[Any]):
    shows_presence = serializers.BooleanField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Waiting",
            value={
                "id": "0199a1b2-0000-7000-8000-000000000001",
                "supported": "0199a1b2-0000-7000-8000-000000000002",
                "assigned_to": None,
                "waiting_since": "2026-06-01T09:00:00Z",
                "last_seq": 3,
            },
        )
    ]
)
class SupportConversationSerializer(serializers.ModelSerializer[Conversation]):
    supported = serializers.UUIDField(source="supported_id")
    assigned_to = serializers.UUIDField(source="assigned_to_id", allow_null=True)

    class Meta:
        model = Conversation
        fields = ["id", "supported", "assigned_to", "waiting_since", "last_seq"]


class SearchSerializer(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=200)
    before_seq = serializers.IntegerField(min_value=1, max_value=2**53 - 1, required=False)


class BucketObjectSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=1000)


class BucketSideSerializer(serializers.Serializer[Any]):
    object = BucketObjectSerializer()


class BucketRecordSerializer(serializers.Serializer[Any]):
    s3 = BucketSideSerializer()


class BucketEventSerializer(serializers.Serializer[Any]):
    """What is read of a bucket event; where the file lies is all that is believed of it."""

    Records = serializers.ListField(child=BucketRecordSerializer(), max_length=100)
