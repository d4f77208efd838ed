"""Promo codes of an event, for those who manage it."""

import uuid
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.examples import shown_as
from common.api.idempotency import idempotent_if_keyed
from common.api.known_members import KnownMembersOnly
from common.transactions import use_case
from events.api import examples
from events.api.fields import TIME_LIMITS
from events.api.views import EventEndpoint
from events.models import PromoCode
from events.selectors.promo_codes import get_promo_code, list_no_promo_codes, list_promo_codes
from events.services.add_promo_codes import MOST_AT_ONCE, add_promo_code, generate_promo_codes
from events.services.change_promo_code import change_promo_code

CODE = {"regex": r"^[A-Za-z0-9_-]+$", "max_length": 40}
PROMO_CODE = {
    "id": "0197a2b0-5c1e-7d3a-9f4b-2f6f0c9f1a77",
    "code": "RANO-10",
    "kind": "percent",
    "value": "10.00",
    "ticket_types": [],
    "total_limit": 100,
    "per_user_limit": 1,
    "used": 3,
    "opens_at": None,
    "closes_at": "2030-06-01T00:00:00Z",
    "is_active": True,
    "created_at": "2030-05-01T09:00:00Z",
}
SENT = {name: PROMO_CODE[name] for name in ("code", "kind", "value", "total_limit", "per_user_limit", "closes_at")}


@shown_as(PROMO_CODE)
class PromoCodeSerializer(serializers.ModelSerializer):
    ticket_types = serializers.ListField(child=serializers.UUIDField(), source="ticket_type_ids")

    class Meta:
        model = PromoCode
        fields = list(PROMO_CODE)


class PromoTermsInput(KnownMembersOnly, serializers.Serializer):
    """How long and how often a code counts."""

    total_limit = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False, allow_null=True)
    per_user_limit = serializers.IntegerField(min_value=1, max_value=1000, required=False, allow_null=True)
    opens_at = serializers.DateTimeField(required=False, allow_null=True, validators=TIME_LIMITS)
    closes_at = serializers.DateTimeField(required=False, allow_null=True, validators=TIME_LIMITS)
    is_active = serializers.BooleanField(required=False)


class PromoCodesInput(PromoTermsInput):
    """What a code takes off; the kind `fixed` is an amount off the whole booking, in the event's currency."""

    kind = serializers.ChoiceField(choices=PromoCode.Kind.choices)
    value = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0)
    ticket_types = serializers.ListField(
        child=serializers.UUIDField(), source="ticket_type_ids", required=False, max_length=50
    )

    def validate_value(self, value: Any) -> Any:
        if not value:
            raise serializers.ValidationError(_("A discount is more than nothing."), code="too_small")
        return value


class PromoCodeInput(PromoCodesInput):
    code = serializers.RegexField(**CODE)  # type: ignore[arg-type]  # one dict for two fields

    def validate_code(self, code: str) -> str:
        return code.upper()


class PromoBatchInput(PromoCodesInput):
    """Many codes at once, each `prefix` and ten random letters and digits."""

    prefix = serializers.RegexField(r"^[A-Za-z0-9_-]*$", max_length=20, required=False, default="", allow_blank=True)
    count = serializers.IntegerField(min_value=1, max_value=MOST_AT_ONCE)

    def validate_prefix(self, prefix: str) -> str:
        return prefix.upper()


@extend_schema_view(get=extend_schema(summary="Promo codes of an event that I manage, newest first"))
class PromoCodesView(EventEndpoint, generics.ListAPIView):
    permission_classes = [IsAuthenticated]
    serializer_class = PromoCodeSerializer
    filter_backends: list[Any] = []
    # For the API document only.
    queryset = list_no_promo_codes()

    def get_queryset(self) -> Any:
        return list_promo_codes(actor=self.actor, event_id=self.kwargs["event_id"])

    @extend_schema(
        summary="Make a promo code",
        request=PromoCodeInput,
        responses={201: PromoCodeSerializer},
        examples=[examples.sent(SENT)],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        parsed = PromoCodeInput(data=request.data)
        parsed.is_valid(raise_exception=True)
        with use_case():
            promo = add_promo_code(actor=self.actor, event_id=event_id, fields=dict(parsed.validated_data))
        return Response(PromoCodeSerializer(promo).data, status=201)


class PromoBatchView(EventEndpoint):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="Make many promo codes at once",
        request=PromoBatchInput,
        responses={201: PromoCodeSerializer(many=True)},
        examples=[examples.sent({"prefix": "BLOG-", "count": 200, "kind": "fixed", "value": "500.00"})],
    )
    @idempotent_if_keyed
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        parsed = PromoBatchInput(data=request.data)
        parsed.is_valid(raise_exception=True)
        fields = dict(parsed.validated_data)
        prefix, count = fields.pop("prefix"), fields.pop("count")
        made = generate_promo_codes(actor=self.actor, event_id=event_id, prefix=prefix, count=count, fields=fields)
        return Response(PromoCodeSerializer(made, many=True).data, status=201)


class PromoCodeView(EventEndpoint):
    permission_classes = [IsAuthenticated]

    @extend_schema(summary="One promo code", responses={200: PromoCodeSerializer})
    def get(self, request: Request, event_id: uuid.UUID, promo_code_id: uuid.UUID) -> Response:
        promo = get_promo_code(actor=self.actor, event_id=event_id, promo_code_id=promo_code_id)
        return Response(PromoCodeSerializer(promo).data)

    @extend_schema(
        summary="Change how long and how often a promo code counts",
        request=PromoTermsInput,
        responses={200: PromoCodeSerializer},
        examples=[examples.sent({"total_limit": 200, "is_active": False})],
    )
    def patch(self, request: Request, event_id: uuid.UUID, promo_code_id: uuid.UUID) -> Response:
        parsed = PromoTermsInput(data=request.data, partial=True)
        parsed.is_valid(raise_exception=True)
        with use_case():
            promo = change_promo_code(
                actor=self.actor, event_id=event_id, promo_code_id=promo_code_id, fields=dict(parsed.validated_data)
            )
        return Response(PromoCodeSerializer(promo).data)
