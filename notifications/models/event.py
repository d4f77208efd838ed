"""What other services (and this one's own apps) tell the notifications."""

from django.db import models
from django.db.models.functions import Now

from common.ids import new_id


class NotificationEventQuerySet(models.QuerySet["NotificationEvent"]):
    def blocked(self) -> "NotificationEventQuerySet":
        return self.filter(status=NotificationEvent.Status.BLOCKED)

    def planning(self) -> "NotificationEventQuerySet":
        """Those whose walk may go on now."""
        return self.filter(status=NotificationEvent.Status.PLANNING, pause_reason="")

    def locked(self) -> "NotificationEventQuerySet":
        """Take what nobody else is taking; in order of arrival."""
        return self.order_by("received_at", "pk").select_for_update(skip_locked=True)

    def from_sources(self, sources: list[str]) -> "NotificationEventQuerySet":
        return self.filter(source__in=sources)


class NotificationEvent(models.Model):
    """An accepted event and how far its jobs are planned.

    Planning an audience walks recipients by id; `planned_up_to` is the last one whose jobs exist, so a walk that was
    interrupted goes on from there, and of two walkers one finds that the mark has moved and stops.
    """

    class Status(models.TextChoices):
        BLOCKED = "blocked"
        PLANNING = "planning"
        CANCELLED = "cancelled"
        PLANNED = "planned"

    class PauseReason(models.TextChoices):
        """Who has stopped an audience: a person, the end of its canary, or too many failures or complaints."""

        PERSON = "person"
        CANARY = "canary"
        FAILURES = "failures"
        COMPLAINTS = "complaints"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.CharField(max_length=100)
    event_id = models.UUIDField()
    event_type = models.CharField(max_length=100)
    occurred_at = models.DateTimeField()
    payload = models.JSONField()
    # SHA-256 of the canonical body: tells a repetition from another event under the same id.
    body_hash = models.BinaryField(max_length=32)
    status = models.CharField(max_length=10, choices=Status)
    # What is missing while blocked: "template:<code>", "template:<code>/<channel>" or "segment:<id>".
    blocked_on = models.CharField(max_length=220, blank=True)
    # The template, channels, variables and recipients that follow from it (`event_types.registry.Plan`).
    plan = models.JSONField()
    # What the sender was answered first; given again for a repetition.
    answer = models.JSONField(default=dict)
    audience_size = models.PositiveIntegerField(null=True, blank=True)
    planned_up_to = models.UUIDField(null=True, blank=True)
    recipients_planned = models.PositiveIntegerField(default=0)
    jobs_planned = models.PositiveIntegerField(default=0)
    # How far a canary goes; the walk stops there until somebody lets it go on.
    audience_limit = models.PositiveIntegerField(null=True, blank=True)
    # The pace of the walk, in recipients; without one it goes as fast as it can.
    per_second = models.PositiveIntegerField(null=True, blank=True)
    walk_began_at = models.DateTimeField(null=True, blank=True)
    # Not empty while it is held, in whatever status: nothing more is planned, and what is planned isn't sent.
    pause_reason = models.CharField(max_length=10, choices=PauseReason, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    planned_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationEventQuerySet.as_manager()

    class Meta:
        constraints = [
            # A source's event is accepted once.
            models.UniqueConstraint(fields=["source", "event_id"], name="notifications_event_once"),
            # Blocked exactly when it says on what.
            models.CheckConstraint(
                condition=models.Q(status="blocked") & ~models.Q(blocked_on="")
                | ~models.Q(status="blocked") & models.Q(blocked_on=""),
                name="notifications_event_blocked_on_something",
            ),
            # Planned exactly when it has a time of it.
            models.CheckConstraint(
                condition=models.Q(status="planned", planned_at__isnull=False)
                | ~models.Q(status="planned") & models.Q(planned_at__isnull=True),
                name="notifications_event_planned_with_time",
            ),
            # A canary has somebody in it, and a pace moves.
            models.CheckConstraint(
                condition=(models.Q(audience_limit__isnull=True) | models.Q(audience_limit__gt=0))
                & (models.Q(per_second__isnull=True) | models.Q(per_second__gt=0)),
                name="notifications_event_canary_and_pace_positive",
            ),
            # While planning, it is known when a lost walk is taken up again.
            models.CheckConstraint(
                condition=models.Q(status="planning", next_attempt_at__isnull=False)
                | ~models.Q(status="planning") & models.Q(next_attempt_at__isnull=True),
                name="notifications_event_planning_is_swept",
            ),
        ]
        indexes = [
            # list_interrupted_plans
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(status="planning"), name="notifications_event_planning"
            ),
            # list_blocked_events
            models.Index(
                fields=["blocked_on"], condition=models.Q(status="blocked"), name="notifications_event_blocked"
            ),
            # the admin's newest first
            models.Index(fields=["-received_at", "-id"], name="notifications_event_newest"),
            # get_event
            models.Index(fields=["event_id"], name="notifications_event_by_id"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.event_type} {self.event_id}"

    @property
    def progress_percent(self) -> int:
        """How much of the audience is planned."""
        if self.status == self.Status.PLANNED:
            return 100
        return 100 * self.recipients_planned // self.audience_size if self.audience_size else 0
