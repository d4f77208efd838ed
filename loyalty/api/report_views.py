"""Reports, files in and out, and the keys that sign webhooks."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bookings.api.files import file_answer
from common.callers import caller_id
from common.transactions import use_case
from loyalty import report_selectors, selectors
from loyalty.api import filters
from loyalty.api import report_serializers as shapes
from loyalty.api.serializers import RotationInput
from loyalty.api.views import overlap_in, rows_for
from loyalty.services.request_transfer import request_export, request_import, start_import
from loyalty.services.rotate_signing_key import rotate_signing_key

IMPORT = OpenApiExample(
    "Two customers",
    value={"kind": "import_customers", "content": "email,phone,name,points\nanna@example.com,,Anna,250\n"},
    request_only=True,
)


class ReportView(APIView):
    """What happened in a project."""

    @extend_schema(
        summary="Read a project's figures",
        description="Accruals, redemptions and expiry by day, what is outstanding, webhooks, and orders by UTM marks.",
        parameters=[OpenApiParameter("days", int, description="So many days until now, 30 by default, 366 at most")],
        responses=shapes.LoyaltyReportSerializer,
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        given = shapes.PeriodInput(data=request.query_params)
        given.is_valid(raise_exception=True)
        report = report_selectors.get_report(
            user_id=caller_id(request),
            project_id=project_id,
            days=given.validated_data["days"],
            now=timezone.now(),
        )
        return Response(shapes.LoyaltyReportSerializer(report).data)


@extend_schema_view(get=extend_schema(summary="List a project's imports and exports"))
class TransfersView(ListAPIView):
    """Files in and out, the latest first."""

    serializer_class = shapes.CustomerFileSerializer
    filterset_class = filters.TransferFilter
    pagination_class = filters.TransferPages

    def get_queryset(self) -> Any:
        return rows_for(self, report_selectors.list_transfers)

    @extend_schema(
        summary="Import or export customers",
        description=(
            "An export is made by a worker. An import is tried out first: each row that is wrong is named by its line, "
            "and nothing is written until it is started. Points are opening balances."
        ),
        request=shapes.CustomerFileInput,
        responses={202: shapes.CustomerFileSerializer},
        examples=[IMPORT],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        actor_id = caller_id(request)
        project = selectors.get_owned_project(user_id=actor_id, project_id=project_id)
        given = shapes.CustomerFileInput(data=request.data)
        given.is_valid(raise_exception=True)
        content, kind = given.validated_data.get("content"), given.validated_data["kind"]
        with use_case():
            if kind == "import_customers":
                transfer = request_import(
                    project=project, actor_id=actor_id, content=content.encode(), now=timezone.now()
                )
            else:
                transfer = request_export(project=project, actor_id=actor_id, kind=kind, now=timezone.now())
        return Response(shapes.CustomerFileSerializer(transfer).data, status=202)


class TransferView(APIView):
    """One file on its way."""

    @extend_schema(summary="Read how far a file is", responses=shapes.CustomerFileSerializer)
    def get(self, request: Request, project_id: UUID, transfer_id: UUID) -> Response:
        found = report_selectors.get_transfer(
            user_id=caller_id(request), project_id=project_id, transfer_id=transfer_id
        )
        return Response(shapes.CustomerFileSerializer(found).data)


class StartImportView(APIView):
    """The go-ahead for an import that was checked."""

    @extend_schema(
        summary="Start a checked import",
        description="Rows that were found wrong are left out.",
        request=None,
        responses={202: shapes.CustomerFileSerializer},
    )
    def post(self, request: Request, project_id: UUID, transfer_id: UUID) -> Response:
        actor_id = caller_id(request)
        found = report_selectors.get_transfer(user_id=actor_id, project_id=project_id, transfer_id=transfer_id)
        with use_case():
            started = start_import(transfer=found, actor_id=actor_id, now=timezone.now())
        return Response(shapes.CustomerFileSerializer(started).data, status=202)


class TransferFileView(APIView):
    """The file of a finished export."""

    @extend_schema(
        summary="Download an export",
        responses={(200, "text/csv"): file_answer("id,e-mail,phone,name,birthday,can be spent,…")},
    )
    def get(self, request: Request, project_id: UUID, transfer_id: UUID) -> HttpResponse:
        content = report_selectors.get_exported(
            user_id=caller_id(request), project_id=project_id, transfer_id=transfer_id
        )
        headers = {"Content-Disposition": f'attachment; filename="loyalty-{transfer_id}.csv"'}
        return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


class SigningKeysView(APIView):
    """Which keys are right."""

    @extend_schema(summary="List a project's signing keys", responses=shapes.SigningKeySerializer(many=True))
    def get(self, request: Request, project_id: UUID) -> Response:
        keys = selectors.list_signing_keys(user_id=caller_id(request), project_id=project_id, now=timezone.now())
        return Response(shapes.SigningKeySerializer(keys, many=True).data)


class RotateSigningKeyView(APIView):
    """A new key for the shop's webhooks."""

    @extend_schema(
        summary="Replace the key that signs webhooks",
        description=(
            "The new key is shown this once. Those before are right for another `overlap_hours`, 24 unless said "
            "otherwise; with 0, as after a leak, they end within five seconds."
        ),
        request=RotationInput,
        responses=shapes.NewSigningKeySerializer,
        examples=[OpenApiExample("After a leak", value={"overlap_hours": 0}, request_only=True)],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        actor_id = caller_id(request)
        project = selectors.get_owned_project(user_id=actor_id, project_id=project_id)
        with use_case():
            key = rotate_signing_key(
                project=project, actor_id=actor_id, now=timezone.now(), overlap=overlap_in(request)
            )
        return Response({"signing_key": key})
