"""What makes administrators look at an event: reports of users, and what the automatic check has found."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.ids import new_id


class EventReport(models.Model):
    """A user thinks that an event shouldn't stand here."""

    class Reason(models.TextChoices):
        SPAM = "spam", _("advertising")
        FRAUD = "fraud", _("fraud")
        OFFENSIVE = "offensive", _("offensive content")
        ILLEGAL = "illegal", _("against the law")
        WRONG = "wrong", _("wrong information")
        OTHER = "other", _("something else")

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="reports")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=9, choices=Reason)
    comment = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # A user reports an event once.
            models.UniqueConstraint(fields=["user", "event"], name="events_event_report_once"),
            # A report has one of the reasons.
            models.CheckConstraint(
                condition=models.Q(reason__in=["spam", "fraud", "offensive", "illegal", "wrong", "other"]),
                name="events_event_report_reason_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.reason}"


class ModerationCase(models.Model):
    """An event that waits for a decision, and what was decided."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        TAKEN_DOWN = "taken_down", _("taken down")
        DISMISSED = "dismissed", _("nothing wrong")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="moderation_cases")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    # Of the automatic check: {"code", "field", "found"}.
    findings = models.JSONField(default=list, blank=True)
    reports = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            # A case is open or decided in one of two ways.
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "taken_down", "dismissed"]),
                name="events_moderation_case_status_known",
            ),
            # An event waits for one decision at a time.
            models.UniqueConstraint(
                fields=["event"], condition=models.Q(status="open"), name="events_moderation_case_one_open"
            ),
            # What is decided was decided by somebody at some time; what is open wasn't.
            models.CheckConstraint(
                condition=models.Q(status="open", decided_at__isnull=True, decided_by__isnull=True)
                | (~models.Q(status="open") & models.Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="events_moderation_case_decided_by_somebody",
            ),
        ]
        indexes = [
            # The queue in the admin: open ones, the oldest first.
            models.Index(fields=["status", "opened_at"], name="events_moderation_case_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.status}"


class StopWord(models.Model):
    """A word that makes the automatic check open a case, with any ending."""

    word = models.CharField(_("word"), max_length=60)

    class Meta:
        constraints = [
            # A word stands once, in small letters: that is how texts are compared with it.
            models.UniqueConstraint(fields=["word"], name="events_stop_word_once"),
            # As above: what isn't in small letters would never be found.
            models.CheckConstraint(
                condition=models.Q(word=models.functions.Lower("word")), name="events_stop_word_in_small_letters"
            ),
        ]

    def __str__(self) -> str:
        return self.word
