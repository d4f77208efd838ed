"""Conversations and messages as the REST API shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from messaging.domain.conversations import GROUP_MEMBERS
from messaging.models import Conversation, Membership, Message


class NewConversationSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["direct", "group"])
    members = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=GROUP_MEMBERS)
    title = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class ConversationMemberSerializer(serializers.ModelSerializer[Membership]):
    id = serializers.UUIDField(source="user_id")
    name = serializers.CharField(source="user.public_name")

    class Meta:
        model = Membership
        fields = ["id", "name", "role", "delivered_seq", "read_seq"]


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    members = ConversationMemberSerializer(source="present", many=True)
    read_seq = serializers.IntegerField(source="own_read_seq")
    unread = serializers.IntegerField()
    last_text = serializers.SerializerMethodField()

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
            "members",
            "changed_at",
        ]

    @extend_schema_field(serializers.CharField())
    def get_last_text(self, conversation: Any) -> str:
        return str((conversation.last_body or {}).get("text", ""))


class MessageSerializer(serializers.ModelSerializer[Message]):
    sender = serializers.UUIDField(source="sender_id")

    class Meta:
        model = Message
        fields = ["id", "seq", "sender", "kind", "body", "reply_to", "at"]
