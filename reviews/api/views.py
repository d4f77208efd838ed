"""Reviews over REST."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api.versions import expected_version, required_version, with_etag
from common.callers import caller_id
from common.transactions import use_case
from reviews import selectors
from reviews.api.filters import ReviewFilter, ReviewPages
from reviews.api.serializers import (
    AppealInput,
    OwnReviewSerializer,
    RatingSerializer,
    ReplyInput,
    ReplySerializer,
    ReportInput,
    ReviewChange,
    ReviewInput,
    ReviewSerializer,
    VoteSerializer,
)
from reviews.services.appeal_review import appeal_review
from reviews.services.delete_review import delete_review
from reviews.services.edit_reply import edit_reply
from reviews.services.edit_review import edit_review
from reviews.services.reply_to_review import reply_to_review
from reviews.services.report_review import report_review
from reviews.services.vote_helpful import vote_helpful, withdraw_vote
from reviews.services.write_review import write_review

WRITTEN = OpenApiExample(
    "A review",
    value={
        "rating": 5,
        "text": "Three days on the river went by in one breath. The guides explained every rapid.",
        "aspects": {"organisation": 5, "safety": 5, "value": 4, "staff": 5},
        "is_anonymous": False,
    },
    request_only=True,
)
RATED = OpenApiExample(
    "A rating",
    value={
        "count": 12,
        "mean": "4.58",
        "score": "4.4118",
        "histogram": {"5": 8, "4": 3, "3": 1, "2": 0, "1": 0},
        "aspects": {"organisation": "4.70", "safety": "4.90", "value": "4.10", "staff": "4.80"},
    },
    response_only=True,
)


class EventReviewsView(GenericAPIView):
    """Published reviews of an event; attendees add theirs."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = ReviewSerializer
    filterset_class = ReviewFilter
    pagination_class = ReviewPages

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return selectors.list_published_reviews(event_id=UUID(int=0))
        event = selectors.get_reviewed_event(event_id=self.kwargs["event_id"])
        return selectors.list_published_reviews(event_id=event.pk, reader=self.request.user)

    @extend_schema(
        operation_id="event_reviews_list",
        summary="Read the reviews of an event",
        responses=ReviewSerializer(many=True),
    )
    def get(self, request: Request, event_id: UUID) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ReviewSerializer(page, many=True).data)

    @extend_schema(
        operation_id="event_reviews_create",
        summary="Review an event that you attended",
        request=ReviewInput,
        responses={201: OwnReviewSerializer},
        examples=[WRITTEN],
    )
    def post(self, request: Request, event_id: UUID) -> Response:
        body = ReviewInput(data=request.data)
        body.is_valid(raise_exception=True)
        with use_case():
            written = write_review(
                author_id=caller_id(request),
                event_id=event_id,
                draft=body.draft(),
                publish_clean=settings.REVIEWS_PUBLISH_CLEAN,
                now=timezone.now(),
            )
        review = selectors.get_own_review(review_id=written.pk, author_id=caller_id(request))
        return with_etag(Response(OwnReviewSerializer(review).data, status=201), review.version)


class EventRatingView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(summary="Read an event's stars", responses=RatingSerializer, examples=[RATED])
    def get(self, request: Request, event_id: UUID) -> Response:
        event = selectors.get_reviewed_event(event_id=event_id)
        return Response(RatingSerializer(selectors.get_event_rating(event_id=event.pk)).data)


class OrganizerRatingView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(summary="Read an organizer's stars", responses=RatingSerializer, examples=[RATED])
    def get(self, request: Request, organizer_id: UUID) -> Response:
        return Response(RatingSerializer(selectors.get_organizer_rating(organizer_id=organizer_id)).data)


class ReviewView(APIView):
    """One review: for everybody when published, for its author always."""

    permission_classes = [IsAuthenticatedOrReadOnly]

    @extend_schema(summary="Read a review", responses=ReviewSerializer)
    def get(self, request: Request, review_id: UUID) -> Response:
        review = selectors.get_review(review_id=review_id, reader=request.user)
        shape = OwnReviewSerializer if review.author_id == request.user.pk else ReviewSerializer
        return with_etag(Response(shape(review).data), review.version)

    @extend_schema(
        summary="Change your review; it goes through moderation again",
        request=ReviewChange,
        responses=OwnReviewSerializer,
        examples=[OpenApiExample("A change", value={"rating": 4}, request_only=True)],
    )
    def patch(self, request: Request, review_id: UUID) -> Response:
        version = required_version(request)
        body = ReviewChange(data=request.data)
        body.is_valid(raise_exception=True)
        before = selectors.get_own_review(review_id=review_id, author_id=caller_id(request))
        with use_case():
            review = edit_review(
                review_id=review_id,
                author_id=caller_id(request),
                expected_version=version,
                draft=body.draft(before),
                publish_clean=settings.REVIEWS_PUBLISH_CLEAN,
                now=timezone.now(),
            )
        return with_etag(Response(OwnReviewSerializer(review).data), review.version)

    @extend_schema(summary="Delete your review", responses={204: None})
    def delete(self, request: Request, review_id: UUID) -> Response:
        with use_case():
            delete_review(review_id=review_id, author_id=caller_id(request), expected_version=expected_version(request))
        return Response(status=204)


class ReplyView(APIView):
    @extend_schema(
        summary="Answer a review of your own event",
        request=ReplyInput,
        responses={201: ReplySerializer},
        examples=[OpenApiExample("A reply", value={"text": "Thank you! We will wait for you."}, request_only=True)],
    )
    def post(self, request: Request, review_id: UUID) -> Response:
        body = ReplyInput(data=request.data)
        body.is_valid(raise_exception=True)
        with use_case():
            reply = reply_to_review(
                review_id=review_id, member_id=caller_id(request), text=body.validated_data["text"], now=timezone.now()
            )
        return Response(ReplySerializer(reply).data, status=201)

    @extend_schema(
        summary="Change your answer to a review",
        request=ReplyInput,
        responses=ReplySerializer,
        examples=[OpenApiExample("Other words", value={"text": "Thank you! See you in August."}, request_only=True)],
    )
    def put(self, request: Request, review_id: UUID) -> Response:
        body = ReplyInput(data=request.data)
        body.is_valid(raise_exception=True)
        with use_case():
            reply = edit_reply(
                review_id=review_id, member_id=caller_id(request), text=body.validated_data["text"], now=timezone.now()
            )
        return Response(ReplySerializer(reply).data)


class AppealView(APIView):
    @extend_schema(
        summary="Object to the refusal of your review, once: another moderator decides",
        request=AppealInput,
        responses=OwnReviewSerializer,
        examples=[OpenApiExample("An appeal", value={"text": "I named the river, not a person."}, request_only=True)],
    )
    def post(self, request: Request, review_id: UUID) -> Response:
        body = AppealInput(data=request.data)
        body.is_valid(raise_exception=True)
        with use_case():
            review = appeal_review(
                review_id=review_id,
                author_id=caller_id(request),
                text=body.validated_data["text"],
                expected_version=expected_version(request),
                now=timezone.now(),
            )
        return with_etag(Response(OwnReviewSerializer(review).data), review.version)


class ReportView(APIView):
    @extend_schema(
        summary="Ask moderators to look at a review",
        request=ReportInput,
        responses={204: None},
        examples=[OpenApiExample("A report", value={"reason_code": "advertising"}, request_only=True)],
    )
    def post(self, request: Request, review_id: UUID) -> Response:
        body = ReportInput(data=request.data)
        body.is_valid(raise_exception=True)
        with use_case():
            report_review(
                review_id=review_id, reporter_id=caller_id(request), now=timezone.now(), **body.validated_data
            )
        return Response(status=204)


class HelpfulView(APIView):
    @extend_schema(summary="Find a review helpful", request=None, responses=VoteSerializer)
    def post(self, request: Request, review_id: UUID) -> Response:
        with use_case():
            review = vote_helpful(review_id=review_id, voter_id=caller_id(request), now=timezone.now())
        return Response({"helpful_count": review.helpful_count, "has_my_vote": True})

    @extend_schema(summary="Take your vote back", responses={200: VoteSerializer})
    def delete(self, request: Request, review_id: UUID) -> Response:
        with use_case():
            review = withdraw_vote(review_id=review_id, voter_id=caller_id(request))
        return Response({"helpful_count": review.helpful_count, "has_my_vote": False})


class MyReviewsView(GenericAPIView):
    serializer_class = OwnReviewSerializer
    filter_backends: list[Any] = []

    def get_queryset(self) -> Any:
        return selectors.list_reviews_of_author(author_id=caller_id(self.request))

    @extend_schema(
        operation_id="me_reviews_list",
        summary="Read your own reviews and what became of them",
        responses=OwnReviewSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(OwnReviewSerializer(page, many=True).data)
