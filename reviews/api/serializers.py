"""Shapes of reviews in the API."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers

from common.api.examples import shown_as
from reviews.api import examples
from reviews.models import Rating, Review, ReviewReply, ReviewReport
from reviews.models.reply import LONGEST_REPLY, SHORTEST_REPLY
from reviews.models.review import ASPECTS, LONGEST_APPEAL, LONGEST_TEXT, SHORTEST_TEXT
from reviews.services.write_review import Draft


def stars(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=5, **options)


class AspectsInput(serializers.Serializer):
    organisation = stars(required=False, allow_null=True)
    safety = stars(required=False, allow_null=True)
    value = stars(required=False, allow_null=True)
    staff = stars(required=False, allow_null=True)


class ReviewInput(serializers.Serializer):
    """A review as its author sends it."""

    rating = stars()
    text = serializers.CharField(min_length=SHORTEST_TEXT, max_length=LONGEST_TEXT)
    aspects = AspectsInput(required=False)
    is_anonymous = serializers.BooleanField(default=False)

    def draft(self) -> Draft:
        """Return the validated input as the services take it."""
        aspects = self.validated_data.get("aspects", {})
        return Draft(
            rating=self.validated_data["rating"],
            text=self.validated_data["text"],
            aspects={name: stars for name, stars in aspects.items() if stars is not None},
            is_anonymous=self.validated_data["is_anonymous"],
        )


class ReviewChange(serializers.Serializer):
    """A change: what is missing stays as it is; an aspect is taken back with null."""

    rating = stars(required=False)
    text = serializers.CharField(min_length=SHORTEST_TEXT, max_length=LONGEST_TEXT, required=False)
    aspects = AspectsInput(required=False)
    is_anonymous = serializers.BooleanField(required=False)

    def draft(self, review: Review) -> Draft:
        """Return what the review will say."""
        given = self.validated_data
        aspects = review.aspects | given.get("aspects", {})
        return Draft(
            rating=given.get("rating", review.rating),
            text=given.get("text", review.text),
            aspects={name: stars for name, stars in aspects.items() if stars is not None},
            is_anonymous=given.get("is_anonymous", review.is_anonymous),
        )


class ReplyInput(serializers.Serializer):
    text = serializers.CharField(min_length=SHORTEST_REPLY, max_length=LONGEST_REPLY)


class AppealInput(serializers.Serializer):
    """What speaks against a refusal; moderators read it."""

    text = serializers.CharField(max_length=LONGEST_APPEAL)


class ReportInput(serializers.Serializer):
    reason_code = serializers.ChoiceField(choices=ReviewReport.Reason.choices)
    text = serializers.CharField(max_length=1000, required=False, default="", allow_blank=True)


class RefusalInput(serializers.Serializer):
    """Why a review is rejected or hidden; the author reads both."""

    reason_code = serializers.ChoiceField(choices=Review.Reason.choices)
    reason_text = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


class AuthorSerializer(serializers.Serializer):
    name = serializers.SerializerMethodField()

    def get_name(self, review: Review) -> str:
        return _("Anonymous participant") if review.is_anonymous else review.author.public_name


@shown_as(examples.REPLY)
class ReplySerializer(serializers.ModelSerializer):
    organizer = serializers.CharField(source="organizer.name", read_only=True)

    class Meta:
        model = ReviewReply
        fields = ["organizer", "text", "created_at", "edited_at"]
        read_only_fields = fields


@shown_as(examples.REVIEW)
class ReviewSerializer(serializers.ModelSerializer):
    """A published review as everybody reads it."""

    author = AuthorSerializer(source="*", read_only=True)
    aspects = serializers.SerializerMethodField()
    reply = serializers.SerializerMethodField()
    has_my_vote = serializers.BooleanField(read_only=True)

    class Meta:
        model = Review
        fields = [
            *("id", "event_id", "author", "rating", "aspects", "text", "published_at", "version"),
            *("helpful_count", "has_my_vote", "reply"),
        ]
        read_only_fields = fields

    @extend_schema_field(
        inline_serializer(
            "ReviewAspects", {name: serializers.IntegerField(allow_null=True, required=True) for name in ASPECTS}
        )
    )
    def get_aspects(self, review: Review) -> dict[str, int | None]:
        return review.aspects

    @extend_schema_field(ReplySerializer(allow_null=True))
    def get_reply(self, review: Review) -> dict[str, Any] | None:
        reply = review.reply
        return ReplySerializer(reply).data if reply else None


@shown_as(examples.OWN_REVIEW)
class OwnReviewSerializer(ReviewSerializer):
    """A review as its author sees it: with its state and the reason of a refusal."""

    reason_code = serializers.ChoiceField(choices=Review.Reason.choices, allow_blank=True, read_only=True)

    class Meta(ReviewSerializer.Meta):
        fields = [
            *ReviewSerializer.Meta.fields,
            *("status", "is_anonymous", "reason_code", "reason_text", "created_at", "submitted_at"),
            *("appealed_at", "appeal_text"),
        ]
        read_only_fields = fields


@shown_as(examples.MODERATED_REVIEW)
class ModeratedReviewSerializer(OwnReviewSerializer):
    """A review as moderators see it: with what the checks found and who holds it."""

    author_id = serializers.UUIDField(read_only=True)
    author_name = serializers.CharField(source="author.public_name", read_only=True)
    event_title = serializers.CharField(source="event.title", read_only=True)
    revisions = serializers.SerializerMethodField()

    class Meta(OwnReviewSerializer.Meta):
        fields = [
            *(name for name in OwnReviewSerializer.Meta.fields if name not in ("author", "reply", "has_my_vote")),
            *("author_id", "author_name", "event_title", "check_reasons", "check_score", "report_count"),
            *("claimed_by_id", "claimed_at", "decided_by_id", "decided_at", "appealed_against_id"),
            "revisions",
        ]
        read_only_fields = fields

    def get_revisions(self, review: Review) -> list[dict[str, Any]]:
        return [
            {"version": one.version, "rating": one.rating, "text": one.text, "replaced_at": one.replaced_at}
            for one in sorted(review.revisions.all(), key=lambda one: one.version)
        ]


class RatingSerializer(serializers.ModelSerializer):
    """Stars of an event or an organizer; `score` orders subjects among each other (five times four stars as a prior)."""

    mean = serializers.DecimalField(max_digits=3, decimal_places=2, allow_null=True, read_only=True)
    score = serializers.DecimalField(max_digits=5, decimal_places=4, read_only=True)
    histogram = serializers.SerializerMethodField()
    aspects = serializers.SerializerMethodField()

    class Meta:
        model = Rating
        fields = ["count", "mean", "score", "histogram", "aspects"]
        read_only_fields = fields

    @extend_schema_field(
        inline_serializer("RatingHistogram", {str(number): serializers.IntegerField() for number in (5, 4, 3, 2, 1)})
    )
    def get_histogram(self, rating: Rating) -> dict[str, int]:
        return {str(number): count for number, count in rating.histogram.items()}

    @extend_schema_field(
        inline_serializer(
            "RatingAspects",
            {name: serializers.DecimalField(max_digits=3, decimal_places=2, allow_null=True) for name in ASPECTS},
        )
    )
    def get_aspects(self, rating: Rating) -> dict[str, str | None]:
        return {name: str(mean) if mean is not None else None for name, mean in rating.aspect_means.items()}


@shown_as(examples.VOTE)
class VoteSerializer(serializers.Serializer):
    helpful_count = serializers.IntegerField()
    has_my_vote = serializers.BooleanField()
