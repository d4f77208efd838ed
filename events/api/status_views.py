"""Steps of an event's life and its ticket types."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.permissions import IsVerifiedStaff
from common.api.versions import expected_version, with_etag
from common.transactions import use_case
from events.api import examples, inputs, serializers
from events.api.views import EventEndpoint
from events.selectors.events import get_readable_event, standing_of
from events.services.add_ticket_type import add_ticket_type
from events.services.archive_event import archive_event
from events.services.cancel_event import cancel_event
from events.services.change_ticket_type import change_ticket_type
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
        request=inputs.ScheduleInput(partial=True),
        responses=serializers.EventSerializer,
        examples=[
            examples.sent(
                {"starts_at": "2030-06-21T03:00:00Z", "ends_at": "2030-06-21T11:00:00Z", "reason": "Паводок"}
            ),
            ANSWER,
        ],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        reason = self.reason()
        parsed = inputs.ScheduleInput(data=request.data, partial=True)
        parsed.is_valid(raise_exception=True)
        fields = {name: value for name, value in parsed.validated_data.items() if name != "reason"}
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
    permission_classes = [IsAuthenticated, IsVerifiedStaff]

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
    permission_classes = [IsAuthenticated, IsVerifiedStaff]

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


class TicketTypeEndpoint(EventEndpoint):
    permission_classes = [IsAuthenticatedOrReadOnly]

    def ticket_types_response(self, event_id: uuid.UUID, status: int = 200) -> Response:
        event = get_readable_event(actor=self.actor, event_id=event_id)
        context = {"event": event, "standing": standing_of(actor=self.actor, event=event), "now": self.now}
        shown = serializers.TicketTypeSerializer(event.ticket_types.all(), many=True, context=context)
        return with_etag(Response(shown.data, status=status), event.version)


class TicketTypesView(TicketTypeEndpoint):
    @extend_schema(
        summary="List an event's ticket types",
        description="The ETag is the event's: its ticket types belong to it.",
        responses=serializers.TicketTypeSerializer(many=True),
        examples=[examples.answered(examples.TICKET_TYPE)],
    )
    def get(self, request: Request, event_id: uuid.UUID) -> Response:
        return self.ticket_types_response(event_id)

    @extend_schema(
        summary="Add a ticket type",
        request=inputs.TicketTypeInput,
        responses={201: serializers.TicketTypeSerializer(many=True)},
        examples=[examples.sent(examples.TICKET_TYPE_INPUT), examples.answered(examples.TICKET_TYPE)],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        parsed = inputs.TicketTypeInput(data=request.data)
        parsed.is_valid(raise_exception=True)
        with use_case():
            add_ticket_type(
                actor=self.actor,
                event_id=event_id,
                fields=dict(parsed.validated_data),
                expected_version=expected_version(request),
            )
        return self.ticket_types_response(event_id, status=201)


class TicketTypeView(TicketTypeEndpoint):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="Change a ticket type",
        description="A new price applies to new bookings only; capacity can't go below what is held and sold.",
        request=inputs.TicketTypeInput(partial=True),
        responses=serializers.TicketTypeSerializer(many=True),
        examples=[examples.sent({"capacity": 30}), examples.answered(examples.TICKET_TYPE)],
    )
    def patch(self, request: Request, event_id: uuid.UUID, ticket_type_id: uuid.UUID) -> Response:
        parsed = inputs.TicketTypeInput(data=request.data, partial=True)
        parsed.is_valid(raise_exception=True)
        with use_case():
            change_ticket_type(
                actor=self.actor,
                event_id=event_id,
                ticket_type_id=ticket_type_id,
                fields=dict(parsed.validated_data),
                expected_version=expected_version(request),
            )
        return self.ticket_types_response(event_id)
