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
    # Of an event chat: the event.
    event_id = models.UUIDField(null=True, blank=True, editable=False)
    # Of a direct one: who asks, until the other has accepted.
    requested_by_id = models.UUIDField(null=True, blank=True, editable=False)
    # Of a support conversation: whom it helps, and which administrator has taken it on.
    supported_id = models.UUIDField(null=True, blank=True, editable=False)
    assigned_to_id = models.UUIDField(null=True, blank=True, editable=False)
    # Since when the user waits for an answer; empty when everything is answered.
    waiting_since = models.DateTimeField(null=True, blank=True, editable=False)
    # Whoever has it may join the group.
    invitation = models.CharField(max_length=43, blank=True, editable=False)
    # Closed by a moderator: it can be read, and nobody writes.
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
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
            # An event has one chat.
            models.UniqueConstraint(
                fields=["event_id"], condition=models.Q(kind="event"), name="messaging_conversation_one_per_event"
            ),
            # An event chat, and no other, belongs to an event.
            models.CheckConstraint(
                condition=models.Q(kind="event", event_id__isnull=False)
                | ~models.Q(kind="event") & models.Q(event_id__isnull=True),
                name="messaging_conversation_event_if_event_chat",
            ),
            # A person has one conversation with support.
            models.UniqueConstraint(
                fields=["supported_id"], condition=models.Q(kind="support"), name="messaging_conversation_one_support"
            ),
            # A support conversation, and no other, helps somebody.
            models.CheckConstraint(
                condition=models.Q(kind="support", supported_id__isnull=False)
                | ~models.Q(kind="support") & models.Q(supported_id__isnull=True, assigned_to_id__isnull=True),
                name="messaging_conversation_helps_if_support",
            ),
            # Only a direct conversation has to be accepted.
            models.CheckConstraint(
                condition=models.Q(requested_by_id__isnull=True) | models.Q(kind="direct"),
                name="messaging_conversation_request_if_direct",
            ),
            # An invitation opens one group.
            models.UniqueConstraint(
                fields=["invitation"], condition=~models.Q(invitation=""), name="messaging_conversation_invitation"
            ),
            # Only a group has an invitation.
            models.CheckConstraint(
                condition=models.Q(invitation="") | models.Q(kind="group"),
                name="messaging_conversation_invitation_if_group",
            ),
            # Numbers begin at 1 and never go back below 0.
            models.CheckConstraint(condition=models.Q(last_seq__gte=0), name="messaging_conversation_last_seq_natural"),
            # Only somebody who is helped waits.
            models.CheckConstraint(
                condition=models.Q(waiting_since__isnull=True) | models.Q(kind="support"),
                name="messaging_conversation_waits_if_support",
            ),
        ]
        indexes = [
            # adapters.orm.selectors.list_support_queue
            models.Index(
                fields=["waiting_since", "id"],
                condition=models.Q(waiting_since__isnull=False),
                name="messaging_conversation_waiting",
            ),
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
    # Removed by a leader: an invitation doesn't bring this person back.
    is_banned = models.BooleanField(default=False)
    # No reminders of what is unread.
    is_muted = models.BooleanField(default=False)
    # Of a direct conversation: this member has blocked the other.
    has_blocked = models.BooleanField(default=False)
    # Up to here the member was reminded of what is unread.
    reminded_seq = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # A user is in a conversation once; who comes back gets the same row.
            models.UniqueConstraint(fields=["conversation", "user"], name="messaging_membership_once"),
            # Who is banned isn't there.
            models.CheckConstraint(
                condition=models.Q(is_banned=False) | models.Q(left_at__isnull=False),
                name="messaging_membership_banned_has_left",
            ),
            # What was read was delivered before.
            models.CheckConstraint(
                condition=models.Q(read_seq__lte=models.F("delivered_seq")),
                name="messaging_membership_read_was_delivered",
            ),
            # Cursors count messages.
            models.CheckConstraint(condition=models.Q(read_seq__gte=0), name="messaging_membership_read_seq_natural"),
        ]
        indexes = [
            # adapters.orm.selectors.list_members, and the first members of list_conversations
            models.Index(
                fields=["conversation", "joined_at", "id"],
                condition=models.Q(left_at__isnull=True),
                name="messaging_membership_present",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}"
