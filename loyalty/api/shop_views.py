"""The rest of the shop's side: its levels, its own address for events, simulation; and the platform's points of a user."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.callers import caller_id
from common.transactions import use_case
from loyalty import selectors
from loyalty.api import filters
from loyalty.api import shop_serializers as shapes
from loyalty.api.views import rows_for
from loyalty.services.change_callback import (
    callback_rules,
    replay_callbacks,
    rotate_callback_key,
    set_callback,
)
from loyalty.services.set_levels import set_levels
from loyalty.services.simulate_webhook import simulate_webhook

PURCHASE = {"action": "purchase", "payload": {"email": "user@example.com", "amount": 5000, "orderId": "ORDER-123"}}
GOLD = OpenApiExample("Gold", value={"name": "gold", "turnover": "50000.00", "percent": "5.00"})
DEAD_EVENTS = OpenApiExample(
    "One of them", value={"events": ["01997b1e-7d1a-7c52-9a51-0f6f3f0f5b21"]}, request_only=True
)


class MyLoyaltyView(APIView):
    """The caller's points on this platform."""

    @extend_schema(summary="Read my points", responses=shapes.MyLoyaltySerializer)
    def get(self, request: Request) -> Response:
        return Response(shapes.MyLoyaltySerializer(selectors.get_my_loyalty(user_id=caller_id(request))).data)


class LevelsView(APIView):
    """The whole ladder at once."""

    @extend_schema(summary="List a project's levels", responses=shapes.LevelSerializer(many=True), examples=[GOLD])
    def get(self, request: Request, project_id: UUID) -> Response:
        levels = selectors.list_levels(user_id=caller_id(request), project_id=project_id)
        return Response(shapes.LevelSerializer(levels, many=True).data)

    @extend_schema(
        summary="Replace a project's levels",
        description="Customers of a level that is gone lose it; others are judged at their next purchase.",
        request=shapes.LevelSerializer(many=True),
        responses=shapes.LevelSerializer(many=True),
        examples=[GOLD],
    )
    def put(self, request: Request, project_id: UUID) -> Response:
        actor_id = caller_id(request)
        project = selectors.get_owned_project(user_id=actor_id, project_id=project_id)
        given = shapes.LevelSerializer(data=request.data, many=True)
        given.is_valid(raise_exception=True)
        with use_case():
            levels = set_levels(project=project, actor_id=actor_id, levels=given.validated_data)
        return Response(shapes.LevelSerializer(levels, many=True).data)


class CallbackView(APIView):
    """Where the shop wants its events."""

    @extend_schema(summary="Read a project's callback", responses=shapes.CallbackSerializer)
    def get(self, request: Request, project_id: UUID) -> Response:
        found = selectors.get_callback(user_id=caller_id(request), project_id=project_id)
        return Response(shapes.CallbackSerializer(found).data)

    @extend_schema(
        summary="Set a project's callback",
        description=(
            "Events are signed by Standard Webhooks; the key is made at the first time, and shown where it is set or "
            "replaced."
        ),
        request=shapes.CallbackInput,
        responses=shapes.CallbackWithKeySerializer,
        examples=[OpenApiExample("An address", value={"url": "https://shop.example/hook"}, request_only=True)],
    )
    def put(self, request: Request, project_id: UUID) -> Response:
        actor_id = caller_id(request)
        project = selectors.get_owned_project(user_id=actor_id, project_id=project_id)
        given = shapes.CallbackInput(data=request.data)
        given.is_valid(raise_exception=True)
        with use_case():
            callback = set_callback(
                project=project,
                actor_id=actor_id,
                url=given.validated_data["url"],
                rules=callback_rules(),
                now=timezone.now(),
            )
        return Response(shapes.CallbackWithKeySerializer(callback).data)


class RotateCallbackKeyView(APIView):
    """A new key for the shop's events."""

    @extend_schema(
        summary="Replace the key that signs events",
        description="For a day both keys sign.",
        request=None,
        responses=shapes.CallbackWithKeySerializer,
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        actor_id = caller_id(request)
        project = selectors.get_owned_project(user_id=actor_id, project_id=project_id)
        with use_case():
            callback = rotate_callback_key(project=project, actor_id=actor_id, now=timezone.now())
        return Response(shapes.CallbackWithKeySerializer(callback).data)


@extend_schema_view(get=extend_schema(summary="List events sent to the shop"))
class CallbackEventsView(ListAPIView):
    """The log of callbacks, the latest first."""

    serializer_class = shapes.CallbackEventSerializer
    filterset_class = filters.CallbackEventFilter
    pagination_class = filters.CallbackEventPages

    def get_queryset(self) -> Any:
        return rows_for(self, selectors.list_callback_events)


class ReplayCallbacksView(APIView):
    """Dead events, once more."""

    @extend_schema(
        summary="Send dead events again",
        request=shapes.ReplayInput,
        responses=shapes.ReplayedSerializer,
        examples=[DEAD_EVENTS],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        project = selectors.get_owned_project(user_id=caller_id(request), project_id=project_id)
        given = shapes.ReplayInput(data=request.data)
        given.is_valid(raise_exception=True)
        with use_case():
            count = replay_callbacks(project=project, event_ids=given.validated_data["events"], now=timezone.now())
        return Response({"replayed": count})


class SimulationView(APIView):
    """What a webhook would do."""

    @extend_schema(
        summary="Simulate a webhook",
        description="Takes the body as the webhook would, as a text. Nothing is written.",
        request=shapes.SimulationInput,
        responses=shapes.SimulationSerializer,
        examples=[
            OpenApiExample("A purchase", value={"body": str(PURCHASE).replace("'", '"')}, request_only=True),
        ],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        project = selectors.get_project(user_id=caller_id(request), project_id=project_id)
        given = shapes.SimulationInput(data=request.data)
        given.is_valid(raise_exception=True)
        with use_case():
            found = simulate_webhook(
                project=project,
                body=given.validated_data["body"].encode(),
                content_type=given.validated_data["content_type"],
                now=timezone.now(),
            )
        return Response(shapes.SimulationSerializer(found).data)
