"""The same step for several events at once."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.idempotency import IdempotencyKeyReused, idempotency_key, idempotent, idempotent_in_steps
from common.transactions import use_case
from events.api import bulk_inputs, bulk_serializers, examples
from events.api.views import EventEndpoint
from events.selectors.bulk import find_bulk_operation, get_bulk_operation, list_following
from events.selectors.events import get_managed_event
from events.services.order_bulk_operation import order_bulk_operation
from events.services.run_bulk_operation import run_bulk_operation
from events.services.steer_bulk_operation import steer_bulk_operation, wake_workers

NAMESPACE = uuid.UUID("6f1f3c0e-0f5b-5d0c-9a51-8c1e5d7b2a44")
ANSWER = examples.answered(examples.BULK_OPERATION)


class BulkEndpoint(EventEndpoint):
    permission_classes = [IsAuthenticated]

    def operation_response(self, operation_id: uuid.UUID, status: int = 200) -> Response:
        operation = get_bulk_operation(actor=self.actor, operation_id=operation_id)
        return Response(bulk_serializers.BulkOperationSerializer(operation).data, status=status)

    def parsed(self, shape: Any) -> Any:
        body = shape(data=self.request.data)
        body.is_valid(raise_exception=True)
        return body.validated_data


class BulkView(BulkEndpoint):
    @extend_schema(
        summary="Take a step with up to 20 own events",
        description="Each event by itself: one that refuses leaves the others done. `items` says what became of each.",
        request=bulk_inputs.BulkInput,
        responses=bulk_serializers.BulkOperationSerializer,
        examples=[
            examples.sent({"action": "cancel", "reason": "Штормовое предупреждение", "events": [examples.CARD["id"]]}),
            ANSWER,
        ],
    )
    @idempotent_in_steps
    def post(self, request: Request) -> Response:
        body = self.parsed(bulk_inputs.BulkInput)
        told = {"action": body["action"], "parameters": bulk_inputs.StepInput.parameters(body)}
        # The same request finds the order that it has written before it was cut short.
        operation_id = uuid.uuid5(NAMESPACE, f"{request.user.pk}/{idempotency_key(request)}")
        written = find_bulk_operation(operation_id=operation_id)
        if written is None:
            events = [get_managed_event(actor=self.actor, event_id=event_id).id for event_id in body["events"]]
            with use_case():
                order_bulk_operation(
                    actor=self.actor, operation_id=operation_id, event_ids=events, now=self.now, **told
                )
        elif {"action": written.action, "parameters": written.parameters} != told:
            raise IdempotencyKeyReused
        run_bulk_operation(operation_id=operation_id, clock=self.clock)
        return self.operation_response(operation_id)


class FollowingView(BulkEndpoint):
    @extend_schema(
        summary="Take a step with an event and those after it in its series",
        description="Done in the background; the answer's `id` tells where to look how far it is.",
        request=bulk_inputs.FollowingInput,
        responses={202: bulk_serializers.BulkOperationSerializer},
        examples=[
            examples.sent({"action": "update", "fields": {"age_rating": "16+"}}),
            examples.accepted(examples.BULK_OPERATION),
        ],
    )
    @idempotent
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        body = self.parsed(bulk_inputs.FollowingInput)
        event = get_managed_event(actor=self.actor, event_id=event_id)
        operation_id = uuid.uuid5(NAMESPACE, f"{request.user.pk}/{idempotency_key(request)}")
        order_bulk_operation(
            actor=self.actor,
            operation_id=operation_id,
            event_ids=list_following(event=event),
            action=body["action"],
            parameters=bulk_inputs.StepInput.parameters(body),
            now=self.now,
        )
        wake_workers(operation_id=operation_id)
        return self.operation_response(operation_id, status=202)


class BulkOperationView(BulkEndpoint):
    @extend_schema(
        summary="See how far an order for many events is",
        responses=bulk_serializers.BulkOperationSerializer,
        examples=[ANSWER],
    )
    def get(self, request: Request, operation_id: uuid.UUID) -> Response:
        return self.operation_response(operation_id)


class SteeringView(BulkEndpoint):
    step = ""

    def steer(self, operation_id: uuid.UUID) -> Response:
        with use_case():
            steer_bulk_operation(actor=self.actor, operation_id=operation_id, step=self.step, now=self.now)
        return self.operation_response(operation_id)


class StopBulkView(SteeringView):
    step = "stop"

    @extend_schema(
        summary="Stop an order for many events",
        description="The event that is being worked on is finished; the others wait.",
        request=None,
        responses=bulk_serializers.BulkOperationSerializer,
        examples=[ANSWER],
    )
    def post(self, request: Request, operation_id: uuid.UUID) -> Response:
        return self.steer(operation_id)


class ResumeBulkView(SteeringView):
    step = "resume"

    @extend_schema(
        summary="Let a stopped order go on",
        request=None,
        responses=bulk_serializers.BulkOperationSerializer,
        examples=[ANSWER],
    )
    def post(self, request: Request, operation_id: uuid.UUID) -> Response:
        return self.steer(operation_id)
