"""REST endpoints of the intake: events, jobs, recipients of other services."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api.pagination import CursorPagination
from common.callers import caller_id
from common.transactions import use_case
from notifications.api import serializers
from notifications.api.filters import JobFilter
from notifications.api.parsers import BatchParser, EventParser, body_of
from notifications.api.permissions import IsProgram
from notifications.api.recipient_serializers import RecipientSerializer, RecipientStateSerializer, kept_of
from notifications.envelope import decode, read_event
from notifications.event_types.catalogue import catalogue
from notifications.event_types.user_registered import SAMPLE
from notifications.scopes import EVENTS_SCOPE, RECIPIENTS_SCOPE
from notifications.selectors.intake import count_jobs_by_status, get_event, list_jobs, list_sources_of
from notifications.services.accept_batch import accept_batch
from notifications.services.accept_event import accept_event
from notifications.services.tell_about_recipient import tell_about_recipient

TAG = ["notifications"]
PLAN = {
    "event_id": SAMPLE["event_id"],
    "status": "planned",
    "blocked_on": "",
    "jobs": [
        {
            "job_id": "01990000-0000-7000-8000-000000000001",
            "user_id": SAMPLE["payload"]["user_id"],
            "template_code": "welcome",
            "channel": "email",
        }
    ],
    "audience": None,
}


class EventsView(APIView):
    token_scope = EVENTS_SCOPE
    permission_classes = [IsAuthenticated, IsProgram]
    parser_classes = [EventParser]

    @extend_schema(
        tags=TAG,
        summary="Accept an external event",
        description="202 the first time, 200 with the same answer for the same event again, 409 for another body under "
        "the same source and event_id. 400 names every violation by its JSON Pointer.",
        request=serializers.EnvelopeSerializer,
        responses={202: serializers.AcceptedSerializer, 200: serializers.AcceptedSerializer},
        examples=[
            OpenApiExample("A user has registered", value=SAMPLE, request_only=True),
            OpenApiExample("Its plan", value=PLAN, response_only=True, status_codes=["200", "202"]),
        ],
    )
    def post(self, request: Request) -> Response:
        now = timezone.now()
        event = read_event(decode(body_of(request)), now=now)
        with use_case():
            accepted = accept_event(event=event, allowed_sources=list_sources_of(account_id=request.user.pk), now=now)
        return Response(accepted.answer, status=202 if accepted.is_new else 200)


class EventBatchView(APIView):
    token_scope = EVENTS_SCOPE
    permission_classes = [IsAuthenticated, IsProgram]
    parser_classes = [BatchParser]

    @extend_schema(
        tags=TAG,
        summary="Accept up to 500 external events",
        description="Each event is judged for itself; its result is what the single intake would have answered.",
        request=serializers.BatchSerializer,
        responses={207: serializers.BatchResultSerializer},
        examples=[
            OpenApiExample("One event", value={"events": [SAMPLE]}, request_only=True),
            OpenApiExample(
                "Accepted",
                value={"results": [{"index": 0, "status": 202, "answer": PLAN}]},
                response_only=True,
                status_codes=["207"],
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        sources = list_sources_of(account_id=request.user.pk)
        with use_case():
            results = accept_batch(body=body_of(request), allowed_sources=sources, now=timezone.now())
        return Response(serializers.BatchResultSerializer({"results": results}).data, status=207)


class EventTypesView(APIView):
    # The contract is public, and a program reads it with whatever token it has.
    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=TAG,
        summary="List the event types that are understood",
        responses=serializers.EventTypeSerializer(many=True),
        examples=[
            OpenApiExample(
                "A type",
                value={
                    "name": "user_registered",
                    "summary": "A user has registered.",
                    "payload_schema": {},
                    "sample": SAMPLE,
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.EventTypeSerializer(catalogue(), many=True).data)


class EventView(APIView):
    token_scope = EVENTS_SCOPE
    permission_classes = [IsAuthenticated, IsProgram]

    @extend_schema(
        tags=TAG,
        summary="See how far an event's jobs are",
        responses=serializers.EventStateSerializer,
    )
    def get(self, request: Request, event_id: UUID) -> Response:
        event = get_event(sources=list_sources_of(account_id=request.user.pk), event_id=event_id)
        context = {"jobs_by_status": count_jobs_by_status(event=event)}
        return Response(serializers.EventStateSerializer(event, context=context).data)


class NewestJobsFirst(CursorPagination):
    """Ids are given out in the order of time (UUIDv7)."""

    ordering = ("-id",)


@extend_schema(tags=TAG, summary="List the jobs of one's events")
class JobsView(ListAPIView[Any]):
    token_scope = EVENTS_SCOPE
    permission_classes = [IsAuthenticated, IsProgram]
    serializer_class = serializers.JobSerializer
    filterset_class = JobFilter
    pagination_class = NewestJobsFirst

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return list_jobs(sources=[])
        return list_jobs(sources=list_sources_of(account_id=self.request.user.pk))


class RecipientView(APIView):
    token_scope = RECIPIENTS_SCOPE
    permission_classes = [IsAuthenticated, IsProgram]

    @extend_schema(
        tags=TAG,
        summary="Tell about a person who may be notified",
        description="What isn't given stays as it was, and null forgets. With a first e-mail address, waiting messages "
        "go out. Of a person with an account here their name, address, language, zone, birth date and consent are what "
        "they say themselves: telling them is answered 409. Anybody else is kept by the first service that tells about "
        "them: any other is answered 403. The answer repeats what was told.",
        request=RecipientSerializer,
        responses=RecipientStateSerializer,
        examples=[
            OpenApiExample(
                "A reader of science fiction",
                value={"email": "anna@example.com", "locale": "ru", "genres": ["sci-fi"], "marketing_consent": True},
                request_only=True,
            )
        ],
    )
    def put(self, request: Request, user_id: UUID) -> Response:
        told = RecipientSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        with use_case():
            recipient = tell_about_recipient(
                service_id=caller_id(request),
                sources=list_sources_of(account_id=request.user.pk),
                user_id=user_id,
                told=told.validated_data,
                now=timezone.now(),
            )
        return Response(RecipientStateSerializer(kept_of(recipient, told.validated_data)).data)
