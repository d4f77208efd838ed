"""REST doors of an organizer: exports of bookings, statements of settlement, messages to those who booked."""

import csv
from datetime import datetime, timedelta
from io import StringIO
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookings.api.files import file_answer
from bookings.services.export_bookings import export_csv, export_xlsx, harmless, note_export
from bookings.services.settle_month import read_fees
from bookings.services.settle_organizer import Statement, statement_for_member
from bookings.services.write_to_bookers import preview_message, write_to_bookers
from common.api.examples import shown_as
from common.api.idempotency import idempotent
from common.callers import caller_id
from common.downloads import as_download
from common.transactions import use_case
from events.api.fields import MoneySerializer

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DEFAULT_PERIOD = timedelta(days=31)
LETTER = {"subject": "Где встречаемся", "text": "В 6:00 у причала. Возьмите куртку."}
AMOUNT = {"amount": "9000.00", "currency": "RUB"}
NOTHING = {"amount": "0.00", "currency": "RUB"}
STATEMENT = {
    "since": "2030-05-01T00:00:00Z",
    "until": "2030-06-01T00:00:00Z",
    "lines": [
        {
            "event_id": "01976e3c-8d2a-7c31-9b1e-0242ac120002",
            "event_title": "Сплав по Катуни",
            "payments": 1,
            "paid": AMOUNT,
            "refunded": NOTHING,
            "due": AMOUNT,
        }
    ],
    "totals": [AMOUNT],
    "fees": [{"amount": "450.00", "currency": "RUB"}],
    "payouts": [{"amount": "8550.00", "currency": "RUB"}],
}


class PeriodInput(serializers.Serializer):
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)

    def validate(self, period: dict[str, datetime]) -> dict[str, datetime]:
        until = period.get("until", timezone.now())
        since = period.get("since", until - DEFAULT_PERIOD)
        if since >= until:
            raise serializers.ValidationError({"until": _("The period must end after it begins.")}, code="order")
        return {"since": since, "until": until}


class StatementLineSerializer(serializers.Serializer):
    event_id = serializers.UUIDField()
    event_title = serializers.CharField()
    payments = serializers.IntegerField()
    paid = MoneySerializer()
    refunded = MoneySerializer()
    due = MoneySerializer()


@shown_as(STATEMENT)
class StatementSerializer(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    lines = StatementLineSerializer(many=True)
    totals = MoneySerializer(many=True)
    fees = MoneySerializer(many=True, help_text="The platform's fee on the totals, by currency.")
    payouts = MoneySerializer(many=True, help_text="The totals less the fees: what the organizer gets.")


class LetterInput(serializers.Serializer):
    subject = serializers.CharField(max_length=150)
    text = serializers.CharField(max_length=5000)


@shown_as(LETTER | {"recipients": 42})
class LetterSerializer(serializers.Serializer):
    subject = serializers.CharField()
    text = serializers.CharField()
    recipients = serializers.IntegerField()


PERIOD = [
    OpenApiParameter("since", datetime, description="31 days before the end, when not given."),
    OpenApiParameter("until", datetime, description="Now, when not given; not included."),
]
LETTER_EXAMPLE = OpenApiExample("Where to meet", value=LETTER, request_only=True)


class BookingsCsvView(APIView):
    @extend_schema(
        operation_id="events_bookings_csv",
        summary="All bookings of an event that I manage, as CSV",
        responses={(200, "text/csv"): file_answer("booking,status,origin,name,…")},
    )
    def get(self, request: Request, event_id: UUID) -> StreamingHttpResponse:
        with use_case():
            note_export(manager_id=caller_id(request), event_id=event_id, form="csv")
        pieces = export_csv(manager_id=caller_id(request), event_id=event_id)
        headers = {"Content-Disposition": f'attachment; filename="bookings-{event_id}.csv"'}
        return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8", headers=headers)


class BookingsXlsxView(APIView):
    @extend_schema(
        operation_id="events_bookings_xlsx",
        summary="All bookings of an event that I manage, as a spreadsheet",
        responses={(200, XLSX): file_answer("PK…")},
    )
    def get(self, request: Request, event_id: UUID) -> FileResponse:
        with use_case():
            note_export(manager_id=caller_id(request), event_id=event_id, form="xlsx")
        file = export_xlsx(manager_id=caller_id(request), event_id=event_id)
        return FileResponse(file, as_attachment=True, filename=f"bookings-{event_id}.xlsx", content_type=XLSX)


class SettlementView(APIView):
    @extend_schema(
        summary="What the platform owes an organizer that I manage, by event",
        parameters=PERIOD,
        responses={200: StatementSerializer},
    )
    def get(self, request: Request, organizer_id: UUID) -> Response:
        return Response(StatementSerializer(_statement(request, organizer_id)).data)


class SettlementCsvView(APIView):
    @extend_schema(
        operation_id="organizers_settlement_csv",
        summary="The same statement as CSV",
        parameters=PERIOD,
        responses={(200, "text/csv"): file_answer("event id,event,payments,paid,…")},
    )
    def get(self, request: Request, organizer_id: UUID) -> HttpResponse:
        content = settlement_csv(_statement(request, organizer_id))
        return as_download(content, "text/csv; charset=utf-8", f"settlement-{organizer_id}.csv")


class MessagesView(APIView):
    @extend_schema(
        summary="Write to everybody who has booked",
        request=LetterInput,
        responses={201: LetterSerializer},
        examples=[LETTER_EXAMPLE],
    )
    @idempotent
    def post(self, request: Request, event_id: UUID) -> Response:
        letter = LetterInput(data=request.data)
        letter.is_valid(raise_exception=True)
        message = write_to_bookers(
            manager_id=caller_id(request), event_id=event_id, now=timezone.now(), **letter.validated_data
        )
        return Response(LetterSerializer(message).data, status=201)


class MessagePreviewView(APIView):
    @extend_schema(
        summary="What would be written, and to how many",
        request=LetterInput,
        responses={200: LetterSerializer},
        examples=[LETTER_EXAMPLE],
    )
    def post(self, request: Request, event_id: UUID) -> Response:
        letter = LetterInput(data=request.data)
        letter.is_valid(raise_exception=True)
        preview = preview_message(manager_id=caller_id(request), event_id=event_id, **letter.validated_data)
        return Response(LetterSerializer(preview).data)


def settlement_csv(statement: Statement) -> bytes:
    """Return the statement for a spreadsheet; a title that begins like a formula is only text."""
    text = StringIO()
    write = csv.writer(text).writerow
    write([_("event id"), _("event"), _("payments"), _("paid"), _("refunded"), _("due"), _("currency")])
    for line in statement.lines:
        title, paid = harmless(line.event_title), line.paid
        write([line.event_id, title, line.payments, paid.amount, line.refunded.amount, line.due.amount, paid.currency])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _statement(request: Request, organizer_id: UUID) -> Statement:
    period = PeriodInput(data=request.query_params.dict())
    period.is_valid(raise_exception=True)
    return statement_for_member(
        user_id=caller_id(request),
        organizer_id=organizer_id,
        time_zone=settings.SETTLEMENT_TIME_ZONE,
        fees=read_fees(settings.PLATFORM_FEES),
        **period.validated_data,
    )
