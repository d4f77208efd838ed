"""Conversations and who is in them."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from messaging.domain import conversations as domain


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def of_member(self, user_id: object) -> "ConversationQuerySet":
        return self.filter(memberships__user_id=user_id, memberships__left_at__isnull=True)

    def locked(self) -> "ConversationQuerySet":
        return self.order_by("pk").select_for_update(no_key=True)


class Conversation(models.Model):
    """Where messages are numbered. The row is the lock under which its next numbers are given out."""

    class Kind(models.TextChoices):
        DIRECT = domain.Kind.DIRECT, _("direct")
        GROUP = domain.Kind.GROUP, _("group")
        EVENT = domain.Kind.EVENT, _("event chat")
        SUPPORT = domain.Kind.SUPPORT, _("support")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    title = models.CharField(_("title"), max_length=120, blank=True)
    # Of a direct one: the pair of people (messaging.domain.conversations.direct_key).
    direct_key = models.CharField(max_length=64, blank=True)
    last_seq = models.BigIntegerField(default=0)
    # Changes only if history was cut: clients then forget what they have kept.
    epoch = models.IntegerField(default=1)
    # Changes with each member that comes or goes: what is remembered of the members is true for one version.
    members_version = models.IntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # Not indexed, on purpose: the row is updated with each batch of messages, and stays a HOT update this way.
    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        constraints = [
            # Two people have one direct conversation.
            models.UniqueConstraint(
                fields=["direct_key"], condition=~models.Q(direct_key=""), name="messaging_conversation_one_per_pair"
            ),
            # A direct conversation, and no other, belongs to a pair.
            models.CheckConstraint(
                condition=models.Q(kind="direct") & ~models.Q(direct_key="")
                | ~models.Q(kind="direct") & models.Q(direct_key=""),
                name="messaging_conversation_pair_if_direct",
            ),
            # Numbers begin at 1 and never go back below 0.
            models.CheckConstraint(condition=models.Q(last_seq__gte=0), name="messaging_conversation_last_seq_natural"),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.kind} {self.id}"


class Membership(models.Model):
    """A user in a conversation, and how far the user has got in it."""

    class Role(models.TextChoices):
        OWNER = domain.Role.OWNER, _("owner")
        ADMIN = domain.Role.ADMIN, _("administrator")
        MEMBER = domain.Role.MEMBER, _("member")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="chat_memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)
    read_seq = models.BigIntegerField(default=0)
    delivered_seq = models.BigIntegerField(default=0)
    joined_at = models.DateTimeField(db_default=Now(), editable=False)
    left_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # A user is in a conversation once; who comes back gets the same row.
            models.UniqueConstraint(fields=["conversation", "user"], name="messaging_membership_once"),
            # What was read was delivered before.
            models.CheckConstraint(
                condition=models.Q(read_seq__lte=models.F("delivered_seq")),
                name="messaging_membership_read_was_delivered",
            ),
            # Cursors count messages.
            models.CheckConstraint(condition=models.Q(read_seq__gte=0), name="messaging_membership_read_seq_natural"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}"
