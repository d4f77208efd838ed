"""An event's picture, and what users have against it."""

import uuid

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as rest
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.known_members import KnownMembersOnly
from common.api.versions import expected_version
from common.problems import FieldProblem, InvalidInput
from common.transactions import use_case
from events.api import examples, serializers
from events.api.views import EventEndpoint
from events.models.moderation import EventReport
from events.pictures import MOST_BYTES, PictureRefused, cover_from
from events.selectors.events import get_managed_event
from events.services.change_cover import change_cover, keep_picture
from events.services.report_event import report_event

# What multipart/form-data writes around a file.
MOST_AROUND = 64 * 1024


class EventReportInput(KnownMembersOnly):
    """What is wrong with an event."""

    reason = rest.ChoiceField(choices=EventReport.Reason.choices)
    comment = rest.CharField(max_length=1000, required=False, allow_blank=True, default="")


class ReportView(EventEndpoint):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="Report an event to the administrators",
        description="Once per user.",
        request=EventReportInput,
        responses={204: None},
        examples=[examples.sent({"reason": "fraud", "comment": "Такой базы на этом озере нет."})],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        parsed = EventReportInput(data=request.data)
        parsed.is_valid(raise_exception=True)
        with use_case():
            report_event(actor=self.actor, event_id=event_id, now=self.now, **parsed.validated_data)
        return Response(status=204)


class CoverView(EventEndpoint):
    permission_classes = [IsAuthenticated]
    parser_classes = [MultiPartParser]

    @extend_schema(
        summary="Give an event a picture of its own",
        description=(
            "JPEG, PNG or WebP of at least 400 × 225 pixels and at most 10 MB, as the part `file`. It is turned "
            "upright, made smaller and written anew without its metadata."
        ),
        request={
            "multipart/form-data": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        },
        responses=serializers.EventSerializer,
        examples=[examples.uploaded({"file": "(the picture)"}), examples.answered(examples.EVENT)],
    )
    def put(self, request: Request, event_id: uuid.UUID) -> Response:
        # Asked first, so that nobody fills the store with pictures of events that aren't theirs.
        get_managed_event(actor=self.actor, event_id=event_id)
        # Before the body is read: whatever is in it, it is too much.
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES + MOST_AROUND:
            raise PictureRefused(reason="too_large")
        sent = request.FILES.get("file")
        if sent is None:
            raise InvalidInput(
                errors=(FieldProblem("/file", "required", gettext("Send a picture as the part `file`.")),)
            )
        version = expected_version(request)
        name = keep_picture(content=cover_from(sent.read(MOST_BYTES + 1)), now=self.now)
        with use_case():
            change_cover(actor=self.actor, event_id=event_id, name=name, now=self.now, expected_version=version)
        return self.event_response(event_id)

    @extend_schema(summary="Take an event's own picture away", request=None, responses={204: None})
    def delete(self, request: Request, event_id: uuid.UUID) -> Response:
        with use_case():
            change_cover(
                actor=self.actor,
                event_id=event_id,
                name="",
                now=self.now,
                expected_version=expected_version(request),
            )
        return Response(status=204)
