"""The shop's side over REST. A project that isn't the caller's answers 404 everywhere."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.callers import caller_id
from common.transactions import use_case
from loyalty import selectors
from loyalty.api import filters, serializers
from loyalty.services.change_project import change_project
from loyalty.services.create_project import create_project
from loyalty.services.rotate_secret import rotate_secret

RULES_SENT = OpenApiExample(
    "Five percent on payment",
    value={"name": "Boats and Paddles", "base_percent": "5.00", "accrue_on": "paid", "bonus_lifetime_days": 365},
    request_only=True,
)


def webhook_url(secret: str) -> str:
    return f"{settings.PUBLIC_URL}/api/webhook/{secret}"


class ProjectsView(ListAPIView):
    """The caller's projects."""

    serializer_class = serializers.ProjectSerializer

    def get_queryset(self) -> Any:
        return selectors.list_projects(user_id=caller_id(self.request))

    @extend_schema(summary="List my loyalty projects", operation_id="loyalty_projects_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Open a loyalty project",
        description="The answer holds the webhook secret and the signing key: they are shown this once.",
        request=serializers.ProjectInput,
        responses={201: serializers.OpenedProjectSerializer},
        examples=[RULES_SENT],
    )
    def post(self, request: Request) -> Response:
        given = serializers.ProjectInput(data=request.data)
        given.is_valid(raise_exception=True)
        with use_case():
            opened = create_project(owner_id=caller_id(request), **given.validated_data)
        body = {
            "project": serializers.ProjectSerializer(opened.project).data,
            "webhook_secret": opened.webhook_secret,
            "webhook_url": webhook_url(opened.webhook_secret),
            "signing_key": opened.signing_key,
        }
        return Response(body, status=201)


class ProjectView(APIView):
    """One project's rules."""

    @extend_schema(summary="Read a loyalty project", responses=serializers.ProjectSerializer)
    def get(self, request: Request, project_id: UUID) -> Response:
        project = selectors.get_project(user_id=caller_id(request), project_id=project_id)
        return Response(serializers.ProjectSerializer(project).data)

    @extend_schema(
        summary="Change a loyalty project's rules",
        description="What was accrued before stays as it was explained.",
        request=serializers.ProjectInput,
        responses=serializers.ProjectSerializer,
        examples=[OpenApiExample("Six percent", value={"base_percent": "6.00"}, request_only=True)],
    )
    def patch(self, request: Request, project_id: UUID) -> Response:
        actor_id = caller_id(request)
        project = selectors.get_owned_project(user_id=actor_id, project_id=project_id)
        given = serializers.ProjectInput(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        with use_case():
            changed = change_project(project=project, actor_id=actor_id, **given.validated_data)
        return Response(serializers.ProjectSerializer(changed).data)


class RotateSecretView(APIView):
    """A new address for the webhook."""

    @extend_schema(
        summary="Replace the webhook secret",
        description=(
            "The new secret is shown this once. The old ones work for another `overlap_hours`, 24 unless said otherwise; "
            "with 0, as after a leak, they end within five seconds."
        ),
        request=serializers.RotationInput,
        responses=serializers.RotatedSecretSerializer,
        examples=[OpenApiExample("After a leak", value={"overlap_hours": 0}, request_only=True)],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        actor_id = caller_id(request)
        project = selectors.get_owned_project(user_id=actor_id, project_id=project_id)
        with use_case():
            secret = rotate_secret(project=project, actor_id=actor_id, now=timezone.now(), overlap=overlap_in(request))
        return Response({"webhook_secret": secret, "webhook_url": webhook_url(secret)})


def overlap_in(request: Request) -> timedelta:
    """Return for how long what is replaced stays good."""
    given = serializers.RotationInput(data=request.data)
    given.is_valid(raise_exception=True)
    return timedelta(hours=given.validated_data["overlap_hours"])


def rows_for(view: ListAPIView, select: Callable[..., Any]) -> Any:
    """Return what a list below a project shows to the caller; for the API's document, no rows of its model."""
    if getattr(view, "swagger_fake_view", False):
        return view.filterset_class._meta.model.objects.none()  # type: ignore[attr-defined]
    return select(user_id=caller_id(view.request), **view.kwargs)


@extend_schema_view(get=extend_schema(summary="List a project's customers with their points"))
class CustomersView(ListAPIView):
    """Customers, the newest first."""

    serializer_class = serializers.CustomerSerializer
    filterset_class = filters.CustomerFilter

    def get_queryset(self) -> Any:
        return rows_for(self, selectors.list_customers)


@extend_schema_view(get=extend_schema(summary="List the movements of a customer's points"))
class TransactionsView(ListAPIView):
    """Accruals, payments with points, expiries: the latest first."""

    serializer_class = serializers.TransactionSerializer
    filterset_class = filters.TransactionFilter
    pagination_class = filters.TransactionPages

    def get_queryset(self) -> Any:
        return rows_for(self, selectors.list_transactions)


class ExplanationView(APIView):
    """Why so many points."""

    @extend_schema(summary="Explain a movement of points", responses=serializers.ExplanationSerializer)
    def get(self, request: Request, project_id: UUID, transaction_id: UUID) -> Response:
        found = selectors.get_transaction(
            user_id=caller_id(request), project_id=project_id, transaction_id=transaction_id
        )
        return Response(serializers.ExplanationSerializer(found).data)


@extend_schema_view(get=extend_schema(summary="Read the log of a project's webhooks"))
class WebhooksView(ListAPIView):
    """Webhooks as they came, the latest first, with what came of each."""

    serializer_class = serializers.WebhookSerializer
    filterset_class = filters.WebhookFilter
    pagination_class = filters.WebhookPages

    def get_queryset(self) -> Any:
        return rows_for(self, selectors.list_deliveries)
