"""What an organizer asks those who attend."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.versions import expected_version
from common.transactions import use_case
from events.api import examples, question_serializers
from events.api.pagination import AnswersPagination, QuestionsPagination
from events.api.views import EventEndpoint
from events.selectors.events import get_readable_event, standing_of
from events.selectors.questions import list_answers, list_questions
from events.services.add_question import add_question
from events.services.change_question import change_question

QUESTION = {
    "id": "0197a2b0-5c1e-7d3a-9f4b-2f6f0c9f1a51",
    "ticket_type": None,
    "kind": "choice",
    "prompt": "Размер гидрокостюма",
    "text": "",
    "choices": ["S", "M", "L", "XL"],
    "is_required": True,
    "position": 0,
}
SENT = {name: value for name, value in QUESTION.items() if name not in ("id", "text")}


@extend_schema_view(
    get=extend_schema(
        summary="List what an event asks those who attend",
        description="Each question is answered once per seat: of its ticket type, or of every one when it names none.",
        responses=question_serializers.QuestionSerializer(many=True),
        examples=[examples.answered(QUESTION)],
    )
)
class QuestionsView(EventEndpoint, generics.ListAPIView):
    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = question_serializers.QuestionSerializer
    pagination_class = QuestionsPagination
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet:
        event = get_readable_event(actor=self.actor, event_id=self.kwargs["event_id"])
        return list_questions(event=event, standing=standing_of(actor=self.actor, event=event))

    @extend_schema(
        summary="Ask something",
        request=question_serializers.QuestionInput,
        responses={201: question_serializers.QuestionSerializer},
        examples=[examples.sent(SENT), examples.answered(QUESTION)],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        parsed = question_serializers.QuestionInput(data=request.data)
        parsed.is_valid(raise_exception=True)
        with use_case():
            question = add_question(
                actor=self.actor,
                event_id=event_id,
                fields=dict(parsed.validated_data),
                expected_version=expected_version(request),
            )
        return Response(question_serializers.QuestionSerializer(question).data, status=201)


class QuestionView(EventEndpoint):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="Put a question differently",
        description="What was answered keeps the words that it answered.",
        request=question_serializers.QuestionInput(partial=True),
        responses=question_serializers.QuestionSerializer,
        examples=[examples.sent({"is_required": False}), examples.answered(QUESTION)],
    )
    def patch(self, request: Request, event_id: uuid.UUID, question_id: uuid.UUID) -> Response:
        parsed = question_serializers.QuestionInput(data=request.data, partial=True)
        parsed.is_valid(raise_exception=True)
        return Response(self._changed(event_id, question_id, dict(parsed.validated_data)))

    @extend_schema(summary="Ask this no more", request=None, responses={204: None})
    def delete(self, request: Request, event_id: uuid.UUID, question_id: uuid.UUID) -> Response:
        self._changed(event_id, question_id, {"retired_at": timezone.now()})
        return Response(status=204)

    def _changed(self, event_id: uuid.UUID, question_id: uuid.UUID, fields: dict[str, Any]) -> Any:
        with use_case():
            question = change_question(
                actor=self.actor,
                event_id=event_id,
                question_id=question_id,
                fields=fields,
                expected_version=expected_version(self.request),
            )
        return question_serializers.QuestionSerializer(question).data


@extend_schema_view(
    get=extend_schema(
        summary="List what was answered",
        description="For those who manage the event; each answer with the words that stood there then.",
        responses=question_serializers.AnswerSerializer(many=True),
        examples=[
            examples.answered(
                {
                    "question": QUESTION["id"],
                    "prompt": QUESTION["prompt"],
                    "text": "",
                    "value": "M",
                    "booking_id": "0197a2b0-5c1e-7d3a-9f4b-2f6f0c9f1a61",
                    "ticket_type": "Взрослый",
                    "seat": 1,
                    "answered_at": "2030-06-01T09:00:00Z",
                }
            )
        ],
    )
)
class AnswersView(EventEndpoint, generics.ListAPIView):
    permission_classes = [IsAuthenticated]
    serializer_class = question_serializers.AnswerSerializer
    pagination_class = AnswersPagination
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet:
        return list_answers(actor=self.actor, event_id=self.kwargs["event_id"])
