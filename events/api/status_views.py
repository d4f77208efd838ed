"""Steps of an event's life."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.versions import expected_version
from common.transactions import use_case
from events.api import examples, inputs, serializers
from events.api.permissions import MayTakeEventsDown
from events.api.views import EventEndpoint
from events.services.archive_event import archive_event
from events.services.cancel_event import cancel_event
from events.services.publish_event import publish_event
from events.services.reschedule_event import reschedule_event
from events.services.restore_event import restore_event
from events.services.suspend_event import suspend_event

REASON = examples.sent({"reason": "Штормовое предупреждение"})
ANSWER = examples.answered(examples.EVENT)


class StatusEndpoint(EventEndpoint):
    """POST a step; If-Match is optional."""

    permission_classes = [IsAuthenticated]

    def reason(self) -> str:
        parsed = inputs.ReasonInput(data=self.request.data)
        parsed.is_valid(raise_exception=True)
        return parsed.validated_data["reason"]


class PublishView(StatusEndpoint):
    @extend_schema(
        summary="Publish a draft",
        description="Everything that is missing is named at once, with pointers.",
        request=None,
        responses=serializers.EventSerializer,
        examples=[ANSWER],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        with use_case():
            publish_event(actor=self.actor, event_id=event_id, now=self.now, expected_version=expected_version(request))
        return self.event_response(event_id)


class CancelView(StatusEndpoint):
    @extend_schema(
        summary="Cancel an event",
        request=inputs.ReasonInput,
        responses=serializers.EventSerializer,
        examples=[REASON, ANSWER],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        reason = self.reason()
        with use_case():
            cancel_event(actor=self.actor, event_id=event_id, reason=reason, expected_version=expected_version(request))
        return self.event_response(event_id)


class RescheduleView(StatusEndpoint):
    @extend_schema(
        summary="Move an event to another time or place",
        request=inputs.ScheduleInput,
        responses=serializers.EventSerializer,
        examples=[
            examples.sent(
                {"starts_at": "2030-06-21T03:00:00Z", "ends_at": "2030-06-21T11:00:00Z", "reason": "Паводок"}
            ),
            ANSWER,
        ],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        parsed = inputs.ScheduleInput(data=request.data)
        parsed.is_valid(raise_exception=True)
        fields = dict(parsed.validated_data)
        reason = fields.pop("reason")
        with use_case():
            reschedule_event(
                actor=self.actor,
                event_id=event_id,
                fields=fields,
                reason=reason,
                now=self.now,
                expected_version=expected_version(request),
            )
        return self.event_response(event_id)


class ArchiveView(StatusEndpoint):
    @extend_schema(
        summary="Archive a finished event", request=None, responses=serializers.EventSerializer, examples=[ANSWER]
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        with use_case():
            archive_event(actor=self.actor, event_id=event_id, expected_version=expected_version(request))
        return self.event_response(event_id)


class SuspendView(StatusEndpoint):
    permission_classes = [IsAuthenticated, MayTakeEventsDown]

    @extend_schema(
        summary="Take an event down (administrators)",
        request=inputs.ReasonInput,
        responses=serializers.EventSerializer,
        examples=[examples.sent({"reason": "Жалобы на содержание"}), ANSWER],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        reason = self.reason()
        with use_case():
            suspend_event(
                administrator=self.actor, event_id=event_id, reason=reason, expected_version=expected_version(request)
            )
        return self.event_response(event_id)


class RestoreView(StatusEndpoint):
    permission_classes = [IsAuthenticated, MayTakeEventsDown]

    @extend_schema(
        summary="Put an event back (administrators)",
        request=None,
        responses=serializers.EventSerializer,
        examples=[ANSWER],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        with use_case():
            restore_event(
                administrator=self.actor, event_id=event_id, now=self.now, expected_version=expected_version(request)
            )
        return self.event_response(event_id)
