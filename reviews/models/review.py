"""What somebody who attended says about an event."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.ids import new_id

ASPECTS = ("organisation", "safety", "value", "staff")
SHORTEST_TEXT = 20
LONGEST_TEXT = 5000
LONGEST_APPEAL = 2000
WRITE_WINDOW = timedelta(days=90)
EDIT_WINDOW = timedelta(days=14)
# A moderator who walked away holds a review no longer than this.
CLAIM_LASTS = timedelta(minutes=15)


# What an author may appeal against.
REFUSED = ("rejected", "hidden")


def stars() -> models.PositiveSmallIntegerField:
    """Return the column of an aspect: one to five, or nothing."""
    return models.PositiveSmallIntegerField(null=True, blank=True)


def in_range(column: str) -> models.Q:
    return models.Q(**{f"{column}__gte": 1, f"{column}__lte": 5})


class ReviewQuerySet(models.QuerySet["Review"]):
    def published(self) -> "ReviewQuerySet":
        return self.filter(status=Review.Status.PUBLISHED)

    def pending(self) -> "ReviewQuerySet":
        return self.filter(status=Review.Status.PENDING)

    def claimed_by_nobody_but(self, moderator_id: object, now: datetime) -> "ReviewQuerySet":
        free = models.Q(claimed_by__isnull=True) | models.Q(claimed_at__lte=now - CLAIM_LASTS)
        return self.filter(free | models.Q(claimed_by_id=moderator_id))

    def claimed_by_moderator(self, moderator_id: object, now: datetime) -> "ReviewQuerySet":
        return self.filter(claimed_by_id=moderator_id, claimed_at__gt=now - CLAIM_LASTS)

    def decidable_by(self, moderator_id: object) -> "ReviewQuerySet":
        """Neither one's own nor, after an appeal, what one has refused oneself."""
        return self.exclude(author_id=moderator_id).exclude(appealed_against_id=moderator_id)

    def locked(self) -> "ReviewQuerySet":
        return self.order_by("pk").select_for_update(of=("self",))


class Review(models.Model):
    """One person's review of one event; `decided_*` is the last decision, all of them are ModerationDecision rows."""

    class Status(models.TextChoices):
        PENDING = "pending", pgettext_lazy("review", "waiting for a moderator")
        PUBLISHED = "published", pgettext_lazy("review", "published")
        REJECTED = "rejected", pgettext_lazy("review", "rejected")
        HIDDEN = "hidden", pgettext_lazy("review", "hidden")

    class Reason(models.TextChoices):
        OFFENSIVE = "offensive", _("offensive language")
        ADVERTISING = "advertising", _("advertising or links")
        PERSONAL_DATA = "personal_data", _("somebody's personal data")
        OFF_TOPIC = "off_topic", _("not about the event")
        UNTRUE = "untrue", _("untrue")
        OTHER = "other", _("another reason")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    rating = models.PositiveSmallIntegerField(_("rating"))
    organisation = stars()
    safety = stars()
    value = stars()
    staff = stars()
    text = models.TextField(_("text"))
    # SHA-256 of the text without case, spaces and signs: finds copies.
    text_digest = models.CharField(max_length=64)
    is_anonymous = models.BooleanField(_("anonymous to the public"), default=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    version = models.PositiveIntegerField(default=1)
    # What the automatic checks found: names of reasons and their sum.
    check_reasons = models.JSONField(default=list, blank=True)
    check_score = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    # Empty while published by the automatic checks alone.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason_code = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True)
    reason_text = models.TextField(_("explanation"), blank=True)
    # What the author has to say against a refusal, once, and who had refused: somebody else decides then. Words that the
    # author changes afterwards may be decided by anybody.
    appealed_at = models.DateTimeField(_("appealed at"), null=True, blank=True)
    appeal_text = models.TextField(_("appeal"), blank=True)
    appealed_against = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    helpful_count = models.PositiveIntegerField(default=0)
    report_count = models.PositiveIntegerField(default=0)
    submitted_at = models.DateTimeField()
    created_at = models.DateTimeField()

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            # A person reviews an event once.
            models.UniqueConstraint(fields=["event", "author"], name="reviews_review_one_per_author_and_event"),
            # A rating is one to five stars.
            models.CheckConstraint(condition=in_range("rating"), name="reviews_review_rating_in_range"),
            # So is each aspect that was rated.
            models.CheckConstraint(
                condition=in_range("organisation") & in_range("safety") & in_range("value") & in_range("staff"),
                name="reviews_review_aspects_in_range",
            ),
            # A text says something, and stays readable.
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length("text"), SHORTEST_TEXT)
                & LessThanOrEqual(Length("text"), LONGEST_TEXT),
                name="reviews_review_text_length",
            ),
            # A review waits for a decision, or has one.
            models.CheckConstraint(
                condition=models.Q(status="pending", decided_at__isnull=True, decided_by__isnull=True)
                | models.Q(~models.Q(status="pending"), decided_at__isnull=False),
                name="reviews_review_decided_or_pending",
            ),
            # Taken from the public by a person, for a reason.
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "published"], reason_code="")
                | models.Q(~models.Q(reason_code=""), status__in=["rejected", "hidden"], decided_by__isnull=False),
                name="reviews_review_refused_for_a_reason",
            ),
            # What is published knows since when.
            models.CheckConstraint(
                condition=~models.Q(status="published") | models.Q(published_at__isnull=False),
                name="reviews_review_published_since",
            ),
            # Whoever holds a review holds it since a moment, and only while it waits.
            models.CheckConstraint(
                condition=models.Q(claimed_by__isnull=True, claimed_at__isnull=True)
                | models.Q(claimed_by__isnull=False, claimed_at__isnull=False, status="pending"),
                name="reviews_review_claim_paired",
            ),
            # Nobody decides about a review of one's own.
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("author")),
                name="reviews_review_not_judge_in_own_cause",
            ),
            # An appeal says why, at a time, against somebody.
            models.CheckConstraint(
                condition=models.Q(appealed_at__isnull=True, appeal_text="", appealed_against__isnull=True)
                | models.Q(~models.Q(appeal_text=""), appealed_at__isnull=False),
                name="reviews_review_appeal_says_why",
            ),
            # An appeal is decided by another moderator than the one it is against.
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True)
                | models.Q(appealed_against__isnull=True)
                | ~models.Q(decided_by=models.F("appealed_against")),
                name="reviews_review_appeal_by_another",
            ),
        ]
        indexes = [
            # list_published_reviews, newest first
            models.Index(
                fields=["event", "-published_at", "-id"],
                condition=models.Q(status="published"),
                name="reviews_review_newest",
            ),
            # list_published_reviews, most helpful first
            models.Index(
                fields=["event", "-helpful_count", "-id"],
                condition=models.Q(status="published"),
                name="reviews_review_helpful",
            ),
            # list_published_reviews by rating
            models.Index(
                fields=["event", "rating", "-id"],
                condition=models.Q(status="published"),
                name="reviews_review_by_rating",
            ),
            # list_moderation_queue
            models.Index(
                fields=["submitted_at", "id"], condition=models.Q(status="pending"), name="reviews_review_queue"
            ),
            # find_signs: copies of a text
            models.Index(fields=["text_digest"], name="reviews_review_digest"),
            # list_reviews_of_author
            models.Index(fields=["author", "-created_at", "-id"], name="reviews_review_of_author"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.rating}/5 {self.status}"

    @property
    def aspects(self) -> dict[str, int | None]:
        """The aspects by name; None where the author gave none."""
        return {name: getattr(self, name) for name in ASPECTS}

    @property
    def reply(self) -> Any:
        """The organizer's answer out of the prefetched `replies`, or None."""
        return next(iter(self.replies.all()), None)

    @property
    def editable_until(self) -> datetime:
        return self.created_at + EDIT_WINDOW

    @property
    def may_be_appealed(self) -> bool:
        """Tell whether its author may still object; appeal_review decides."""
        return self.status in REFUSED and self.appealed_at is None
