"""REST doors of an organizer's own account at a payment provider."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import HasFreshSecondFactor
from bookings.providers.registry import CREDENTIALS
from bookings.selectors import get_provider_account
from bookings.services.set_provider_account import close_provider_account, set_provider_account
from common.api.examples import shown_as
from common.callers import caller_id
from common.transactions import use_case

ACCOUNT = {
    "id": "01976e44-90ab-7e61-b7d3-0242ac120002",
    "provider": "stripe",
    "webhook_url": "https://aquastream.example/api/v1/payments/webhooks/stripe/01976e44-90ab-7e61-b7d3-0242ac120002/",
    "created_at": "2030-05-01T09:00:00Z",
}
STRIPE = OpenApiExample(
    "Stripe",
    value={"provider": "stripe", "credentials": {"secret_key": "sk_live_…", "webhook_secret": "whsec_…"}},
    request_only=True,
)


class ProviderAccountInput(serializers.Serializer):
    provider = serializers.ChoiceField(choices=sorted(CREDENTIALS))
    credentials = serializers.DictField(child=serializers.CharField(max_length=300), allow_empty=False)


@shown_as(ACCOUNT)
class ProviderAccountSerializer(serializers.Serializer):
    """Without its credentials: they are never shown again."""

    id = serializers.UUIDField()
    provider = serializers.CharField()
    webhook_url = serializers.SerializerMethodField(help_text="Enter it in the provider's settings.")
    created_at = serializers.DateTimeField()

    def get_webhook_url(self, account: Any) -> str:
        ids = {"provider": account.provider, "account_id": account.id}
        return f"{settings.PUBLIC_URL}{reverse('bookings_api:account_webhook', kwargs=ids)}"


class ProviderAccountView(APIView):
    permission_classes = [IsAuthenticated, HasFreshSecondFactor]

    @extend_schema(
        summary="The organizer's own account at a payment provider", responses={200: ProviderAccountSerializer}
    )
    def get(self, request: Request, organizer_id: UUID) -> Response:
        account = get_provider_account(user_id=caller_id(request), organizer_id=organizer_id)
        return Response(ProviderAccountSerializer(account).data)

    @extend_schema(
        summary="Let new payments go to the organizer's own account",
        description="Owners only, with a fresh second factor. The provider is asked whether it accepts the credentials. "
        "What is under way ends where it began.",
        request=ProviderAccountInput,
        responses={200: ProviderAccountSerializer},
        examples=[STRIPE],
    )
    def put(self, request: Request, organizer_id: UUID) -> Response:
        wanted = ProviderAccountInput(data=request.data)
        wanted.is_valid(raise_exception=True)
        account = set_provider_account(
            owner_id=caller_id(request), organizer_id=organizer_id, now=timezone.now(), **wanted.validated_data
        )
        return Response(ProviderAccountSerializer(account).data)

    @extend_schema(summary="Let new payments go to the platform's account", responses={204: None})
    def delete(self, request: Request, organizer_id: UUID) -> Response:
        with use_case():
            close_provider_account(owner_id=caller_id(request), organizer_id=organizer_id, now=timezone.now())
        return Response(status=204)
