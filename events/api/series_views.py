"""Copies of an event, and series of them."""

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.idempotency import idempotent_if_keyed
from common.api.versions import expected_version
from common.problems import NotFound
from events.api import bulk_inputs, bulk_serializers, examples, serializers
from events.api.views import EventEndpoint
from events.ports import bookings
from events.recurrence import starts_of
from events.selectors.events import get_managed_event
from events.services.duplicate_event import duplicate_event
from events.services.repeat_event import repeat_event

RULE = {"rule": "FREQ=WEEKLY;BYDAY=FR;COUNT=2"}
DATES = [
    {"starts_at": "2030-06-14T03:00:00Z", "ends_at": "2030-06-14T11:00:00Z"},
    {"starts_at": "2030-06-21T03:00:00Z", "ends_at": "2030-06-21T11:00:00Z"},
]
SERIES = {
    "id": "0197a2b0-5c1e-7d3a-9f4b-2f6f0c9f1a31",
    "rule": RULE["rule"],
    "time_zone": "Asia/Barnaul",
    "events": [dates | {"id": examples.CARD["id"], "position": number} for number, dates in enumerate(DATES)],
}


class OwnEventEndpoint(EventEndpoint):
    permission_classes = [IsAuthenticated]


class DuplicateView(OwnEventEndpoint):
    @extend_schema(
        summary="Begin a new event with what an old one says",
        description="A draft with the same content, ticket types and questions. With an Idempotency-Key it is made once.",
        request=bulk_inputs.CopyInput,
        responses={201: serializers.EventSerializer},
        examples=[
            examples.sent({"starts_at": "2031-06-14T03:00:00Z"}),
            examples.answered(examples.EVENT | {"status": "draft"}),
        ],
    )
    @idempotent_if_keyed
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        parsed = bulk_inputs.CopyInput(data=request.data)
        parsed.is_valid(raise_exception=True)
        copy = duplicate_event(actor=self.actor, event_id=event_id, **parsed.validated_data)
        return self.event_response(copy.id, status=201)


class RecurrencePreviewView(OwnEventEndpoint):
    @extend_schema(
        summary="See what a recurrence rule would make",
        description="At most 200 events within five years, by the clock of the event's time zone. Nothing is written.",
        request=bulk_inputs.RuleInput,
        responses=bulk_serializers.PreviewSerializer,
        examples=[examples.sent(RULE), examples.answered({"total": 2, "dates": DATES})],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        parsed = bulk_inputs.RuleInput(data=request.data)
        parsed.is_valid(raise_exception=True)
        event = get_managed_event(actor=self.actor, event_id=event_id)
        starts = starts_of(rule=parsed.validated_data["rule"], starts_at=event.starts_at, time_zone=event.time_zone)
        length = event.ends_at - event.starts_at
        dates = [{"starts_at": start, "ends_at": start + length} for start in starts]
        return Response(bulk_serializers.PreviewSerializer({"total": len(dates), "dates": dates}).data)


class RecurrenceView(OwnEventEndpoint):
    @extend_schema(
        summary="Make a series out of an event",
        description="The event is the first of the series; each further date becomes a draft like it.",
        request=bulk_inputs.RuleInput,
        responses={201: bulk_serializers.SeriesSerializer},
        examples=[examples.sent(RULE), examples.answered(SERIES)],
    )
    @idempotent_if_keyed
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        parsed = bulk_inputs.RuleInput(data=request.data)
        parsed.is_valid(raise_exception=True)
        series, events = repeat_event(
            actor=self.actor,
            event_id=event_id,
            rule=parsed.validated_data["rule"],
            expected_version=expected_version(request),
        )
        shown = {"id": series.id, "rule": series.rule, "time_zone": series.time_zone, "events": events}
        return Response(bulk_serializers.SeriesSerializer(shown).data, status=201)


class CancellationView(OwnEventEndpoint):
    @extend_schema(
        summary="See how far the refunds of a cancelled event are",
        responses=bulk_serializers.CancellationSerializer,
        examples=[examples.answered({"total": 431, "ended": 120, "failed": 0, "finished_at": None})],
    )
    def get(self, request: Request, event_id: uuid.UUID) -> Response:
        event = get_managed_event(actor=self.actor, event_id=event_id)
        progress = bookings().cancellation_of(event_id=event.id)
        if progress is None:
            raise NotFound
        return Response(bulk_serializers.CancellationSerializer(progress).data)
