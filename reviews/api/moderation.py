"""The moderators' queue over REST."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api.versions import expected_version, with_etag
from common.callers import caller_id
from common.transactions import use_case
from reviews import selectors
from reviews.api.filters import QueueFilter, QueuePages
from reviews.api.permissions import IsModerator
from reviews.api.serializers import ModeratedReviewSerializer, RefusalInput
from reviews.services.claim_review import claim_review
from reviews.services.dismiss_reports import dismiss_reports
from reviews.services.hide_review import hide_review
from reviews.services.publish_review import publish_review
from reviews.services.reject_review import reject_review

REFUSED = OpenApiExample(
    "A refusal",
    value={"reason_code": "personal_data", "reason_text": "Please leave out the guide's surname."},
    request_only=True,
)


class QueueView(GenericAPIView):
    permission_classes = [IsModerator]
    serializer_class = ModeratedReviewSerializer
    filterset_class = QueueFilter
    pagination_class = QueuePages

    def get_queryset(self) -> Any:
        return selectors.list_moderation_queue()

    @extend_schema(
        operation_id="moderation_reviews_list",
        summary="Read the moderation queue, oldest first",
        responses=ModeratedReviewSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ModeratedReviewSerializer(page, many=True).data)


class ModeratedReviewView(APIView):
    permission_classes = [IsModerator]

    @extend_schema(summary="Read any review as a moderator", responses=ModeratedReviewSerializer)
    def get(self, request: Request, review_id: UUID) -> Response:
        return _answer(selectors.get_review_for_moderator(review_id=review_id))


class ClaimView(APIView):
    permission_classes = [IsModerator]

    @extend_schema(
        summary="Take a waiting review for a quarter of an hour", request=None, responses=ModeratedReviewSerializer
    )
    def post(self, request: Request, review_id: UUID) -> Response:
        with use_case():
            review = claim_review(review_id=review_id, moderator_id=caller_id(request), now=timezone.now())
        return _answer(review)


class PublishView(APIView):
    permission_classes = [IsModerator]

    @extend_schema(summary="Publish a review that you have claimed", request=None, responses=ModeratedReviewSerializer)
    def post(self, request: Request, review_id: UUID) -> Response:
        with use_case():
            review = publish_review(review_id=review_id, moderator_id=caller_id(request), now=timezone.now())
        return _answer(review)


class RejectView(APIView):
    permission_classes = [IsModerator]

    @extend_schema(
        summary="Reject a review that you have claimed",
        request=RefusalInput,
        responses=ModeratedReviewSerializer,
        examples=[REFUSED],
    )
    def post(self, request: Request, review_id: UUID) -> Response:
        body = RefusalInput(data=request.data)
        body.is_valid(raise_exception=True)
        with use_case():
            review = reject_review(
                review_id=review_id, moderator_id=caller_id(request), now=timezone.now(), **body.validated_data
            )
        return _answer(review)


class HideView(APIView):
    permission_classes = [IsModerator]

    @extend_schema(
        summary="Take a published review from the public",
        request=RefusalInput,
        responses=ModeratedReviewSerializer,
        examples=[REFUSED],
    )
    def post(self, request: Request, review_id: UUID) -> Response:
        body = RefusalInput(data=request.data)
        body.is_valid(raise_exception=True)
        with use_case():
            review = hide_review(
                review_id=review_id,
                moderator_id=caller_id(request),
                expected_version=expected_version(request),
                now=timezone.now(),
                **body.validated_data,
            )
        return _answer(review)


class DismissReportsView(APIView):
    permission_classes = [IsModerator]

    @extend_schema(
        summary="Let a reported review stand: its reports are closed", request=None, responses=ModeratedReviewSerializer
    )
    def post(self, request: Request, review_id: UUID) -> Response:
        with use_case():
            review = dismiss_reports(review_id=review_id, moderator_id=caller_id(request), now=timezone.now())
        return _answer(review)


def _answer(review: Any) -> Response:
    return with_etag(Response(ModeratedReviewSerializer(review).data), review.version)
