"""Messages, what people put under them, and the memory of their ids."""

from django.db import models
from django.db.models.functions import Now

from messaging.models.conversation import Conversation

COMMANDS = ["edit", "delete", "react", "unreact"]


class Message(models.Model):
    """A message at its place in a conversation. Written in batches by the chat process.

    Changed only by a later message of the same conversation: an edit or a deletion, which refers to it.

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
    # Of an edit, a deletion or a reaction: the message that it is about.
    refers_to = models.BigIntegerField(null=True, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
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
            # A command refers to an earlier message, and nothing else does.
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=COMMANDS, refers_to__isnull=False, refers_to__gte=1, refers_to__lt=models.F("seq")
                )
                | ~models.Q(kind__in=COMMANDS) & models.Q(refers_to__isnull=True),
                name="messaging_message_refers_if_command",
            ),
            # Nothing is left of what was deleted.
            models.CheckConstraint(
                condition=models.Q(deleted_at__isnull=True) | models.Q(body={}),
                name="messaging_message_deleted_is_empty",
            ),
        ]
        indexes = [
            # adapters.postgres.writing.CHANGES: the earlier texts of a message that is deleted.
            models.Index(
                fields=["conversation", "refers_to"],
                condition=models.Q(refers_to__isnull=False),
                name="messaging_message_commands",
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
    # Of what the id stands for (messaging.domain.drafts): tells a retry from another message under the same id.
    fingerprint = models.BigIntegerField(db_default=0)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.sender_id}/{self.id}"


class Reaction(models.Model):
    """An emoji that a member has put under a message; stands for the reaction messages up to now."""

    pk = models.CompositePrimaryKey("conversation_id", "seq", "user_id", "emoji")
    conversation_id = models.UUIDField()
    seq = models.BigIntegerField()
    user_id = models.UUIDField()
    emoji = models.CharField(max_length=16)

    def __str__(self) -> str:
        return f"{self.emoji} {self.conversation_id}/{self.seq}"
