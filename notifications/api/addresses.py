"""REST endpoints of where a user gets messages: their own services, their apps, their chat."""

from typing import cast
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.transactions import use_case
from notifications.api import serializers
from notifications.api.examples import APP_TOKEN, WEBHOOK_URL
from notifications.event_types.registry import OneUser
from notifications.selectors.addresses import list_webhooks
from notifications.services.add_webhook import add_webhook
from notifications.services.make_telegram_link import make_telegram_link
from notifications.services.remove_webhook import remove_webhook
from notifications.services.save_push_subscription import save_app_token

TAG = ["my notifications"]


class WebhooksView(APIView):
    @extend_schema(tags=TAG, summary="List my webhooks", responses=serializers.WebhookStateSerializer(many=True))
    def get(self, request: Request) -> Response:
        mine = list_webhooks(user_id=_me(request)).order_by("created_at", "id")
        return Response(serializers.WebhookStateSerializer(mine, many=True).data)

    @extend_schema(
        tags=TAG,
        summary="Post my messages to a service of mine",
        description=(
            "Each message is a POST with `{type, id, title, text, link, locale}`, signed as Standard Webhooks 1.0 with the "
            "secret of this answer. A server that answers 410 is switched off; other refusals are tried again."
        ),
        request=serializers.WebhookSerializer,
        responses={201: serializers.NewWebhookSerializer},
        examples=[OpenApiExample("A service", value=WEBHOOK_URL, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        asked = serializers.WebhookSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with use_case():
            webhook = add_webhook(user_id=_me(request), url=asked.validated_data["url"], now=timezone.now())
        return Response(serializers.NewWebhookSerializer(webhook).data, status=201)


class WebhookView(APIView):
    @extend_schema(tags=TAG, summary="Post no more messages to a service", responses={204: None})
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        with use_case():
            remove_webhook(user_id=_me(request), webhook_id=webhook_id)
        return Response(status=204)


class AppTokensView(APIView):
    @extend_schema(
        tags=TAG,
        summary="Send pushes to this app",
        description="Once more with the same token renews it. It is listed and removed among the push subscriptions.",
        request=serializers.AppTokenSerializer,
        responses={201: serializers.PushSubscriptionStateSerializer},
        examples=[OpenApiExample("An app", value=APP_TOKEN, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        asked = serializers.AppTokenSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with use_case():
            subscription = save_app_token(user_id=_me(request), token=asked.validated_data["token"], now=timezone.now())
        return Response(serializers.PushSubscriptionStateSerializer(subscription).data, status=201)


class TelegramLinkView(APIView):
    @extend_schema(
        tags=TAG,
        summary="Get a link that lets Telegram bring my messages",
        description="Works once and for a week. Empty where there is no bot.",
        request=None,
        responses={201: serializers.TelegramLinkSerializer},
    )
    def post(self, request: Request) -> Response:
        with use_case():
            link = make_telegram_link(person=OneUser(user_id=_me(request)), now=timezone.now())
        return Response({"url": link}, status=201)


def _me(request: Request) -> UUID:
    """Return who asks; guests don't come this far."""
    return cast("UUID", request.user.pk)
