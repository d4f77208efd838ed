"""The secret address of one's calendar."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from common.callers import caller_id
from common.transactions import use_case
from events.api.examples import answered
from events.api.views import EventEndpoint
from events.calendar_links import link_of
from events.services.reset_calendar_link import ensure_calendar_secret, reset_calendar_link

LINK = answered({"url": "https://aquastream.example/calendar/0197a2b0.5f6c:Zk3vQ0.ics"})


class CalendarLinkSerializer(serializers.Serializer):
    url = serializers.CharField(help_text="For a calendar program: booked and favourite events. Keep it to yourself.")


class CalendarLinkView(EventEndpoint):
    permission_classes = [IsAuthenticated]

    @extend_schema(summary="Get the address of one's calendar", responses=CalendarLinkSerializer, examples=[LINK])
    def get(self, request: Request) -> Response:
        with use_case():
            secret = ensure_calendar_secret(user_id=caller_id(request))
        return Response({"url": link_of(user_id=caller_id(request), secret=secret)})

    @extend_schema(
        summary="Change the address of one's calendar",
        description="The old address is worth nothing from now on.",
        request=None,
        responses=CalendarLinkSerializer,
        examples=[LINK],
    )
    def post(self, request: Request) -> Response:
        with use_case():
            secret = reset_calendar_link(user_id=caller_id(request))
        return Response({"url": link_of(user_id=caller_id(request), secret=secret)})
