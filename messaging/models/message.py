"""Messages, and the memory of their ids."""

from django.db import models
from django.db.models.functions import Now

from messaging.models.conversation import Conversation


class Message(models.Model):
    """A message at its place in a conversation. Written in batches by the chat process, never changed.

    No foreign keys in the database: the writer holds the conversation's row and has checked the sender's membership in
    the same transaction, and each key would cost a lookup per message.
    """

    pk = models.CompositePrimaryKey("conversation_id", "seq")
    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="messages", db_constraint=False, db_index=False
    )
    seq = models.BigIntegerField()
    # Made by the sender's client, once per action.
    id = models.UUIDField()
    sender_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    body = models.JSONField()
    reply_to = models.BigIntegerField(null=True, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            # Numbers begin at 1.
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="messaging_message_seq_from_one"),
            # A reply refers to an earlier message.
            models.CheckConstraint(
                condition=models.Q(reply_to__isnull=True) | models.Q(reply_to__gte=1, reply_to__lt=models.F("seq")),
                name="messaging_message_reply_to_earlier",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}/{self.seq}"


class MessageId(models.Model):
    """Which number a sender's id has got: one, for ever. Outlives the message, so it refers to nothing.

    Hash-partitioned by sender (migration 0001): its index is written with each message and stays small enough to be
    kept in memory.
    """

    pk = models.CompositePrimaryKey("sender_id", "id")
    sender_id = models.UUIDField()
    id = models.UUIDField()
    conversation_id = models.UUIDField()
    seq = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.sender_id}/{self.id}"
