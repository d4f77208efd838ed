"""What can be bought for an event."""

import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.versions import expected_version, with_etag
from common.transactions import use_case
from events.api import examples, inputs, serializers
from events.api.pagination import TicketTypesPagination
from events.api.views import EventEndpoint
from events.selectors.events import get_readable_event, list_ticket_types, standing_of
from events.services.add_ticket_type import add_ticket_type
from events.services.change_ticket_type import change_ticket_type
from events.services.remove_ticket_type import remove_ticket_type

ACCESS_CODE = OpenApiParameter("access_code", str, description="Shows the types behind this access or promo code.")


class TicketTypeEndpoint(EventEndpoint):
    permission_classes = [IsAuthenticatedOrReadOnly]

    def context_of(self, event: Any) -> dict[str, Any]:
        return {"event": event, "standing": standing_of(actor=self.actor, event=event), "now": self.now}

    def ticket_type_response(self, ticket_type: Any, status: int = 200) -> Response:
        event = get_readable_event(actor=self.actor, event_id=ticket_type.event_id)
        shown = serializers.TicketTypeSerializer(ticket_type, context=self.context_of(event))
        return with_etag(Response(shown.data, status=status), event.version)


@extend_schema_view(
    get=extend_schema(
        summary="List an event's ticket types",
        description="The ETag is the event's: its ticket types belong to it.",
        parameters=[ACCESS_CODE],
        responses=serializers.TicketTypeSerializer(many=True),
        examples=[examples.answered(examples.TICKET_TYPE)],
    )
)
class TicketTypesView(TicketTypeEndpoint, generics.ListAPIView):
    serializer_class = serializers.TicketTypeSerializer
    pagination_class = TicketTypesPagination
    filter_backends: list[Any] = []

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.event = get_readable_event(actor=self.actor, event_id=self.kwargs["event_id"])
        return with_etag(super().list(request, *args, **kwargs), self.event.version)

    def get_queryset(self) -> QuerySet:
        standing = standing_of(actor=self.actor, event=self.event)
        # PostgreSQL looks for no zero characters.
        access_code = self.request.query_params.get("access_code", "").replace("\0", "")
        return list_ticket_types(event=self.event, standing=standing, access_code=access_code, now=self.now)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), **self.context_of(self.event)}

    @extend_schema(
        summary="Add a ticket type",
        request=inputs.TicketTypeInput,
        responses={201: serializers.TicketTypeSerializer},
        examples=[examples.sent(examples.TICKET_TYPE_INPUT), examples.answered(examples.TICKET_TYPE)],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        parsed = inputs.TicketTypeInput(data=request.data)
        parsed.is_valid(raise_exception=True)
        with use_case():
            added = add_ticket_type(
                actor=self.actor,
                event_id=event_id,
                fields=dict(parsed.validated_data),
                expected_version=expected_version(request),
            )
        return self.ticket_type_response(added, status=201)


class TicketTypeView(TicketTypeEndpoint):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="Change a ticket type",
        description="A new price applies to new bookings only; capacity can't go below what is held and sold.",
        request=inputs.TicketTypeInput(partial=True),
        responses=serializers.TicketTypeSerializer,
        examples=[examples.sent({"capacity": 30}), examples.answered(examples.TICKET_TYPE)],
    )
    def patch(self, request: Request, event_id: uuid.UUID, ticket_type_id: uuid.UUID) -> Response:
        parsed = inputs.TicketTypeInput(data=request.data, partial=True)
        parsed.is_valid(raise_exception=True)
        with use_case():
            changed = change_ticket_type(
                actor=self.actor,
                event_id=event_id,
                ticket_type_id=ticket_type_id,
                fields=dict(parsed.validated_data),
                expected_version=expected_version(request),
            )
        return self.ticket_type_response(changed)

    @extend_schema(
        summary="Take a ticket type away from a draft",
        description="Its questions go with it, and promo codes that count for it alone.",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, event_id: uuid.UUID, ticket_type_id: uuid.UUID) -> Response:
        with use_case():
            remove_ticket_type(
                actor=self.actor,
                event_id=event_id,
                ticket_type_id=ticket_type_id,
                expected_version=expected_version(request),
            )
        return Response(status=204)
