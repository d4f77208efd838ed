"""Reports over REST."""

from datetime import datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import selectors
from analytics.api.permissions import MayReadEverybodysFigures
from analytics.api.serializers import (
    EventReportSerializer,
    OrganizerReportSerializer,
    PeriodInput,
    PlatformReportSerializer,
    share,
)
from analytics.selectors import Period
from analytics.services.record_view import record_view
from common.callers import caller_address
from common.transactions import use_case
from reviews.selectors import get_queue_length

PLATFORM_PERIODS = {"today": 1, "days_7": 7, "days_30": 30}


class EventViewsView(APIView):
    """Hit by the event page's script; whoever it is stays unknown, so there is nobody to authenticate."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(summary="Count a view of an event's page", request=None, responses={204: None})
    def post(self, request: Request, event_id: UUID) -> Response:
        with use_case():
            record_view(
                event_id=event_id,
                address=caller_address(request),
                browser=request.headers.get("User-Agent", ""),
                now=timezone.now(),
            )
        return Response(status=204)


class EventReportView(APIView):
    @extend_schema(
        summary="Read an event's figures as its organizer",
        parameters=[PeriodInput],
        responses=EventReportSerializer,
    )
    def get(self, request: Request, event_id: UUID) -> Response:
        period = _period(request)
        event = selectors.get_reported_event(event_id=event_id, **_asker(self, request))
        totals = selectors.sum_of_event(period=period, event_id=event_id)
        report = {
            "event_id": event.pk,
            "title": event.title,
            "currency": event.currency,
            **_dates(period),
            "totals": totals,
            "conversion": {
                "visitor_to_hold": share(totals["holds"], totals["visitors"]),
                "hold_to_confirmed": share(totals["confirmed"], totals["holds"]),
            },
            "days": selectors.list_days(period=period, event_id=event_id),
        }
        return Response(EventReportSerializer(report).data)


class OrganizerReportView(APIView):
    @extend_schema(
        summary="Read an organizer's figures as a member", parameters=[PeriodInput], responses=OrganizerReportSerializer
    )
    def get(self, request: Request, organizer_id: UUID) -> Response:
        period = _period(request)
        organizer = selectors.get_reported_organizer(organizer_id=organizer_id, **_asker(self, request))
        report = {
            "organizer_id": organizer.pk,
            "name": organizer.name,
            **_dates(period),
            "totals": selectors.list_sums_by_currency(period=period, organizer_id=organizer_id),
            "events": selectors.list_sums_by_event(period=period, organizer_id=organizer_id),
        }
        return Response(OrganizerReportSerializer(report).data)


class PlatformReportView(APIView):
    permission_classes = [MayReadEverybodysFigures]

    @extend_schema(summary="Read the platform's figures as an administrator", responses=PlatformReportSerializer)
    def get(self, request: Request) -> Response:
        today = timezone.now().date()
        periods = {
            name: Period(today - timedelta(days=days - 1), today + timedelta(days=1))
            for name, days in PLATFORM_PERIODS.items()
        }
        report = {
            "periods": {
                name: {
                    **_dates(period),
                    "new_users": selectors.count_new_users(since=_start_of(period)),
                    "totals": selectors.list_sums_by_currency(period=period),
                }
                for name, period in periods.items()
            },
            "top_events": selectors.list_top_events(period=periods["days_30"]),
            "moderation": get_queue_length(),
        }
        return Response(PlatformReportSerializer(report).data)


def _period(request: Request) -> Period:
    query = PeriodInput(data=request.query_params)
    query.is_valid(raise_exception=True)
    return cast("Period", query.validated_data["period"])


def _asker(view: APIView, request: Request) -> dict[str, Any]:
    return {"user_id": request.user.pk, "is_staff": MayReadEverybodysFigures().has_permission(request, view)}


def _dates(period: Period) -> dict[str, Any]:
    return {"date_from": period.first, "date_to": period.end - timedelta(days=1)}


def _start_of(period: Period) -> datetime:
    return datetime.combine(period.first, time.min, timezone.get_current_timezone())
