"""REST doors of the door: scans, those made offline, their undoing, the list, seats sold there."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookings.api import examples
from bookings.api.digests import answer_unless_known
from bookings.api.door_serializers import (
    CheckInInput,
    DoorTicketSerializer,
    IssueInput,
    OfflineTicketSerializer,
    ScanResultsSerializer,
    ScansSerializer,
)
from bookings.api.serializers import BookingSerializer, CheckInSerializer
from bookings.selectors import find_tickets_at_door, get_event_at_door, list_no_tickets, list_tickets_at_door
from bookings.services.check_in_ticket import check_in_by_name, check_in_ticket
from bookings.services.issue_booking import issue_booking
from bookings.services.undo_check_in import undo_check_in
from bookings.services.upload_scans import Scan, upload_scans
from common.api.idempotency import idempotent
from common.api.pagination import CursorPagination
from common.callers import caller_id
from common.transactions import use_case

SCAN = OpenApiExample("A scan", value={"code": "MFRGGZDFMZTWQ2LK.q8…", "gate": "Main gate"}, request_only=True)
SCANS = OpenApiExample(
    "Two hours in the forest",
    value={"scans": [{"code": "MFRGGZDFMZTWQ2LK.q8…", "gate": "Pier", "scanned_at": "2030-06-14T02:41:00Z"}]},
    request_only=True,
)
ISSUE = OpenApiExample(
    "For the press",
    value={
        "origin": "complimentary",
        "items": [{"ticket_type": examples.TICKET_TYPE_ID, "quantity": 1}],
        "name": "Анна",
        "email": "anna@example.com",
        "reason": "Press",
    },
    request_only=True,
)
WORDS = OpenApiParameter("q", str, required=True, description="A name, the beginning of an address, a printed code.")


class CheckInsView(APIView):
    @extend_schema(
        summary="Check a ticket in at the door",
        request=CheckInInput,
        responses={201: CheckInSerializer},
        examples=[SCAN],
    )
    def post(self, request: Request, event_id: UUID) -> Response:
        scan = CheckInInput(data=request.data)
        scan.is_valid(raise_exception=True)
        told: dict[str, Any] = {"staff_id": caller_id(request), "event_id": event_id, "now": timezone.now()}
        told["gate"] = scan.validated_data["gate"]
        with use_case():
            if "code" in scan.validated_data:
                ticket = check_in_ticket(code=scan.validated_data["code"], **told)
            else:
                ticket = check_in_by_name(ticket_id=scan.validated_data["ticket"], **told)
        return Response(CheckInSerializer(ticket).data, status=201)


class CheckInView(APIView):
    @extend_schema(summary="Undo a mistaken scan", responses={204: None})
    def delete(self, request: Request, event_id: UUID, ticket_id: UUID) -> Response:
        with use_case():
            undo_check_in(staff_id=caller_id(request), event_id=event_id, ticket_id=ticket_id, now=timezone.now())
        return Response(status=204)


class UploadedScansView(APIView):
    @extend_schema(
        summary="Upload scans that were made without a network",
        description="Each counts for itself; sent again, it has the same result.",
        request=ScansSerializer,
        responses={200: ScanResultsSerializer},
        examples=[SCANS],
    )
    def post(self, request: Request, event_id: UUID) -> Response:
        body = ScansSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        scans = [Scan(**one) for one in body.validated_data["scans"]]
        results = upload_scans(staff_id=caller_id(request), event_id=event_id, scans=scans, now=timezone.now())
        return Response(ScanResultsSerializer({"results": results}).data)


class DoorListPages(CursorPagination):
    """Large pages of a fixed size: a phone keeps them all, each with its own ETag."""

    page_size = 500
    page_size_query_param = None  # type: ignore[assignment]  # Django REST framework means it so
    ordering = ("id",)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return super().get_schema_operation_parameters(view)[:1]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        told = super().get_paginated_response_schema(schema)
        opening = {"type": ["string", "null"], "format": "date-time", "example": "2030-06-14T01:00:00Z"}
        told["properties"]["doors_open_at"] = opening
        return told


class DoorListView(ListAPIView):
    # For the API document only.
    queryset = list_no_tickets()
    pagination_class = DoorListPages
    serializer_class = OfflineTicketSerializer

    def get_queryset(self) -> Any:
        return list_tickets_at_door(staff_id=caller_id(self.request), event_id=self.kwargs["event_id"])

    @extend_schema(
        summary="All tickets of an event, for doors without a network",
        description=(
            "Pages of 500. Send a page's ETag in If-None-Match: nothing new on it is answered with 304. "
            "Before `doors_open_at` nobody is to be let in; null: nobody is too early."
        ),
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = super().get(request, *args, **kwargs).data
        event = get_event_at_door(staff_id=caller_id(request), event_id=self.kwargs["event_id"])
        return answer_unless_known(request, {"doors_open_at": event.doors_open_at, **page})


class DoorSearchView(APIView):
    @extend_schema(
        summary="Find tickets at the door by name",
        parameters=[WORDS],
        responses={200: DoorTicketSerializer(many=True)},
    )
    def get(self, request: Request, event_id: UUID) -> Response:
        words = str(request.query_params.get("q", ""))[:120].replace("\0", "")
        tickets = find_tickets_at_door(staff_id=caller_id(request), event_id=event_id, words=words)
        return Response(DoorTicketSerializer(tickets, many=True).data)


class IssuedBookingsView(APIView):
    @extend_schema(
        summary="Give seats away, or sell them at the door",
        request=IssueInput,
        responses={201: BookingSerializer},
        examples=[ISSUE],
    )
    @idempotent
    def post(self, request: Request, event_id: UUID) -> Response:
        wanted = IssueInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        fields = {**wanted.validated_data, "answers": wanted.given_answers}
        quantities = {item["ticket_type"]: item["quantity"] for item in fields.pop("items")}
        booking = issue_booking(
            staff_id=caller_id(request), event_id=event_id, quantities=quantities, now=timezone.now(), **fields
        )
        return Response(BookingSerializer(booking).data, status=201)
