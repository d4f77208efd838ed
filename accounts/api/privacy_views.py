"""One's own data as a file."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import PersonExport
from accounts.scopes import ACCOUNT
from accounts.selectors import get_export, get_export_file
from accounts.services.order_export import order_export
from common.callers import caller_id
from common.downloads import as_download
from common.transactions import in_use_case

EXAMPLE_EXPORT = {
    "id": "0199a3c2-5b7e-7c31-9d0f-6d2b8a5e4f15",
    "status": "pending",
    "parts_done": 3,
    "parts_total": 7,
    "created_at": "2026-06-01T09:00:00Z",
    "finished_at": None,
}
BEGUN = EXAMPLE_EXPORT | {"parts_done": 0}
ARCHIVE = OpenApiResponse(
    OpenApiTypes.BINARY, "A zip of JSON files", examples=[OpenApiExample("The file", value="PK…", response_only=True)]
)


class PersonExportSerializer(serializers.ModelSerializer[PersonExport]):
    class Meta:
        model = PersonExport
        fields = ["id", "status", "parts_done", "parts_total", "created_at", "finished_at"]
        read_only_fields = fields


@extend_schema(tags=["accounts"])
class ExportView(APIView):
    """Everything kept about the caller, by all apps."""

    token_scope = ACCOUNT

    @extend_schema(
        summary="How far my export is",
        responses=PersonExportSerializer,
        examples=[OpenApiExample("Under way", value=EXAMPLE_EXPORT, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        return Response(PersonExportSerializer(get_export(user_id=caller_id(request))).data)

    @extend_schema(
        summary="Order an export of everything kept about me",
        description="A worker makes it, part by part. Ordered again while it is made, or a moment later, it is the same.",
        request=None,
        responses={202: PersonExportSerializer},
        examples=[OpenApiExample("Ordered", value=BEGUN, response_only=True, status_codes=["202"])],
    )
    @in_use_case
    def post(self, request: Request) -> Response:
        export = order_export(user_id=caller_id(request), now=timezone.now())
        return Response(PersonExportSerializer(export).data, status=202)


@extend_schema(tags=["accounts"])
class ExportFileView(APIView):
    token_scope = ACCOUNT

    @extend_schema(
        operation_id="me_export_file",
        summary="Take my export away",
        description="Kept for seven days.",
        responses={(200, "application/zip"): ARCHIVE},
    )
    def get(self, request: Request) -> HttpResponse:
        return as_download(get_export_file(user_id=caller_id(request)), "application/zip", "aquastream-export.zip")
