"""A notification on the site."""

from django.db import models
from django.db.models.functions import Now

from common.ids import new_id


class InboxItemQuerySet(models.QuerySet["InboxItem"]):
    def unread(self) -> "InboxItemQuerySet":
        return self.filter(read_at__isnull=True)


class InboxItem(models.Model):
    """What the in-app channel delivers."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Found by an index that begins with it.
    recipient = models.ForeignKey(
        "notifications.Recipient", on_delete=models.CASCADE, related_name="inbox", db_index=False
    )
    job = models.OneToOneField("notifications.NotificationJob", on_delete=models.CASCADE, related_name="inbox_item")
    title = models.CharField(max_length=300)
    text = models.TextField()
    link = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = InboxItemQuerySet.as_manager()

    class Meta:
        indexes = [
            # list_inbox
            models.Index(fields=["recipient", "-created_at", "-id"], name="notifications_inbox_newest"),
            # count_unread
            models.Index(
                fields=["recipient"], condition=models.Q(read_at__isnull=True), name="notifications_inbox_unread"
            ),
        ]

    def __str__(self) -> str:
        return self.title
